#!/usr/bin/env bash
# How many times faster than `terraform fmt -check -recursive` the release binary lints a folder.
#
#   benches/against-terraform-fmt.sh FOLDER [RUNS]
#
# Each command is run RUNS times (5, unless said), in turn, and the best of each counts.
set -euo pipefail

folder=${1:?"usage: $0 FOLDER [RUNS]"}
runs=${2:-5}
iamlint="$(dirname "${BASH_SOURCE[0]}")/../target/release/iamlint"

if [[ ! -x $iamlint ]]; then
  echo "there is no $iamlint: run \`cargo build --release\` first" >&2
  exit 2
fi
if ! command -v terraform >/dev/null; then
  echo "SKIPPED: there is no terraform on the path, so nothing was compared"
  exit 0
fi

# Milliseconds that a command takes. Findings, unreadable files and badly formatted ones are what is looked for; a run
# that refused its arguments or crashed is no measure.
milliseconds() {
  local start end status=0
  start=$(date +%s%N)
  "$@" >/dev/null 2>&1 || status=$?
  end=$(date +%s%N)
  case $1:$status in
    "$iamlint":[013] | terraform:[023]) echo $(((end - start) / 1000000)) ;;
    *)
      echo "\`$*\` ended with status $status" >&2
      return 1
      ;;
  esac
}

best_iamlint= best_terraform=
for ((run = 1; run <= runs; run++)); do
  mine=$(milliseconds "$iamlint" check --format json "$folder")
  theirs=$(milliseconds terraform fmt -check -recursive "$folder")
  echo "run $run: iamlint $mine ms, terraform fmt $theirs ms"
  if [[ -z $best_iamlint ]] || ((mine < best_iamlint)); then best_iamlint=$mine; fi
  if [[ -z $best_terraform ]] || ((theirs < best_terraform)); then best_terraform=$theirs; fi
done

awk -v mine="$best_iamlint" -v theirs="$best_terraform" 'BEGIN {
  printf "best: iamlint %d ms, terraform fmt %d ms: %.1f times faster\n", mine, theirs, theirs / (mine > 0 ? mine : 1)
}'
