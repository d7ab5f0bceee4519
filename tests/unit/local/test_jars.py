"""The archives: only the pinned bytes are ever used."""

import hashlib
from pathlib import Path

import pytest
from pathloom_local.engines import jars
from pathloom_local.engines.jars import Jar, ensure_jars, read_lock
from pathloom_local.errors import WrongFile


def jar_of(content: bytes, artifact: str = "thing") -> Jar:
    return Jar(hashlib.sha256(content).hexdigest(), len(content), "org.example", artifact, "1.0")


class Repository:
    """Stands in for the network: answers any coordinate with these bytes."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def remote(self, context: object, jar: Jar, staging: Path) -> Path:
        path = staging / jar.file_name
        path.write_bytes(self.content)
        return path


def test_the_committed_lock_pins_every_archive_and_names_no_host() -> None:
    pinned = read_lock()
    assert len(pinned) > 200
    assert len({jar.file_name for jar in pinned}) == len(pinned)
    assert all(len(jar.sha256) == 64 and jar.size > 0 for jar in pinned)
    assert any(jar.group == "org.neo4j" and jar.artifact == "neo4j" for jar in pinned)
    assert "://" not in jars.LOCK.read_text()


def test_a_cached_archive_that_differs_is_refused(tmp_path: Path) -> None:
    jar = jar_of(b"the real one")
    (tmp_path / jar.file_name).write_bytes(b"another one")
    with pytest.raises(WrongFile, match=r"org\.example:thing:1\.0"):
        ensure_jars([jar], tmp_path)
    assert (tmp_path / jar.file_name).read_bytes() == b"another one"  # evidence is not thrown away


def test_a_fetched_archive_that_differs_is_refused_and_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jar = jar_of(b"the real one")
    monkeypatch.setattr(jars, "_download", Repository(b"another one").remote)
    with pytest.raises(WrongFile):
        ensure_jars([jar], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_fetching_goes_on_where_it_stopped_and_tells_how_far_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, missing = jar_of(b"same bytes"), jar_of(b"same bytes", "other")
    (tmp_path / there.file_name).write_bytes(b"same bytes")
    monkeypatch.setattr(jars, "_download", Repository(b"same bytes").remote)
    told: list[tuple[int, int]] = []
    paths = ensure_jars([there, missing], tmp_path, lambda done, total: told.append((done, total)))
    assert told == [(10, 20), (20, 20)]
    assert [path.name for path in paths] == [there.file_name, missing.file_name]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in paths)
