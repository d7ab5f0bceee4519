#!/usr/bin/env bash
# tools/k8s_deploy.sh OVERLAY_FOLDER: installs or upgrades what the overlay says, in order: all but the services, engines ready (where
# the overlay has them), migrations done while the old version serves, then the services, rolled out one pod at a time.
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

k delete job -l app.kubernetes.io/component=migration --ignore-not-found --wait
kubectl apply -f "$built" -l app.kubernetes.io/component=migration
for job in $(k get job -l app.kubernetes.io/component=migration -o name); do
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

kubectl apply -f "$built" -l app.kubernetes.io/component=service
for service in $(k get deployment -l app.kubernetes.io/component=service -o name); do k rollout status "$service" --timeout=300s; done
