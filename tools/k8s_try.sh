#!/usr/bin/env bash
# tools/k8s_try.sh: the local overlay on the cluster that KUBECONFIG names, for real: install, wait, the demo's check through the Services, a new
# version rolled out under load, pods killed under load, cleaned up. Exit code 0 only if all of it holds.
#   IMAGES="LOAD_COMMAND"  how images get to the nodes: a command that takes image names (e.g. "kind load docker-image"); empty: they are there
#   FROM=REF               version 1 is built from this commit (the release before), so that the upgrade runs real migrations
#   BUILD=0                do not build the images, versions 1 and 2 are there
#   OVERLAY=local          with official engines; local-own-engines (the default) builds them from the launcher's
#   URL=http://...         where this machine reaches the gateway's Service; by default its cluster address
#   TOUCHPOINTS=1000       how much the demo plays      KEEP=1  do not clean up
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
overlay=deploy/k8s/overlays/${OVERLAY:-local-own-engines}
namespace=pathloom
services=(identity journey-graph scoring gateway)
folder=$(mktemp -d)
k() { kubectl -n "$namespace" "$@"; }
say() { echo "[$(date +%T)] $*"; }
finish() {
  local code=$?
  if [ $code != 0 ]; then
    k get pods -o wide || true
    for service in "${services[@]}"; do k logs "deployment/$service" --tail=15 --prefix || true; done
  fi
  if [ -z "${KEEP:-}" ]; then
    say "clean up"
    kubectl delete namespace "$namespace" --wait --timeout=180s || code=1
  fi
  rm -rf "$folder"
  exit "$code"
}
trap finish EXIT

if [ "${BUILD:-1}" = 1 ]; then
  say "images"
  earlier=$root
  if [ -n "${FROM:-}" ]; then
    earlier=$folder/earlier
    mkdir "$earlier"
    git archive "$FROM" | tar -x -C "$earlier"
  fi
  tools/images.sh 1 engine-postgres engine-neo4j
  "$earlier/tools/images.sh" 1 "${services[@]}"
  tools/images.sh 2 "${services[@]}"
fi
if [ -n "${IMAGES:-}" ]; then
  read -ra load <<<"$IMAGES"
  images=(pathloom-postgres:1 pathloom-neo4j:1)
  for service in "${services[@]}"; do images+=("pathloom-$service:1" "pathloom-$service:2"); done
  "${load[@]}" "${images[@]}"
fi

say "the production overlay, dry run on the server"
kubectl apply --server-side -f deploy/k8s/overlays/production/namespace.yaml
tools/kustomize.sh build deploy/k8s/overlays/production | kubectl apply --server-side --dry-run=server -f - >/dev/null

say "install"
tools/k8s_secrets.sh "$namespace"
tools/k8s_deploy.sh "$overlay"
k get pods

url=${URL:-http://$(k get service gateway -o jsonpath='{.spec.clusterIP}'):8080}
umask 077
k get secret gateway-admin -o jsonpath='{.data.key}' | base64 -d >"$folder/key"
check() { .venv/bin/python tools/k8s_check.py "$@"; }
where=(--url "$url" --key-file "$folder/key")

say "the demo's check through the Services"
check demo "${where[@]}" --touchpoints "${TOUCHPOINTS:-1000}"

say "a new version, rolled out under load (migrations first)"
mkdir "$folder/next"
{
  echo "resources: [$(realpath --relative-to="$folder/next" "$overlay")]"
  echo "images:"
  for service in "${services[@]}"; do echo "  - {name: pathloom-$service, newTag: \"2\"}"; done
} >"$folder/next/kustomization.yaml"
check steady "${where[@]}" -- tools/k8s_deploy.sh "$folder/next"
for service in "${services[@]}"; do
  k get pods -l "app.kubernetes.io/name=$service,app.kubernetes.io/component=service" -o jsonpath='{range .items[*]}{.spec.containers[0].image}{"\n"}{end}' |
    grep -qx "pathloom-$service:2"
done

say "a pod of each service killed under load, without warning"
# Whoever asks a pod that is dead, but still listed, has to ask again; nothing may be lost.
# shellcheck disable=SC2016 # for the inner shell
check steady "${where[@]}" --reads-may-fail -- bash -c '
  set -e
  for service in identity journey-graph scoring gateway; do
    pod=$(kubectl -n pathloom get pod -l app.kubernetes.io/name=$service,app.kubernetes.io/component=service --field-selector=status.phase=Running -o name | head -1)
    kubectl -n pathloom delete "$pod" --grace-period=0 --force --wait=false
    sleep 5
    kubectl -n pathloom rollout status deployment/$service --timeout=180s
  done'
say "everything held"
