#!/usr/bin/env bash
# Installs the programs that tests/clients.rs tries iamlint with into target/clients/venv, and prints the folder to set
# IAMLINT_CLIENTS to. Needs python3 and PyPI; a second run costs nothing.
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
printf '%s\n' "$PWD/$venv/bin"
