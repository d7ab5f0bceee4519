"""The manifests as they would be applied: each overlay built with kustomize, once for the session."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
OVERLAYS = ("local", "local-own-engines", "production")
Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Manifests:
    """What an overlay builds."""

    overlay: str
    objects: tuple[Object, ...]

    def of(self, *kinds: str) -> Iterator[Object]:
        """The objects of these kinds."""
        return (each for each in self.objects if each["kind"] in kinds)

    def named(self, kind: str, name: str) -> Object:
        """The one of this name. KeyError where there is none."""
        return {each["metadata"]["name"]: each for each in self.of(kind)}[name]

    def workloads(self) -> list[Object]:
        """All that makes pods."""
        return list(self.of("Deployment", "StatefulSet", "Job", "DaemonSet", "CronJob", "Pod"))


@cache
def built(overlay: str) -> Manifests:
    kustomize = ROOT / "tools" / "kustomize.sh"
    if shutil.which("go") is None and not list((ROOT / ".cache" / "bin").glob("kustomize-*")):
        pytest.skip("kustomize is built with Go, which is not here")
    text = subprocess.run(
        [kustomize, "build", ROOT / "deploy" / "k8s" / "overlays" / overlay],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return Manifests(overlay, tuple(yaml.safe_load_all(text)))


@pytest.fixture(params=OVERLAYS)
def manifests(request: pytest.FixtureRequest) -> Manifests:
    """Each overlay in turn."""
    return built(request.param)


@pytest.fixture
def overlay() -> Callable[[str], Manifests]:
    """One overlay by its name."""
    return built
