"""Rollouts, disruptions, probes and settings fit together, and fit the services."""

from importlib import import_module
from typing import Any

import pytest
from pathloom_kit.settings import ServiceSettings
from pathloom_local.services import SERVICES, Service
from pydantic import SecretStr

NAMES = {known.name for known in SERVICES}


def template(workload: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = workload["spec"]["template"]["spec"]
    return spec


def chosen(selector: dict[str, str], manifests: Any) -> set[str]:
    return {
        workload["metadata"]["name"]
        for workload in manifests.workloads()
        if selector.items() <= workload["spec"]["template"]["metadata"]["labels"].items()
    }


def test_all_four_services_and_their_migrations(manifests: Any) -> None:
    assert {each["metadata"]["name"] for each in manifests.of("Deployment")} == NAMES
    assert {each["metadata"]["name"] for each in manifests.of("Job")} == {f"{name}-migrate" for name in NAMES}
    for name in NAMES:
        one = template(manifests.named("Deployment", name))["containers"][0]
        other = template(manifests.named("Job", f"{name}-migrate"))["containers"][0]
        assert one["image"] == other["image"]
        assert (one["args"], other["args"]) == (["serve"], ["migrate"])
        assert one["envFrom"] == other["envFrom"]


def test_images_are_pinned(manifests: Any) -> None:
    for workload in manifests.workloads():
        image = template(workload)["containers"][0]["image"]
        assert ":" in image
        assert not image.endswith(":latest")


def test_a_disruption_leaves_somebody(manifests: Any) -> None:
    scalers = {
        each["spec"]["scaleTargetRef"]["name"]: each["spec"]
        for each in manifests.of("HorizontalPodAutoscaler")
    }
    budgets = {each["metadata"]["name"]: each["spec"] for each in manifests.of("PodDisruptionBudget")}
    assert scalers.keys() == budgets.keys() == NAMES
    for name in NAMES:
        deployment = manifests.named("Deployment", name)["spec"]
        assert "replicas" not in deployment  # else each apply would undo what the autoscaler decided
        assert scalers[name]["minReplicas"] - budgets[name]["maxUnavailable"] >= 1
        assert scalers[name]["minReplicas"] <= scalers[name]["maxReplicas"]
        assert chosen(budgets[name]["selector"]["matchLabels"], manifests) == {name}
        assert deployment["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_services_choose_serving_pods_alone(manifests: Any) -> None:
    for service in manifests.of("Service"):
        name = service["metadata"]["name"]
        assert chosen(service["spec"]["selector"], manifests) == {name.removesuffix("-grpc")}
        only_grpc = [port["name"] for port in service["spec"]["ports"]] == ["grpc"]
        assert (service["spec"].get("clusterIP") == "None") == only_grpc


def test_probes_mean_something(manifests: Any) -> None:
    for deployment in manifests.of("Deployment"):
        container = template(deployment)["containers"][0]
        alive, ready = container["livenessProbe"], container["readinessProbe"]
        if "httpGet" in alive:
            assert (alive["httpGet"]["path"], ready["httpGet"]["path"]) == ("/healthz/live", "/healthz/ready")
        else:
            assert (alive["grpc"]["service"], ready["grpc"].get("service", "")) == ("live", "")
        assert alive["failureThreshold"] * alive["periodSeconds"] >= 60  # slow is not dead
        assert ready["failureThreshold"] * ready["periodSeconds"] <= 10


def test_time_enough_to_end_in_good_order(manifests: Any) -> None:
    grace = float(ServiceSettings.model_fields["shutdown_grace_s"].default)
    for deployment in manifests.of("Deployment"):
        pod = template(deployment)
        sleep = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
        ready = pod["containers"][0]["readinessProbe"]
        # Longer than it takes to be found unready, and than DNS answers are kept (5 s in Kubernetes' own).
        assert sleep > ready["failureThreshold"] * ready["periodSeconds"]
        assert pod["terminationGracePeriodSeconds"] >= sleep + 2 * grace


def test_memory_is_bounded_and_cpu_is_asked_for(manifests: Any) -> None:
    for workload in manifests.workloads():
        resources = template(workload)["containers"][0]["resources"]
        assert set(resources["requests"]) == {"cpu", "memory"}
        assert set(resources["limits"]) == {"memory"}


@pytest.mark.parametrize("service", SERVICES, ids=lambda known: known.name)
def test_settings_are_the_services_own_and_complete(manifests: Any, service: Service) -> None:
    settings: type[ServiceSettings] = import_module(f"{service.module}.settings").Settings
    pod = template(manifests.named("Deployment", service.name))
    container = pod["containers"][0]
    written = manifests.named("ConfigMap", container["envFrom"][0]["configMapRef"]["name"])["data"]
    given = {*written, *(each["name"] for each in container.get("env", ()))}
    known, needed = set(), set()
    for name, field in settings.model_fields.items():
        variable = service.prefix + name.upper()
        known.add(variable)
        if field.annotation is SecretStr or "SecretStr" in str(field.annotation):
            known.add(variable + "_FILE")
        if field.is_required():
            needed.add(variable)
    assert given <= known
    assert {name.removesuffix("_FILE") for name in given} >= needed
    for name, value in written.items():
        if name.endswith("_FILE"):
            files = {
                item["path"]
                for volume in pod["volumes"]
                for source in volume.get("projected", {}).get("sources", ())
                for item in source["secret"]["items"]
            }
            assert value.removeprefix("/run/secrets/pathloom/") in files
        if name.endswith("_ADDRESS") and value.startswith("dns:///"):
            host, port = value.removeprefix("dns:///").split(":")
            target = manifests.named("Service", host)["spec"]
            assert target["clusterIP"] == "None"
            assert int(port) in {each["port"] for each in target["ports"]}
