"""Which failures may go away by themselves."""

import asyncio

import asyncpg
import grpc
import grpc.aio
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from pathloom_kit.errors import DomainError, Kind

_POSTGRES = (
    asyncpg.PostgresConnectionError,  # lost, refused, does not exist any more
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.CannotConnectNowError,  # starting up, shutting down, recovering
    asyncpg.TransactionRollbackError,  # serialization failure, deadlock
    asyncpg.InsufficientResourcesError,  # disk full, out of memory, too many connections
    asyncpg.OperatorInterventionError,  # admin shutdown, crash shutdown, query cancelled
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)
STORE_ERRORS = (
    DBAPIError,
    PoolTimeout,
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""What a PostgreSQL that is away raises, and more: ask `is_transient` which of them may go away."""
_CODES = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
}


def is_transient(error: BaseException) -> bool:
    """True for a lost connection, a deadlock, a full disk, a time-out, another service that is down.

    Everything else (a wrong value, a broken constraint, a bug) would fail again in the same way.
    """
    if isinstance(
        error, DBAPIError
    ):  # SQLAlchemy wraps the driver's error, which asyncpg's dialect wraps again
        cause = getattr(error.orig, "__cause__", None)
        return error.connection_invalidated or isinstance(cause, (*_POSTGRES, OSError))
    if isinstance(error, DomainError):
        return error.kind in (Kind.UNAVAILABLE, Kind.EXHAUSTED)
    if isinstance(error, grpc.aio.AioRpcError):
        return error.code() in _CODES
    if isinstance(error, asyncpg.InterfaceError):
        return "closed" in str(error) or "closing" in str(error)  # the pool or connection went away
    if isinstance(error, asyncpg.InternalClientError):
        # Between the server's last word and the end of its connection asyncpg answers a new query so.
        return "cannot switch to state" in str(error)
    # PoolTimeout: too many wait for a connection.
    return isinstance(error, (*_POSTGRES, OSError, TimeoutError, asyncio.TimeoutError, PoolTimeout))
