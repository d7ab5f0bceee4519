#!/usr/bin/env bash
# Every member declares exactly what it imports.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
for member in libs/kit libs/local libs/simulator services/identity services/journey-graph services/scoring services/gateway; do
  cd "$root/$member"
  if ! report=$("$root/.venv/bin/deptry" src --config pyproject.toml --no-ansi 2>&1); then
    printf '%s:\n%s\n' "$member" "$report"
    exit 1
  fi
done
