#!/usr/bin/env bash
# Runs kustomize, built from its Go module into .cache the first time.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
version=v5.8.1
bin="$root/.cache/bin/kustomize-$version"
if [ ! -x "$bin" ]; then
  command -v go >/dev/null || { echo "tools/kustomize.sh: Go is needed to build kustomize $version" >&2; exit 1; }
  mkdir -p "$root/.cache/bin"
  made=$(mktemp -d "$root/.cache/bin/make-XXXXXX")
  trap 'rm -rf "$made"' EXIT
  GOBIN="$made" GOFLAGS='' go install "sigs.k8s.io/kustomize/kustomize/v5@$version"
  mv "$made/kustomize" "$bin"
fi
exec "$bin" "$@"
