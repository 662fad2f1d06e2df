#!/usr/bin/env bash
# Installs the programs that tests try iamlint with: those of tests/clients.rs into target/clients/venv, Neovim from
# Debian where that can be done, and what the VS Code extension is built with. Prints the folder to set IAMLINT_CLIENTS
# to. Needs python3 and PyPI, and takes the others where npm and apt-get are; a second run costs nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

wanted=tests/clients/requirements.txt
venv=target/clients/venv
if ! cmp --silent "$wanted" "$venv/installed.txt"; then
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted" >&2
  cp "$wanted" "$venv/installed.txt"
fi
if ! command -v nvim >/dev/null && command -v apt-get >/dev/null && [[ $EUID == 0 ]]; then
  { apt-get update && apt-get install --yes --no-install-recommends neovim; } >&2 || echo "neovim cannot be installed" >&2
fi
extension=editors/vscode
if command -v npm >/dev/null && ! cmp --silent "$extension/package-lock.json" "$extension/node_modules/installed.json"; then
  npm ci --prefix "$extension" --no-audit --no-fund >&2
  cp "$extension/package-lock.json" "$extension/node_modules/installed.json"
fi
printf '%s\n' "$PWD/$venv/bin"
