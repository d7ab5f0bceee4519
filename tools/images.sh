#!/usr/bin/env bash
# tools/images.sh VERSION [NAME...]: builds the images (all four services by default; engine-postgres and engine-neo4j too where named)
# as pathloom-NAME:VERSION. BASE_IMAGE overrides the base; settings of pip, uv, npm and TLS in the environment go to the build alone.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
version=${1:?usage: tools/images.sh VERSION [NAME...]}
shift
names=("$@")
[ ${#names[@]} -gt 0 ] || names=(identity journey-graph scoring gateway)

given=()
[ -z "${BASE_IMAGE:-}" ] || given+=(--build-arg "BASE_IMAGE=$BASE_IMAGE")
for setting in PIP_INDEX_URL PIP_CERT UV_DEFAULT_INDEX NPM_CONFIG_REGISTRY NODE_EXTRA_CA_CERTS SSL_CERT_FILE REQUESTS_CA_BUNDLE; do
  [ -z "${!setting:-}" ] || given+=(--build-arg "$setting") # its value is taken from the environment, not from the command line
done
[ -z "${BUILD_NETWORK:-}" ] || given+=(--network "$BUILD_NETWORK")

for name in "${names[@]}"; do
  echo "· pathloom-${name#engine-}:$version"
  case "$name" in
    engine-*) what=(-f "$root/deploy/docker/engines/Dockerfile" --build-arg "ENGINE=${name#engine-}") ;;
    *) what=(-f "$root/deploy/docker/Dockerfile" --build-arg "SERVICE=$name" --build-arg "VERSION=$version") ;;
  esac
  docker build --quiet "${given[@]}" "${what[@]}" -t "pathloom-${name#engine-}:$version" "$root"
done
