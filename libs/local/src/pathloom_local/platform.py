"""The whole platform on this machine: engines, migrations and services, started in order and never left behind."""

import asyncio
import json
import os
import sys
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from pathloom_local.engines.neo4j import USER as NEO4J_USER
from pathloom_local.engines.neo4j import Neo4j
from pathloom_local.engines.postgres import Postgres
from pathloom_local.errors import LocalError, StepFailed
from pathloom_local.folders import DataFolder, default_cache_folder, default_data_folder
from pathloom_local.ports import LOOPBACK, free_port, is_free
from pathloom_local.readiness import until_ready
from pathloom_local.report import Reporter, Silent
from pathloom_local.services import SERVICES, Replica, Service, Store, service, settings_of, target
from pathloom_local.state import State, write_state
from pathloom_local.supervision.processes import Child, Command, Processes

MIGRATION_SECONDS = 600
READY_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Options:
    """What to start, and where.

    `services` may be a part, or empty for the engines alone; `replicas` counts copies by service name (1 where absent).
    `ports` gives ports by listener name (`postgres`, `neo4j`, `gateway-http`, `gateway`, `identity-2` …); where absent,
    the one of the last start on this folder is taken if it is free, else any free one.
    `environment` is what children inherit and where a named server is looked for; the process's own by default.
    """

    data: Path = field(default_factory=default_data_folder)
    cache: Path = field(default_factory=default_cache_folder)
    services: tuple[str, ...] = tuple(known.name for known in SERVICES)
    engines: tuple[str, ...] | None = None
    """Which engines to launch; None for those that the services need and no setting names."""
    replicas: Mapping[str, int] = field(default_factory=dict)
    ports: Mapping[str, int] = field(default_factory=dict)
    blueprints: Sequence[Path] = ()
    """Blueprint files beside the shipped ones, or folders with files called `*blueprint.yaml`."""
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))


class Platform:
    """`async with Platform(options) as platform:` — everything is ready inside, and nothing is left after.

    Should this process be killed, a supervisor ends all children. Raises LocalError (see errors.py) from the start.
    """

    def __init__(self, options: Options | None = None, reporter: Reporter | None = None) -> None:
        self.options = options or Options()
        self.addresses: dict[str, str] = {}
        """`http` and `grpc` (the gateway's), and each engine's and replica's by its name; host:port."""
        self.secrets: dict[str, Path] = {}
        """Files: `admin_key`, `rpc_token`, `erasure_secret`, `postgres`, `neo4j`, and each service's database password by `<database>`."""
        self._report = reporter or Silent()
        self._stack = AsyncExitStack()
        self._commands: dict[str, Command] = {}
        self._replicas: dict[str, Replica] = {}
        self._stores: dict[str, Store] = {}
        self._asked_to_end: set[str] = set()

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @property
    def folder(self) -> DataFolder:
        """The data folder, once started."""
        return self._folder

    @property
    def postgres(self) -> Postgres | None:
        """The launched PostgreSQL, or None where every service names a server."""
        return self._postgres

    @property
    def neo4j(self) -> Neo4j | None:
        """The launched Neo4j, or None where a setting names a server."""
        return self._neo4j

    def names(self) -> list[str]:
        """The long-running processes: engines, then replicas."""
        engines = [engine.name for engine in (self._postgres, self._neo4j) if engine]
        return [*engines, *self._replicas]

    def process(self, name: str) -> Child:
        """The process of an engine or replica, with its pid and whether it runs. Raises LocalError."""
        return self._processes.child(name)

    async def kill(self, name: str) -> None:
        """SIGKILL one process and all below it, as a crash would; returns when they are gone."""
        self._asked_to_end.add(name)
        await self._processes.kill(name)

    async def stop(self, name: str) -> None:
        """End one process in good order."""
        self._asked_to_end.add(name)
        await self._processes.stop(name)

    async def restart(self, name: str) -> None:
        """Start a process again with the same settings and address, ending it first if it runs; returns when ready."""
        await self.stop(name)
        if self._postgres and name == self._postgres.name:
            await self._postgres.start(self._processes)
        elif self._neo4j and name == self._neo4j.name:
            await self._neo4j.start(self._processes)
        else:
            child = await self._processes.start(self._commands[name])
            await until_ready(self._replicas[name], child, READY_SECONDS)
        self._asked_to_end.discard(name)
        self._write_state()

    async def migrate(self, name: str) -> None:
        """Bring a service's store to its schema again, as the start does; for whoever has emptied it. Raises StepFailed."""
        replica = self._replicas[name]
        await self._processes.run(self._command(replica, f"{name}-migrate", "migrate"), MIGRATION_SECONDS)

    async def ended_unasked(self) -> Child:
        """Wait until a process ends that nobody asked to, and answer it."""
        while True:
            children = [self.process(name) for name in self.names()]
            for child in children:
                if not child.running and child.command.name not in self._asked_to_end:
                    return child
            waits = [asyncio.create_task(child.ended.wait()) for child in children if child.running]
            _, pending = await asyncio.wait(waits, timeout=1, return_when=asyncio.FIRST_COMPLETED)
            for wait in pending:
                wait.cancel()

    async def add_console_user(self, name: str = "demo") -> Path:
        """Make sure that somebody may sign in to the console (and administer); the file with the password.

        Raises StepFailed.
        """
        password = self._folder.secret(f"console_{name}")
        command = self._commands["gateway"]
        process = await asyncio.create_subprocess_exec(
            *command.argv[:-1],
            *("users", "add", name, "--admin"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env=dict(command.env),
            cwd=command.cwd,
            start_new_session=True,
        )
        _, said = await process.communicate(password.read_bytes() + b"\n")
        # Someone of this name from an earlier start on this folder has the same password.
        if process.returncode and b"there is a user" not in said:
            raise StepFailed(
                f"the console user could not be added: {said.decode(errors='replace').strip()[-500:]}"
            )
        self.secrets[f"console_{name}"] = password
        self._write_state()
        return password

    async def _start(self) -> None:
        self._folder = DataFolder.open(self.options.data)
        lock = self._folder.lock(say=self._report.note)
        try:
            # The supervisor inherits the lock, so it stays taken until the last child is gone.
            self._processes = await self._stack.enter_async_context(Processes.open([lock]))
        finally:
            self._stack.callback(os.close, lock)
        self._stack.callback(self._folder.state.unlink, missing_ok=True)
        self.secrets = {
            name: self._folder.secret(name) for name in ("admin_key", "rpc_token", "erasure_secret")
        }
        self._choose_replicas()
        await self._start_engines()
        services = [service(name) for name in self.options.services]
        if services:
            await self._migrate(services)
            await self._start_services()
        self._write_state()

    def _choose_replicas(self) -> None:
        remembered = self._remembered_ports()
        chosen: dict[str, int] = {}

        def address(name: str) -> str:
            port = self.options.ports.get(name)
            if port is None:
                before = remembered.get(name)
                port = before if before and is_free(before) else free_port()
            chosen[name] = port
            return f"{LOOPBACK}:{port}"

        for name in self.options.services:
            known = service(name)
            for number in range(1, self.options.replicas.get(name, 1) + 1):
                bare = Replica(known, number, grpc="")
                http = address(f"{bare.name}-http") if known.has_http else None
                self._replicas[bare.name] = Replica(known, number, address(bare.name), http)
        self._postgres = (
            Postgres(self._folder, _port(address("postgres"))) if self._wanted("postgres") else None
        )
        self._neo4j = (
            Neo4j(self._folder, _port(address("neo4j")), self.options.cache / "neo4j")
            if self._wanted("neo4j")
            else None
        )
        self._ports_file.write_text(json.dumps({**remembered, **chosen}))
        for replica in self._replicas.values():
            self.addresses[replica.name] = replica.grpc
            if replica.http is not None:
                self.addresses[f"{replica.name}-http"] = replica.http
        if gateway := self._replicas.get("gateway"):
            self.addresses |= {"grpc": gateway.grpc, "http": gateway.http or ""}
        for engine in (self._postgres, self._neo4j):
            if engine:
                self.addresses[engine.name] = f"{LOOPBACK}:{chosen[engine.name]}"

    def _wanted(self, engine: str) -> bool:
        if self.options.engines is not None:
            return engine in self.options.engines
        return any(
            known.has_database == (engine == "postgres") and not self._named(known)
            for known in map(service, self.options.services)
        )

    def _named(self, known: Service) -> bool:
        return bool(self.options.environment.get(known.store_setting))

    async def _start_engines(self) -> None:
        starts = []
        if self._postgres:
            starts.append(self._start_postgres(self._postgres))
        if self._neo4j:
            starts.append(self._start_neo4j(self._neo4j))
        await _all(starts)

    async def _start_postgres(self, engine: Postgres) -> None:
        step = "PostgreSQL"
        self._report.begin(step)
        await engine.start(self._processes)
        self.secrets["postgres"] = self._folder.secret("postgres")
        for known in map(service, self.options.services):
            if known.has_database and not self._named(known):
                password = self._folder.secret(known.database)
                url = await engine.server.ensure_database(known.database, password.read_text())
                self.secrets[known.database] = password
                self._stores[known.name] = Store.postgres(url, password)
        self._report.done(step, self.addresses[engine.name])

    async def _start_neo4j(self, engine: Neo4j) -> None:
        step = "Neo4j archives"
        self._report.begin(step)
        await engine.fetch(lambda there, total: self._report.progress(step, there, total))
        self._report.done(step)
        step = "Neo4j"
        self._report.begin(step)
        await engine.start(self._processes)
        self.secrets["neo4j"] = self._folder.secret("neo4j")
        store = Store.neo4j(engine.server.uri, NEO4J_USER, self.secrets["neo4j"])
        self._stores |= {name: store for name in self.options.services if not service(name).has_database}
        self._report.done(step, self.addresses[engine.name])

    async def _migrate(self, services: Iterable[Service]) -> None:
        step = "Schema migrations"
        self._report.begin(step)
        await _all(
            self._processes.run(
                self._command(self._replicas[known.name], f"{known.name}-migrate", "migrate"),
                MIGRATION_SECONDS,
            )
            for known in services
        )
        self._report.done(step)

    async def _start_services(self) -> None:
        self._commands = {name: self._command(each, name, "serve") for name, each in self._replicas.items()}

        async def start(name: str) -> None:
            self._report.begin(name)
            child = await self._processes.start(self._commands[name])
            await until_ready(self._replicas[name], child, READY_SECONDS)
            self._report.done(name, self._replicas[name].http or self._replicas[name].grpc)

        await _all(start(name) for name in self._replicas)

    def _command(self, replica: Replica, name: str, verb: str) -> Command:
        upstreams = {
            known.name: target([each for each in self._replicas.values() if each.service == known])
            for known in SERVICES
            if known.name in self.options.services
        }
        missing = set(replica.service.upstreams) - set(upstreams)
        if missing:
            raise LocalError(f"{replica.service.name} needs {', '.join(sorted(missing))} to run as well")
        store = self._stores.get(replica.service.name, Store({}))
        settings = settings_of(replica, store, upstreams, self.secrets)
        if self.options.blueprints and replica.service.name == "journey-graph":
            settings[replica.service.prefix + "BLUEPRINTS"] = ",".join(
                str(file) for file in blueprint_files(self.options.blueprints)
            )
        return Command(
            name=name,
            argv=[sys.executable, "-m", replica.service.module, verb],
            env={**self.options.environment, "PYTHONUNBUFFERED": "1", **settings},
            cwd=self._folder.root,
            log=self._folder.logs / f"{name}.log",
            rank=replica.service.rank,
            grace=15,  # a service lets calls in flight end for up to 10 s
            gives_way=replica.service.derives,
        )

    @property
    def _ports_file(self) -> Path:
        return self._folder.root / "ports.json"

    def _remembered_ports(self) -> dict[str, int]:
        try:
            return dict(json.loads(self._ports_file.read_text()))
        except (FileNotFoundError, ValueError):
            return {}

    def _write_state(self) -> None:
        pids = {name: self.process(name).pid for name in self.names()}
        secrets = {name: str(path) for name, path in self.secrets.items()}
        write_state(self._folder, State(os.getpid(), self.addresses, pids, secrets))


def blueprint_files(named: Iterable[Path]) -> list[Path]:
    """Each file as it is, and of each folder the files called `*blueprint.yaml`. Raises LocalError for what is not there."""
    found: list[Path] = []
    for path in named:
        files = sorted(path.glob("*blueprint.yaml")) if path.is_dir() else [path] if path.is_file() else []
        if not files:
            raise LocalError(f"{path}: there is no blueprint file")
        found += [file.absolute() for file in files]
    return found


async def _all(steps: Iterable[Coroutine[object, object, None]]) -> None:
    """Run steps side by side; the first failure cancels the others and is raised as it is, not in a group."""
    try:
        async with asyncio.TaskGroup() as group:
            for step in steps:
                group.create_task(step)
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None


def _port(address: str) -> int:
    return int(address.rsplit(":", 1)[1])
