"""Every pod keeps the restricted Pod Security Standard and more; no secret is written down."""

import copy
import re
from typing import Any

import pytest

VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
HOST = ("hostNetwork", "hostPID", "hostIPC")
SECRET_WORD = re.compile(r"PASSWORD|SECRET|TOKEN|(^|_)KEY($|_)|AUTH", re.IGNORECASE)


def faults(pod: dict[str, Any]) -> list[str]:
    """What the restricted standard forbids in this pod's spec, in words."""
    found = [word for word in HOST if pod.get(word)]
    whole = pod.get("securityContext", {})
    if not whole.get("runAsNonRoot") or not whole.get("runAsUser"):
        found.append("may run as root")
    if whole.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        found.append("no seccomp profile")
    for volume in pod.get("volumes", ()):
        found += [f"volume of kind {kind}" for kind in set(volume) - {"name"} - VOLUMES]
    for container in pod["containers"] + pod.get("initContainers", []):
        own = container.get("securityContext", {})
        if own.get("allowPrivilegeEscalation") is not False:
            found.append("may gain privileges")
        if own.get("capabilities", {}).get("drop") != ["ALL"] or own["capabilities"].get("add"):
            found.append("keeps capabilities")
        if own.get("privileged") or own.get("runAsUser") == 0 or own.get("runAsNonRoot") is False:
            found.append("privileged")
        found += ["host port" for port in container.get("ports", ()) if "hostPort" in port]
    return found


def test_restricted(manifests: Any) -> None:
    for workload in manifests.workloads():
        assert faults(workload["spec"]["template"]["spec"]) == [], workload["metadata"]["name"]
    labels = manifests.named("Namespace", "pathloom")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.mark.parametrize(
    "field", ["runAsNonRoot", "seccompProfile", "allowPrivilegeEscalation", "capabilities"]
)
def test_a_planted_weakness_is_seen(overlay: Any, field: str) -> None:
    pod = copy.deepcopy(overlay("local").named("Deployment", "gateway")["spec"]["template"]["spec"])
    assert faults(pod) == []
    for context in (pod["securityContext"], pod["containers"][0]["securityContext"]):
        context.pop(field, None)
    assert faults(pod) != []


def test_root_file_systems_are_read_only(manifests: Any) -> None:
    # The official Neo4j image writes its configuration beside its programs.
    writable = {
        workload["metadata"]["name"]
        for workload in manifests.workloads()
        for container in workload["spec"]["template"]["spec"]["containers"]
        if container["securityContext"].get("readOnlyRootFilesystem") is not True
    }
    assert writable == ({"neo4j"} if manifests.overlay == "local" else set())


def test_no_pod_has_a_token_or_the_environment_of_services(manifests: Any) -> None:
    accounts = {each["metadata"]["name"]: each for each in manifests.of("ServiceAccount")}
    for workload in manifests.workloads():
        pod = workload["spec"]["template"]["spec"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False
        assert accounts[pod["serviceAccountName"]]["automountServiceAccountToken"] is False


def test_secrets_only_by_reference(manifests: Any) -> None:
    assert list(manifests.of("Secret")) == []
    written: list[tuple[str, str]] = []
    for workload in manifests.workloads():
        for container in workload["spec"]["template"]["spec"]["containers"]:
            assert not [word for word in container.get("args", []) if SECRET_WORD.search(word)]
            written += [(each["name"], each["value"]) for each in container.get("env", ()) if "value" in each]
    for settings in manifests.of("ConfigMap"):
        written += list(settings["data"].items())
    for name, value in written:
        if SECRET_WORD.search(name):
            assert value.startswith("/run/secrets/"), f"{name} holds what should be named"
        assert not re.search(r"://[^/@\s]*:[^/@\s]*@", value), f"{name} holds a password"


def test_secrets_are_readable_by_the_group_alone(manifests: Any) -> None:
    for workload in manifests.workloads():
        for volume in workload["spec"]["template"]["spec"].get("volumes", ()):
            source = volume.get("projected") or volume.get("secret")
            if source:
                assert source["defaultMode"] == 0o440
