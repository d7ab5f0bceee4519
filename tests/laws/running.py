"""A platform of a law's own, and how to wait for it."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pathloom_local.api.client import PublicApi, Taken
from pathloom_local.api.door import read_key
from pathloom_local.api.sender import encoded
from pathloom_local.folders import DataFolder
from pathloom_local.platform import Options, Platform
from pathloom_local.services import SERVICES

from tests.laws.measured import Measured, collector

ONE_SECRET = "of-both-platforms-so-that-their-customers-have-the-same-ids"


@dataclass(frozen=True, slots=True)
class Running:
    """A platform with a client for the door of each replica of its gateway."""

    local: Platform
    doors: Sequence[PublicApi]

    @property
    def api(self) -> PublicApi:
        """The first door."""
        return self.doors[0]

    async def settled(self, seconds: float = 240.0) -> None:
        """Return when every door says, and says again, that everything accepted is in the view. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            for door in [*self.doors, *self.doors]:
                while not (await door.status()).settled:  # noqa: ASYNC110 - another process's state
                    await asyncio.sleep(0.1)

    async def source(self, source_id: str, **declared: object) -> str:
        """Declare a source (namespace: its id) and make a key for it; the key."""
        said = {"source_id": source_id, "namespace": source_id, "trust": "TRUST_TRUSTED", **declared}
        await self.api.put_source(said)
        return (await self.api.create_key(f"law {source_id}", ["ingest"], source_id))[1]

    async def send(self, key: str, messages: Sequence[Mapping[str, object]], *, bulk: bool = False) -> Taken:
        """One batch through the first door."""
        body = b'{"batch":[' + b",".join(map(encoded, messages)) + b"]}"
        return await self.api.batch(body, key, bulk)


@dataclass(frozen=True, slots=True)
class Measuring(Running):
    """One that tells what each of its processes did."""

    measured: Measured


@asynccontextmanager
async def started(
    folder: Path, replicas: int = 1, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Measuring]:
    """All four services, `replicas` of each, on engines of their own; `settings` are environment variables."""
    DataFolder.open(folder)
    secret = folder / "secrets" / "erasure_secret"
    secret.write_text(ONE_SECRET)
    secret.chmod(0o600)
    async with AsyncExitStack() as stack:
        measured = await stack.enter_async_context(collector())
        options = Options(
            data=folder,
            replicas={known.name: replicas for known in SERVICES},
            environment={**os.environ, **measured.settings, **(settings or {})},
        )
        local = await stack.enter_async_context(Platform(options))
        key = read_key(local.secrets["admin_key"])
        names = ["gateway-http", *(f"gateway-{n}-http" for n in range(2, replicas + 1))]
        doors = [
            await stack.enter_async_context(PublicApi(f"http://{local.addresses[name]}", key, patience_s=60))
            for name in names
        ]
        yield Measuring(local, doors, measured)
