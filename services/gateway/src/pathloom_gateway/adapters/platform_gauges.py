"""The whole platform as one gateway sees it, as gauges: what is set aside, what waits, who is reachable."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping

from opentelemetry.metrics import CallbackOptions, Observation
from pathloom.gateway.v1.admin_pb2 import GetStatusResponse
from pathloom_kit import telemetry
from pathloom_kit.errors import DomainError
from pathloom_kit.transient import is_transient

from pathloom_gateway import telemetry_names as names

_log = logging.getLogger(__name__)
_EVERY_S = 5.0
Gauges = Mapping[str, Mapping[str, float]]
"""By name of the gauge, then by service ("" where it is nobody's)."""


class PlatformGauges:
    """Asks for the status every few seconds; what could not be asked is not told, rather than told as it was."""

    def __init__(
        self, status: Callable[[], Awaitable[GetStatusResponse]], age_s: Callable[[], float]
    ) -> None:
        self._status = status
        self._age_s = age_s
        self._now: Gauges = {}
        for name, unit in {
            names.PLATFORM_PARKED: "",
            names.PLATFORM_QUARANTINED: "",
            names.PLATFORM_WAITING: "",
            names.PLATFORM_REACHABLE: "",
            names.VIEW_AGE: "s",
        }.items():
            telemetry.meter().create_observable_gauge(name, [self._observer(name)], unit=unit)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                self._now = gauges_of(await self._status(), self._age_s())
            except Exception as error:
                self._now = {}
                if not (is_transient(error) or isinstance(error, DomainError)):
                    raise
                _log.warning("the platform's gauges are not known", extra={"error": type(error).__name__})
            await asyncio.sleep(_EVERY_S)

    def _observer(self, name: str) -> Callable[[CallbackOptions], Iterable[Observation]]:
        def observe(_: CallbackOptions) -> Iterable[Observation]:
            return [
                Observation(value, {names.PLATFORM_SERVICE: service} if service else {})
                for service, value in self._now.get(name, {}).items()
            ]

        return observe


def gauges_of(status: GetStatusResponse, age_s: float) -> Gauges:
    """A service that is not reachable has no numbers of its own."""
    reached = [service for service in status.services if service.reachable]
    parked = {service.name: float(sum(feed.parked for feed in service.feeds)) for service in reached}
    # What the status counts beyond the other services' is the gateway's own.
    parked["gateway"] = float(status.parked) - sum(n for name, n in parked.items() if name != "gateway")
    return {
        names.PLATFORM_PARKED: parked,
        names.PLATFORM_QUARANTINED: {"": float(status.quarantined)},
        names.PLATFORM_WAITING: {
            service.name: float(sum(feed.waiting for feed in service.feeds)) for service in reached
        },
        names.PLATFORM_REACHABLE: {service.name: float(service.reachable) for service in status.services},
        names.VIEW_AGE: {"": age_s},
    }
