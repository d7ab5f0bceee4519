#!/usr/bin/env bash
# tools/k8s_deploy.sh OVERLAY_FOLDER: installs or upgrades what the overlay says, in order: all but the services, engines ready (where
# the overlay has them), migrations done while the old version serves, then the services one after the other, each after those it
# reads from, one pod at a time. What is stopped halfway can be repeated.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
overlay=${1:?usage: tools/k8s_deploy.sh OVERLAY_FOLDER}
built=$(mktemp)
trap 'rm -f "$built"' EXIT
"$root/tools/kustomize.sh" build "$overlay" >"$built"
namespace=$(sed -n 's/^  namespace: //p' "$built" | sort -u)
k() { kubectl -n "$namespace" "$@"; }

kubectl apply -f "$built" -l 'app.kubernetes.io/component notin (service,migration)'
for engine in $(k get statefulset -o name); do k rollout status "$engine" --timeout=300s; done

services=(identity journey-graph scoring gateway)

k delete job -l app.kubernetes.io/component=migration --ignore-not-found --wait
kubectl apply -f "$built" -l app.kubernetes.io/component=migration
for service in "${services[@]}"; do
  job=job/$service-migrate
  until [ "$(k get "$job" -o jsonpath='{.status.succeeded}')" = 1 ]; do
    case $(k get "$job" -o jsonpath='{.status.conditions[*].type}') in
      *Failed*)
        k logs "$job" --tail=50 >&2
        echo "$job failed: the services are as they were" >&2
        exit 1
        ;;
    esac
    sleep 1
  done
  echo "$job complete"
done

for service in "${services[@]}"; do
  kubectl apply -f "$built" -l "app.kubernetes.io/name=$service,app.kubernetes.io/component=service"
  k rollout status "deployment/$service" --timeout=600s
done
