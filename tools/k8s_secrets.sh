#!/usr/bin/env bash
# tools/k8s_secrets.sh [NAMESPACE]: makes the secrets that the local overlay names, random, where they are not there yet.
# In production yours come from where you keep secrets; docs/operations.md lists them.
set -euo pipefail
namespace=${1:-pathloom}
umask 077
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

make() { # NAME KEY=VALUE...: by files, so that no list of processes shows a value
  local name=$1 each arguments=()
  shift
  if kubectl -n "$namespace" get secret "$name" >/dev/null 2>&1; then return; fi
  for each in "$@"; do
    printf %s "${each#*=}" >"$folder/${each%%=*}"
    arguments+=("--from-file=${each%%=*}=$folder/${each%%=*}")
  done
  kubectl -n "$namespace" create secret generic "$name" "${arguments[@]}"
}
random() { od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n'; } # in hex: never taken for an option

make pathloom-rpc "token=$(random)"
make identity-erasure "secret=$(random)"
make gateway-admin "key=$(random)"
make postgres-superuser "password=$(random)"
for service in identity scoring gateway; do
  make "$service-database" "url=postgresql://pathloom_$service@postgres:5432/pathloom_$service" "password=$(random)"
done
password=$(random)
make journey-graph-neo4j uri=bolt://neo4j:7687 user=neo4j "password=$password" "auth=neo4j/$password"
