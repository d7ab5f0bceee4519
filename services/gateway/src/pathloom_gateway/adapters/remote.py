"""Calling the other services: their errors become ours, and no call waits for ever."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import grpc.aio
from pathloom_kit.errors import Kind, Unavailable
from pathloom_kit.rpc.client import domain_error_of


@dataclass(frozen=True, slots=True)
class Remote:
    """Calls with a deadline; a status becomes the DomainError that the other side meant."""

    timeout_s: float

    async def __call__(self, method: Callable[..., Any], request: Any) -> Any:
        try:
            return await method(request, timeout=self.timeout_s)
        except grpc.aio.AioRpcError as error:
            meant = domain_error_of(error)
            if meant.kind is Kind.UNAVAILABLE and meant.reason == error.code().name:
                # Where nobody was reached, the words are the channel's, and name its addresses.
                raise Unavailable(
                    "a service that this call needs does not answer", retry_after_s=meant.retry_after_s or 1.0
                ) from error
            raise meant from None
