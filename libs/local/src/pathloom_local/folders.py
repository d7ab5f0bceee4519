"""The one folder that holds everything a platform on this machine keeps, and its lock."""

import fcntl
import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pathloom_local.errors import FolderInUse, LocalError


def default_data_folder() -> Path:
    """`PATHLOOM_LOCAL_DATA`, else where this user's (or, for root, this machine's) data belongs."""
    if named := os.environ.get("PATHLOOM_LOCAL_DATA"):
        return Path(named)
    if os.geteuid() == 0:
        # Root's home is closed to the account that PostgreSQL has to run as.
        return Path("/var/lib/pathloom")
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "pathloom"


def default_cache_folder() -> Path:
    """Where fetched engines are kept for every data folder of this user."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "pathloom"


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Paths below one root. Everything in it belongs to its owner alone."""

    root: Path

    @classmethod
    def open(cls, root: Path) -> "DataFolder":
        """Create the folder where it is missing. As root it stays passable (not readable) for the engine's account."""
        root = root.expanduser().absolute()
        passable = 0o711 if os.geteuid() == 0 else 0o700
        try:
            root.mkdir(parents=True, exist_ok=True)
            root.chmod(passable)
            for private in (root / "secrets", root / "logs"):
                private.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise LocalError(f"the data folder {root} cannot be used: {error.strerror}") from error
        return cls(root)

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def state(self) -> Path:
        return self.root / "state.json"

    def secret(self, name: str) -> Path:
        """The file of a random secret (256 bits in hex: never read as an option), made at the first call, readable by its owner only."""
        path = self.root / "secrets" / name
        if not path.exists():
            # Written beside and linked into place, so that a crash never leaves half a secret.
            draft = path.with_name(f".{name}.{os.getpid()}")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(secrets.token_hex(32))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        return path

    def lock(self, wait: float = 30, say: Callable[[str], None] = lambda text: None) -> int:
        """Take the folder for this start and answer the lock's file descriptor; it is held until that is closed.

        The supervisor inherits the descriptor, so the folder stays taken until the last child is gone. Where the
        holder named in the lock is dead and only its supervisor still tidies up, waits up to `wait` seconds.
        Raises FolderInUse.
        """
        descriptor = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + wait
        told = False
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                holder = os.pread(descriptor, 32, 0).decode().strip()
                if _alive(holder) or time.monotonic() > deadline:
                    os.close(descriptor)
                    raise FolderInUse(
                        f"the data folder {self.root} is in use by process {holder or 'unknown'}; "
                        "stop that one first, or choose another folder with --data"
                    ) from None
                if not told:
                    say("waiting for the processes of a start that was killed to end")
                    told = True
                time.sleep(0.2)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        return descriptor


def _alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True
