"""The owner's side of the supervisor: start, signal, await and stop named child processes."""

import asyncio
import json
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from pathloom_local.account import Account
from pathloom_local.errors import LocalError, StepFailed


@dataclass(frozen=True, slots=True)
class Command:
    """A program to run under a name. `env` is the whole environment; it holds names of secret files, never secrets."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    log: Path
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 10.0
    """Seconds from `stop_signal` until SIGKILL."""
    rank: int = 0
    """At the end the highest rank is stopped first: who uses others has a higher one than they."""
    account: Account | None = None
    gives_way: bool = False
    """Where cores are scarce, to what does not: somebody waits for that."""


@dataclass(slots=True)
class Child:
    """A running (or ended) process. `code` is its exit code, negative for a signal, None while it runs."""

    command: Command
    pid: int
    born: float
    """Creation time as the system tells it: with the pid it names the process beyond reuse."""
    code: int | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def running(self) -> bool:
        return self.code is None


class Processes:
    """Children by name, all of them children of one supervisor that ends them when this process ends, however."""

    def __init__(self, supervisor: subprocess.Popen[bytes], control: socket.socket) -> None:
        self._supervisor = supervisor
        self._control = control
        self._children: dict[str, Child] = {}
        self._answers: dict[int, asyncio.Future[int]] = {}
        self._early: dict[int, int] = {}
        self._next = 0

    @classmethod
    @asynccontextmanager
    async def open(cls, held: Sequence[int] = ()) -> AsyncIterator["Processes"]:
        """Start the supervisor; at the end stop all children, the highest rank first, and await the supervisor's end.

        `held` are file descriptors that stay open until the last child is gone (the data folder's lock).
        """
        ours, theirs = socket.socketpair()
        supervisor = _supervise(theirs, held)
        theirs.close()
        ours.setblocking(False)
        processes = cls(supervisor, ours)
        listener = asyncio.create_task(processes._listen())
        try:
            yield processes
        finally:
            # Half a close: the supervisor sees the end, and we still hear which children ended.
            ours.shutdown(socket.SHUT_WR)
            await asyncio.to_thread(supervisor.wait)
            await listener
            ours.close()

    def child(self, name: str) -> Child:
        """The child of this name, running or ended. Raises LocalError for a name never started."""
        try:
            return self._children[name]
        except KeyError:
            raise LocalError(
                f"no process is called {name!r}; there are {', '.join(self._children)}"
            ) from None

    def all(self) -> list[Child]:
        """Every child, in the order of the first start of its name."""
        return list(self._children.values())

    async def start(self, command: Command) -> Child:
        """Start a child in a session of its own. Raises StepFailed where the program cannot be run."""
        try:
            pid = await self._ask(
                do="start",
                name=command.name,
                argv=list(command.argv),
                env=dict(command.env),
                cwd=str(command.cwd),
                log=str(command.log),
                stop_signal=int(command.stop_signal),
                grace=command.grace,
                rank=command.rank,
                uid=command.account.uid if command.account else None,
                gid=command.account.gid if command.account else None,
                gives_way=command.gives_way,
            )
        except LocalError as error:
            raise StepFailed(f"{command.name} could not be started: {error}") from error
        try:
            born = psutil.Process(pid).create_time()
        except psutil.NoSuchProcess:
            born = 0.0
        child = Child(command, pid, born)
        self._children[command.name] = child
        if pid in self._early:
            self._mark_ended(child, self._early.pop(pid))
        return child

    async def run(self, command: Command, seconds: float) -> None:
        """Run a program to its end. Raises StepFailed where it fails or outlasts `seconds`."""
        child = await self.start(command)
        try:
            await asyncio.wait_for(child.ended.wait(), seconds)
        except TimeoutError:
            await self.kill(command.name)
            raise StepFailed(f"{command.name} did not end within {seconds:.0f} s", command.log) from None
        if child.code:
            raise StepFailed(f"{command.name} failed ({describe_code(child.code)})", command.log)

    async def kill(self, name: str) -> None:
        """SIGKILL the child and every process below it at once, as a lost machine would; return when they are gone."""
        child = self.child(name)
        family = _family(child)
        for process in family:
            _kill(process)
        if child.running:
            await child.ended.wait()
        # Grandchildren are not ours to wait for: nothing tells of their end.
        while any(_lives(process) for process in family):  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    async def stop(self, name: str) -> None:
        """Ask the child to end; SIGKILL it when its grace is over. Returns when it has ended."""
        child = self.child(name)
        if not child.running:
            return
        await self._ask(do="signal", name=name, signal=int(child.command.stop_signal))
        try:
            await asyncio.wait_for(child.ended.wait(), child.command.grace)
        except TimeoutError:
            await self.kill(name)

    async def _ask(self, **command: Any) -> int:
        self._next += 1
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._answers[self._next] = answer
        line = json.dumps({"id": self._next, **command}).encode() + b"\n"
        try:
            await asyncio.get_running_loop().sock_sendall(self._control, line)
        except OSError as error:
            raise LocalError("the supervisor of the child processes is gone") from error
        return await answer

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        received = b""
        while True:
            try:
                data = await loop.sock_recv(self._control, 1 << 16)
            except ConnectionResetError:
                data = b""
            if not data:
                break
            *lines, received = (received + data).split(b"\n")
            for line in lines:
                self._hear(json.loads(line))
        self._supervisor_gone()

    def _hear(self, report: dict[str, Any]) -> None:
        if "re" in report:
            answer = self._answers.pop(report["re"])
            if answer.cancelled():
                return
            if "error" in report:
                answer.set_exception(LocalError(report["error"]))
            else:
                answer.set_result(report["pid"])
            return
        child = self._children.get(report["ended"])
        if child is not None and child.pid == report["pid"]:
            self._mark_ended(child, report["code"])
        else:
            # It ended before the caller of start() took up the answer.
            self._early[report["pid"]] = report["code"]

    def _supervisor_gone(self) -> None:
        # The regular end, or someone killed the supervisor: then nothing else would end what is left.
        for child in self._children.values():
            if child.running:
                for process in _family(child):
                    _kill(process)
                self._mark_ended(child, -signal.SIGKILL)
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(LocalError("the supervisor of the child processes is gone"))
        self._answers.clear()

    @staticmethod
    def _mark_ended(child: Child, code: int) -> None:
        child.code = code
        child.ended.set()


def _supervise(control: socket.socket, held: Sequence[int]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "pathloom_local.supervision.guardian"],
        stdin=control.fileno(),
        stdout=subprocess.DEVNULL,
        pass_fds=held,
        start_new_session=True,  # a Ctrl-C at the terminal is for its owner
    )


def describe_code(code: int) -> str:
    """An exit code in words."""
    return f"ended by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _family(child: Child) -> list[psutil.Process]:
    try:
        process = psutil.Process(child.pid)
        if not child.running or process.create_time() != child.born:
            return []
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return
