"""Who may talk to whom, reasoned over the manifests as Kubernetes defines policies: a connection needs the consent of both ends,
and an end that no policy names consents to everything."""

import copy
import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

Policy = dict[str, Any]
SERVICES = ("identity", "journey-graph", "scoring", "gateway")
STORE = {"identity": "postgres", "journey-graph": "neo4j", "scoring": "postgres", "gateway": "postgres"}
PORTS = (53, 80, 443, 4317, 5432, 7687, 8080, 8081)
HOME = {"kubernetes.io/metadata.name": "pathloom"}


@dataclass(frozen=True)
class End:
    """One end of a connection: a pod with its namespace's labels, or an address outside of the cluster."""

    name: str
    labels: tuple[tuple[str, str], ...] = ()
    namespace: tuple[tuple[str, str], ...] = ()
    ports: tuple[tuple[str, int], ...] = ()
    """The container's named ports."""
    address: str | None = None


def pod(
    name: str, labels: dict[str, str], namespace: dict[str, str], ports: dict[str, int] | None = None
) -> End:
    return End(name, tuple(labels.items()), tuple(namespace.items()), tuple((ports or {}).items()))


def ends_of(manifests: Any) -> list[End]:
    """Every pod of the overlay, and those around it that might be curious."""
    ours = []
    for workload in manifests.workloads():
        template = workload["spec"]["template"]
        named = {
            port["name"]: port["containerPort"]
            for container in template["spec"]["containers"]
            for port in container.get("ports", ())
        }
        ours.append(pod(workload["metadata"]["name"], template["metadata"]["labels"], HOME, named))
    around = [
        pod("stray", {"app": "stray"}, HOME),
        pod("dns", {"k8s-app": "kube-dns"}, {"kubernetes.io/metadata.name": "kube-system"}),
        pod("system", {"app": "other"}, {"kubernetes.io/metadata.name": "kube-system"}),
        pod("ingress", {}, {"kubernetes.io/metadata.name": "ingress", "pathloom/clients": "true"}),
        pod("foreign", {"app.kubernetes.io/name": "gateway"}, {"kubernetes.io/metadata.name": "foreign"}),
        End("private", address="10.20.30.40"),
        End("internet", address="203.0.113.9"),
    ]
    return ours + around


def selects(selector: dict[str, Any] | None, labels: Iterable[tuple[str, str]]) -> bool:
    """Kubernetes' label selectors, as far as they are used; AssertionError for what is not understood."""
    selector, has = selector or {}, dict(labels)
    assert set(selector) <= {"matchLabels", "matchExpressions"}
    for rule in selector.get("matchExpressions", ()):
        assert rule["operator"] == "In"
        if has.get(rule["key"]) not in rule["values"]:
            return False
    return all(has.get(key) == value for key, value in selector.get("matchLabels", {}).items())


def is_peer(peer: dict[str, Any], end: End) -> bool:
    """Whether a policy's `from` or `to` means this end."""
    if "ipBlock" in peer:
        assert set(peer["ipBlock"]) == {"cidr"}
        return end.address is not None and ipaddress.ip_address(end.address) in ipaddress.ip_network(
            peer["ipBlock"]["cidr"]
        )
    if end.address is not None:
        return False
    where = peer.get("namespaceSelector")
    here = selects(where, end.namespace) if where is not None else dict(end.namespace) == HOME
    return here and selects(peer.get("podSelector"), end.labels)


def consents(
    policies: Sequence[Policy], direction: str, own: End, other: End, port: int, target: End
) -> bool:
    """Whether one end's policies let a connection to `port` of `target` be."""
    if own.address is not None or dict(own.namespace) != HOME:
        return True  # not ours to police
    mine = [
        policy["spec"]
        for policy in policies
        if selects(policy["spec"]["podSelector"], own.labels) and direction in policy["spec"]["policyTypes"]
    ]
    if not mine:
        return True
    peers_key = {"Ingress": "from", "Egress": "to"}[direction]
    for spec in mine:
        for rule in spec.get(direction.lower(), ()):
            numbers = [dict(target.ports).get(each["port"], each["port"]) for each in rule.get("ports", ())]
            if (not numbers or port in numbers) and (
                peers_key not in rule or any(is_peer(peer, other) for peer in rule[peers_key])
            ):
                return True
    return False


def flows(ends: Sequence[End], policies: Sequence[Policy]) -> set[tuple[str, str, int]]:
    """All connections that are possible and touch a pod of ours."""
    return {
        (source.name, target.name, port)
        for source in ends
        for target in ends
        if source != target and HOME in (dict(source.namespace), dict(target.namespace))
        for port in PORTS
        if consents(policies, "Egress", source, target, port, target)
        and consents(policies, "Ingress", target, source, port, target)
    }


def wanted(overlay: str) -> set[tuple[str, str, int]]:
    """The picture of docs/architecture.md, and nothing beside it."""
    some = {
        ("ingress", "gateway", 8080),
        ("ingress", "gateway", 8081),
        ("gateway", "identity", 8081),
        ("gateway", "journey-graph", 8081),
        ("gateway", "scoring", 8081),
        ("journey-graph", "identity", 8081),
        ("scoring", "journey-graph", 8081),
    }
    for service in SERVICES:
        for name in (service, f"{service}-migrate"):
            port = {"postgres": 5432, "neo4j": 7687}[STORE[service]]
            store = "private" if overlay == "production" else STORE[service]
            some |= {(name, "dns", 53), (name, store, port)}
    return some


def test_exactly_the_flows_of_the_architecture(manifests: Any) -> None:
    policies = list(manifests.of("NetworkPolicy"))
    assert flows(ends_of(manifests), policies) == wanted(manifests.overlay)


def test_every_policy_is_in_the_namespace_it_protects(manifests: Any) -> None:
    assert {each["metadata"]["namespace"] for each in manifests.of("NetworkPolicy")} == {"pathloom"}


@pytest.mark.parametrize(
    "fault",
    ["no default", "any client", "identity for all", "store for all", "egress anywhere"],
)
def test_a_planted_hole_is_seen(overlay: Any, fault: str) -> None:
    local = overlay("local")
    policies = {each["metadata"]["name"]: copy.deepcopy(each) for each in local.of("NetworkPolicy")}
    if fault == "no default":
        del policies["default-deny"]
    elif fault == "any client":
        policies["gateway"]["spec"]["ingress"][0]["from"] = [{"namespaceSelector": {}}]
    elif fault == "identity for all":
        policies["identity"]["spec"]["ingress"][0]["from"].append({"podSelector": {}})
        policies["default-deny"]["spec"]["policyTypes"] = ["Ingress"]
    elif fault == "store for all":
        policies["to-postgres"]["spec"]["podSelector"] = {}
        policies["postgres"]["spec"]["ingress"][0]["from"] = [{"podSelector": {}}]
    else:
        policies["dns"]["spec"]["egress"].append({})
    assert flows(ends_of(local), list(policies.values())) > wanted("local")
