#!/usr/bin/env bash
# What action.yml does, by stage: `install` finds, downloads or builds iamlint; `check` runs it and counts; `report`
# writes annotations and the job summary and ends as iamlint did. Everything comes in by environment variables, so that
# no input becomes part of a script. Works with the bash of every runner, that of macOS (3.2) included.
set -euo pipefail

action=${GITHUB_ACTION_PATH:?}
output=${GITHUB_OUTPUT:?}
temporary=${RUNNER_TEMP:?}
# To the tar of Windows' bash, `D:` would be another machine.
if command -v cygpath >/dev/null; then temporary=$(cygpath --unix "$temporary"); fi

say() { printf 'iamlint: %s\n' "$*" >&2; }
fail() {
  say "$*"
  exit 1
}
# A path as programs outside of this shell want it.
native() { if command -v cygpath >/dev/null; then cygpath --mixed "$1"; else printf '%s\n' "$1"; fi; }
set_output() { printf '%s=%s\n' "$1" "$2" >>"$output"; }

# The target that release archives are named by.
target() {
  local arch os
  case ${RUNNER_ARCH:?} in
    X64) arch=x86_64 ;;
    ARM64) arch=aarch64 ;;
    *) return 1 ;;
  esac
  case ${RUNNER_OS:?} in
    Linux) os=unknown-linux-musl ;;
    macOS) os=apple-darwin ;;
    Windows) os=pc-windows-msvc ;;
    *) return 1 ;;
  esac
  printf '%s-%s\n' "$arch" "$os"
}

sha256() {
  if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

# Downloads the archive of a version and prints the program in it. Gives 1 when there is none to be had, and 2 when what
# came is not what was published or wanted.
download() {
  local version=$1 name archive from into expected actual file
  [[ -n ${ACTION_REPOSITORY:-} ]] || return 1
  name=$(target) || return 1
  archive=iamlint-$name.tar.gz
  from=${GITHUB_SERVER_URL:-https://github.com}/$ACTION_REPOSITORY/releases/download/v$version
  into=$temporary/iamlint-$version
  mkdir -p "$into"
  for file in "$archive" SHA256SUMS; do
    curl --fail --silent --show-error --location --retry 3 --output "$into/$file" "$from/$file" >&2 || return 1
  done
  expected=$(awk -v name="$archive" '$2 == name || $2 == "*" name { print $1 }' "$into/SHA256SUMS")
  actual=$(sha256 "$into/$archive")
  if [[ -z $expected || $actual != "$expected" ]]; then
    say "$archive of $version has the SHA-256 sum $actual, and ${expected:-none} is published"
    return 2
  fi
  if [[ -n ${CHECKSUM:-} && $actual != "$CHECKSUM" ]]; then
    say "$archive of $version has the SHA-256 sum $actual, and $CHECKSUM is wanted"
    return 2
  fi
  tar -xzf "$into/$archive" -C "$into" || return 2
  printf '%s\n' "$into/iamlint"
}

build() {
  local version=$1 own=$2
  [[ -z ${CHECKSUM:-} ]] || fail "$version cannot be downloaded, and what is built has no checksum"
  if [[ $version != "$own" ]] || ! command -v cargo >/dev/null; then
    fail "$version can neither be downloaded nor built here"
  fi
  say "$version is not published for this machine, so it is built"
  cargo install --locked --quiet --path "$action" --root "$temporary/iamlint-$version" >&2
}

install() {
  local own version program status=0
  own=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$action/Cargo.toml" | head -n 1)
  version=${VERSION:-$own}
  version=${version#v}
  [[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+([-+.][0-9A-Za-z.-]+)?$ ]] || fail "\`$version\` is no version"
  program=$(command -v iamlint || true)
  if [[ -n $program && $("$program" --version) == "iamlint $version "* ]]; then
    say "$version is on the path"
  else
    program=$(download "$version") || status=$?
    case $status in
      0) say "downloaded $version" ;;
      1)
        build "$version" "$own"
        program=$temporary/iamlint-$version/bin/iamlint
        ;;
      *) exit 1 ;;
    esac
  fi
  "$program" --version >&2
  set_output iamlint "$program"
}

# Sets `arguments` to what the inputs say, one argument a line.
collect() {
  local line
  arguments=()
  while IFS= read -r line; do [[ -z $line ]] || arguments+=("$line"); done <<<"${ARGUMENTS:-}"
  arguments+=("--")
  while IFS= read -r line; do [[ -z $line ]] || arguments+=("$line"); done <<<"${PATHS:-}"
  [[ ${arguments[${#arguments[@]} - 1]} != "--" ]] || arguments+=(".")
}

# Whether findings may go to code scanning. The repository answers 404 when it has code scanning and no analysis yet,
# and 403 when it has none or the token may not ask.
may_upload() {
  local answer
  case ${UPLOAD:-auto} in
    always) return 0 ;;
    never) return 1 ;;
    auto) ;;
    *) fail "\`upload\` is \`auto\`, \`always\` or \`never\`, not \`$UPLOAD\`" ;;
  esac
  [[ ${FORK:-} != true && -n ${TOKEN:-} ]] || return 1
  answer=$(printf 'header = "Authorization: Bearer %s"\n' "$TOKEN" | curl --config - --silent --output /dev/null \
    --write-out '%{http_code}' "${GITHUB_API_URL:?}/repos/${GITHUB_REPOSITORY:?}/code-scanning/alerts?per_page=1") || return 1
  [[ $answer == 200 || $answer == 404 ]]
}

# Checks once more, for another report of the same. What is found was said before; what cannot be run is a failure.
again() {
  local status=0
  "${IAMLINT:?}" check "$@" "${arguments[@]}" || status=$?
  case $status in
    0 | 1 | 3) ;;
    *) exit "$status" ;;
  esac
}

check() {
  local sarif lines=$temporary/iamlint.ndjson status=0 severity upload=false
  sarif=$(native "$temporary/iamlint.sarif")
  if may_upload; then upload=true; fi
  collect
  "${IAMLINT:?}" check --format sarif --output "$sarif" "${arguments[@]}" || status=$?
  # Wrong usage and a failure of iamlint itself leave no report.
  if [[ $status == 2 || $status == 4 ]]; then exit "$status"; fi
  again --format ndjson >"$lines"
  set_output status "$status"
  set_output sarif "$sarif"
  set_output upload "$upload"
  set_output findings "$(grep -c '' "$lines" || true)"
  for severity in critical high medium low; do
    set_output "$severity" "$(grep -c "^{\"rule\":\"[a-z0-9_]*\",\"severity\":\"$severity\"" "$lines" || true)"
  done
}

report() {
  collect
  # The summary is written either way; code scanning makes annotations of its own.
  if [[ ${UPLOADED:-} == success ]]; then
    again --format github >/dev/null
  else
    again --format github
  fi
  exit "${STATUS:?}"
}

case ${1:-} in
  install | check | report) "$1" ;;
  *) fail "the stage is \`install\`, \`check\` or \`report\`" ;;
esac
