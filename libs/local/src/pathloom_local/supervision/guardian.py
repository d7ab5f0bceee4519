"""The supervisor process: the parent of every child, and the one who ends them.

Run as `python -m pathloom_local.supervision.guardian`, with the control socket as standard input. Commands come in
and reports go out as JSON lines. When the socket reaches its end, because its owner closed it or was killed, all
children are stopped, the highest rank first, and the supervisor ends.

One thread, the standard library only: it has to start fast, stay small, and fork without other threads about
(a parent-death signal follows the forking *thread*).

Commands: {"do": "start", "id", "name", "argv", "env", "cwd", "log", "stop_signal", "grace", "rank",
"uid", "gid"} and
{"do": "signal", "id", "name", "signal"}. Reports: {"re": id, "pid"} or {"re": id, "error"}; {"ended": name, "pid", "code"}.
"""

import ctypes
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

PR_SET_PDEATHSIG = 1
GIVES_WAY = 5  # niceness: where both want the same core, a third of the share of what does not


@dataclass(slots=True)
class Child:
    """A process that this supervisor started, and how to stop it."""

    name: str
    process: subprocess.Popen[bytes]
    stop_signal: int
    grace: float
    rank: int


class Guardian:
    """Starts, signals and reaps children at the word of the control socket."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._children: dict[str, Child] = {}
        self._received = b""
        self._finished = False

    def run(self) -> None:
        """Serve until the control socket ends or SIGTERM comes; then stop every child."""
        wake_reader, wake_writer = socket.socketpair()
        wake_writer.setblocking(False)
        wake_reader.setblocking(False)
        signal.set_wakeup_fd(wake_writer.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._finish)
        # Ctrl-C and a closed terminal are for the owner to answer; its end of the socket tells us.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with selectors.DefaultSelector() as selector:
            selector.register(self._control, selectors.EVENT_READ, self._read_commands)
            selector.register(wake_reader, selectors.EVENT_READ, lambda: wake_reader.recv(4096))
            while not self._finished:
                for key, _ in selector.select():
                    key.data()
                self._reap()
        self._stop_all()

    def _finish(self, *_: object) -> None:
        self._finished = True

    def _read_commands(self) -> None:
        try:
            data = self._control.recv(1 << 20)
        except ConnectionResetError:
            data = b""
        if not data:
            self._finished = True
            return
        *lines, self._received = (self._received + data).split(b"\n")
        for line in lines:
            command = json.loads(line)
            try:
                pid = self._start(command) if command["do"] == "start" else self._signal(command)
                self._report({"re": command["id"], "pid": pid})
            except (OSError, LookupError, subprocess.SubprocessError) as error:
                self._report({"re": command["id"], "error": str(error)})

    def _start(self, command: dict[str, Any]) -> int:
        name = command["name"]
        if name in self._children:
            raise LookupError(f"{name} is already running")
        with open(os.open(command["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as log:
            process = subprocess.Popen(  # noqa: S603 - the launcher's own commands
                command["argv"],
                env=command["env"],
                cwd=command["cwd"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=0o077,
                user=command["uid"],
                group=command["gid"],
                extra_groups=None if command["uid"] is None else [],
                # Runs after the change of user, which would have cleared the signal again.
                preexec_fn=_die_with_parent(command["stop_signal"], os.getpid()),
            )
        if command["gives_way"]:
            # Its threads are yet to come, and inherit it.
            os.setpriority(os.PRIO_PROCESS, process.pid, GIVES_WAY)
        stopping = command["stop_signal"], command["grace"], command["rank"]
        self._children[name] = Child(name, process, *stopping)
        return process.pid

    def _signal(self, command: dict[str, Any]) -> int:
        child = self._children.get(command["name"])
        if child is None or child.process.poll() is not None:
            raise LookupError(f"{command['name']} is not running")
        child.process.send_signal(command["signal"])
        return child.process.pid

    def _reap(self) -> None:
        for name, child in list(self._children.items()):
            if (code := child.process.poll()) is not None:
                del self._children[name]
                self._report({"ended": name, "pid": child.process.pid, "code": code})

    def _report(self, report: dict[str, Any]) -> None:
        try:
            self._control.sendall(json.dumps(report).encode() + b"\n")
        except (BrokenPipeError, ConnectionResetError):
            self._finished = True

    def _stop_all(self) -> None:
        for child in sorted(self._children.values(), key=lambda child: child.rank, reverse=True):
            if child.process.poll() is None:
                child.process.send_signal(child.stop_signal)
                try:
                    child.process.wait(child.grace)
                except subprocess.TimeoutExpired:
                    child.process.kill()
                    child.process.wait()
        self._reap()


def _die_with_parent(number: int, parent: int) -> Callable[[], None] | None:
    """What the child calls before it becomes its program: should even the supervisor be killed, it gets this signal."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def prepare() -> None:
        prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return prepare


def main() -> None:
    control = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    Guardian(control).run()


if __name__ == "__main__":
    main()
