"""Rewrite the lock of Neo4j's archives: `python -m pathloom_local.engines.relock`, for whoever changes the version.

Resolves everything anew into a private folder; compare the outcome with `git diff` before committing it.
"""

import hashlib
import tempfile
from pathlib import Path

from jgo.config import GlobalSettings
from jgo.constants import MAVEN_CENTRAL_URL
from jgo.env import EnvironmentBuilder
from jgo.maven import MavenContext

from pathloom_local.engines.jars import LOCK, NEO4J_VERSION


def main() -> None:
    """Resolve and fetch, then write one line per archive, sorted."""
    with tempfile.TemporaryDirectory() as folder:
        repository = Path(folder) / "repository"
        remote = {"central": MAVEN_CENTRAL_URL, **GlobalSettings.load().repositories}
        context = MavenContext(repo_cache=repository, local_repos=[], remote_repos=remote, timeout=60)
        builder = EnvironmentBuilder(context=context, cache_dir=Path(folder) / "environments")
        builder.from_endpoint(f"org.neo4j:neo4j:{NEO4J_VERSION}")
        lines = [_line(repository, jar) for jar in repository.rglob("*.jar")]
    lines.sort(key=lambda line: line.split()[2])
    head = f"# The archives of org.neo4j:neo4j:{NEO4J_VERSION}. Made by `python -m pathloom_local.engines.relock`."
    LOCK.write_text("\n".join([head, *lines]) + "\n")


def _line(repository: Path, jar: Path) -> str:
    *group, artifact, version, name = jar.relative_to(repository).parts
    classifier = name.removeprefix(f"{artifact}-{version}").removesuffix(".jar").replace("-", ":", 1)
    digest = hashlib.sha256(jar.read_bytes()).hexdigest()
    return f"{digest} {jar.stat().st_size} {'.'.join(group)}:{artifact}:{version}{classifier}"


if __name__ == "__main__":
    main()
