"""The Java archives of Neo4j: fetched once by coordinates, pinned by SHA-256, refused where they differ.

The committed lock `neo4j-<version>.lock` has one line per archive, `<sha256> <bytes> <group>:<artifact>:<version>[:<classifier>]`,
and names no host: where to fetch from is jgo's configuration (its default, or a mirror under `[repositories]`).
"""

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import requests
from jgo.config import GlobalSettings
from jgo.constants import MAVEN_CENTRAL_URL
from jgo.maven import MavenContext

from pathloom_local.errors import StepFailed, WrongFile

NEO4J_VERSION = "5.26.30"
LOCK = Path(__file__).with_name(f"neo4j-{NEO4J_VERSION}.lock")
FETCHERS = 8
ATTEMPTS = 3

Progress = Callable[[int, int], None]
"""Called with (bytes there, bytes in all)."""


@dataclass(frozen=True, slots=True)
class Jar:
    """One pinned archive."""

    sha256: str
    size: int
    group: str
    artifact: str
    version: str
    classifier: str = ""

    @property
    def file_name(self) -> str:
        # With the group, since two groups may use one artifact name.
        suffix = f"-{self.classifier}" if self.classifier else ""
        return f"{self.group}.{self.artifact}-{self.version}{suffix}.jar"

    def __str__(self) -> str:
        parts = [self.group, self.artifact, self.version, self.classifier]
        return ":".join(part for part in parts if part)


def read_lock(path: Path = LOCK) -> list[Jar]:
    """The pinned archives, in the order of the file (which is the order of the class path)."""
    jars = []
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            digest, size, coordinate = line.split()
            jars.append(Jar(digest, int(size), *coordinate.split(":")))
    return jars


def ensure_jars(
    jars: Sequence[Jar], cache: Path, progress: Progress = lambda there, total: None
) -> list[Path]:
    """The files of all `jars`, each proven to be the pinned one; missing ones are fetched into `cache` first.

    Raises WrongFile for a cached or fetched file that differs, StepFailed where one cannot be fetched. A file gets its
    name in the cache only once it is whole and proven, so an interrupted fetch goes on where it stopped.
    """
    cache.mkdir(parents=True, exist_ok=True)
    missing = []
    for jar in jars:
        path = cache / jar.file_name
        if not path.exists():
            missing.append(jar)
        elif _digest(path) != jar.sha256:
            raise WrongFile(
                f"{path} is not the pinned {jar} (SHA-256 differs). It may be damaged or tampered with; "
                "delete it to have it fetched again"
            )
    total = sum(jar.size for jar in jars)
    there = total - sum(jar.size for jar in missing)
    progress(there, total)
    if missing:
        with tempfile.TemporaryDirectory(prefix="fetch-", dir=cache) as staging:
            context = _context(Path(staging))
            with ThreadPoolExecutor(FETCHERS) as pool:
                fetches = {pool.submit(_fetch, context, jar, cache): jar for jar in missing}
                try:
                    for done in as_completed(fetches):
                        done.result()
                        there += fetches[done].size
                        progress(there, total)
                except BaseException:
                    pool.shutdown(wait=True, cancel_futures=True)
                    raise
    return [cache / jar.file_name for jar in jars]


def _context(staging: Path) -> MavenContext:
    repositories = {"central": MAVEN_CENTRAL_URL, **GlobalSettings.load().repositories}
    return MavenContext(repo_cache=staging, local_repos=[], remote_repos=repositories, timeout=60)


def _fetch(context: MavenContext, jar: Jar, cache: Path) -> None:
    fetched = _download(context, jar, context.repo_cache)
    if _digest(fetched) != jar.sha256:
        raise WrongFile(
            f"the {jar} that was fetched is not the pinned one (SHA-256 differs); nothing was started"
        )
    # The staging folder is inside the cache, hence on its file system: the name appears with the whole content.
    fetched.replace(cache / jar.file_name)


def _download(context: MavenContext, jar: Jar, staging: Path) -> Path:
    artifact = (
        context.project(jar.group, jar.artifact).at_version(jar.version).artifact(classifier=jar.classifier)
    )
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return Path(artifact.resolve())
        except (requests.RequestException, RuntimeError, ValueError) as error:
            # jgo writes to the final name at once: what is left there is half a file.
            if artifact.cached_path is not None:
                artifact.cached_path.unlink(missing_ok=True)
            if attempt == ATTEMPTS:
                raise StepFailed(f"{jar} could not be fetched into {staging}: {error}") from error
    raise AssertionError("unreachable: the last attempt returns or raises")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
