"""The unprivileged account that PostgreSQL runs as where we are root (it refuses root)."""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from pathloom_local.errors import LocalError


@dataclass(frozen=True, slots=True)
class Account:
    """An existing account of this machine; none is ever created."""

    name: str
    uid: int
    gid: int

    def give(self, path: Path) -> None:
        """Make the account the owner of `path`."""
        os.chown(path, self.uid, self.gid)

    def blocked_at(self, path: Path) -> Path | None:
        """The first folder on the way to `path` that the account cannot pass, or None."""
        for folder in reversed(path.absolute().parents):
            if folder.exists() and not self._allowed(folder, stat.S_IXOTH):
                return folder
        return None

    def can_read(self, path: Path) -> bool:
        """Whether the account reaches and reads this file or folder."""
        return self.blocked_at(path) is None and self._allowed(path, stat.S_IROTH)

    def _allowed(self, path: Path, bit: int) -> bool:
        status = path.stat()
        if status.st_uid == self.uid:
            bit <<= 6
        elif status.st_gid == self.gid:
            bit <<= 3
        return bool(status.st_mode & bit)


def engine_account() -> Account | None:
    """None where we are not root; else `PATHLOOM_LOCAL_ACCOUNT`, else `postgres` if there is one, else `nobody`."""
    if os.geteuid() != 0:
        return None
    named = os.environ.get("PATHLOOM_LOCAL_ACCOUNT")
    for name in [named] if named else ["postgres", "nobody"]:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid == 0:
            break
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise LocalError(
        "PostgreSQL does not run as root and no unprivileged account was found; "
        "name one with PATHLOOM_LOCAL_ACCOUNT, or start pathloom as an ordinary user"
    )
