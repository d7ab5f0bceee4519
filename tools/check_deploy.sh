#!/usr/bin/env bash
# Every overlay builds and is valid Kubernetes; the Dockerfiles are clean.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
built=$(mktemp -d)
trap 'rm -rf "$built"' EXIT
for overlay in deploy/k8s/overlays/*/; do
  name=$(basename "$overlay")
  tools/kustomize.sh build "$overlay" >"$built/$name.yaml"
  if ! .venv/bin/kubernetes-validate --kubernetes-version 1.34 --strict "$built/$name.yaml" >"$built/log" 2>&1; then
    echo "$overlay is not valid Kubernetes:" >&2
    grep -v INFO "$built/log" >&2 || cat "$built/log" >&2
    exit 1
  fi
done
.venv/bin/hadolint deploy/docker/Dockerfile deploy/docker/engines/Dockerfile
