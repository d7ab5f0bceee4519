"""The folder, its secrets and its lock."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from pathloom_local.account import Account
from pathloom_local.errors import FolderInUse
from pathloom_local.folders import DataFolder


def test_secrets_are_random_kept_and_for_the_owner_alone(tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path / "data")
    path = folder.secret("one")
    first = path.read_text()
    assert len(first) >= 43
    assert folder.secret("one").read_text() == first
    assert folder.secret("two").read_text() != first
    # one with a dash in front is an option to the program that is handed it
    assert all(folder.secret(f"many-{n}").read_text().isalnum() for n in range(200))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_second_start_is_refused_and_told_who_holds_the_folder(tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path)
    held = folder.lock()
    with pytest.raises(FolderInUse, match=str(os.getpid())):
        DataFolder.open(tmp_path).lock(wait=0)
    os.close(held)
    os.close(folder.lock(wait=0))


def test_a_lock_whose_holder_died_is_waited_for(tmp_path: Path) -> None:
    # The holder named in the lock is dead; its supervisor (here: a child with the inherited lock) still tidies up.
    script = (
        "import subprocess, sys; from pathlib import Path; from pathloom_local.folders import DataFolder\n"
        "lock = DataFolder.open(Path(sys.argv[1])).lock()\n"
        "subprocess.Popen(['sleep', '0.5'], pass_fds=[lock])\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True)
    told: list[str] = []
    os.close(DataFolder.open(tmp_path).lock(wait=30, say=told.append))
    assert len(told) == 1


def test_the_account_is_told_where_it_cannot_pass(tmp_path: Path) -> None:
    nobody = Account("stranger", uid=2_000_000_000, gid=2_000_000_000)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "file").touch()
    assert nobody.blocked_at(closed / "file") is not None
    owner = Account("me", uid=closed.stat().st_uid, gid=closed.stat().st_gid)
    assert owner.blocked_at(closed / "file") is None
