"""Which of several workers runs what: tests that share a server go to one of them, so that each server is started once."""

from xdist.scheduler import LoadScopeScheduling

# The first that fits. What fits none is shared out file by file.
TOGETHER = {
    "tests/e2e/test_demo.py": "a platform of its own",
    "tests/browser/": "the session's platform",
    "tests/contract/": "the session's platform",
    "tests/e2e/": "the session's platform",
    "tests/laws/": "the session's platform",
    "tests/integration/journey_graph/": "the session's Neo4j",
    "tests/integration/": "the session's PostgreSQL",
}


class ByServer(LoadScopeScheduling):  # type: ignore[misc]  # it ships no types
    """What shares a server is one piece of work."""

    def _split_scope(self, nodeid: str) -> str:
        return next(
            (name for path, name in TOGETHER.items() if nodeid.startswith(path)), nodeid.split("::")[0]
        )
