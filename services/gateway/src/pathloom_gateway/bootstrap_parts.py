"""What the door (bootstrap.py) hands to the read side (bootstrap_reads.py), and what it gets back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from pathloom_kit.clock import Clock
from pathloom_kit.rpc.server import ServiceEntry

from pathloom_gateway.application.ports import LookUpLog, ReadModel
from pathloom_gateway.bootstrap_common import Opened
from pathloom_gateway.entrypoints.grpc_guard import GrpcGuard
from pathloom_gateway.entrypoints.rest.door import Door
from pathloom_gateway.entrypoints.rest.health import Check


@dataclass(frozen=True, slots=True)
class Given:
    """Open, and closed by the door after the read side has stopped (the exit stack runs in reverse)."""

    opened: Opened
    clock: Clock
    look_ups: LookUpLog
    door: Door
    grpc_guard: GrpcGuard


@dataclass(frozen=True, slots=True)
class Reads:
    """The read side, running: its tasks are on the exit stack it was given.

    `build_reads(given: Given, stack: AsyncExitStack) -> Reads`.
    """

    router: APIRouter
    grpc: Sequence[ServiceEntry]
    read_model: ReadModel
    checks: dict[str, Check]
    """Joined to the readiness checks, e.g. {"read_model": ...}."""
    silence_s: Callable[[], float]
    """Seconds since the read model last heard from each upstream; the largest of them."""
