"""What a running platform writes about itself for `pathloom status` and the other commands; no secret in it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from pathloom_local.errors import NotRunning
from pathloom_local.folders import DataFolder


@dataclass(frozen=True, slots=True)
class State:
    """Addresses by name (`http`, `grpc`, each process), pids by process name, and the files that hold the secrets."""

    pid: int
    addresses: dict[str, str]
    processes: dict[str, int]
    secrets: dict[str, str]


def write_state(folder: DataFolder, state: State) -> None:
    """Write it whole or not at all."""
    draft = folder.state.with_suffix(".new")
    draft.write_text(json.dumps(asdict(state), indent=2) + "\n")
    draft.chmod(0o600)
    draft.replace(folder.state)


def read_state(root: Path) -> State:
    """What the last start on this folder wrote. Raises NotRunning where it has ended in good order or never began."""
    path = root.expanduser() / "state.json"
    try:
        return State(**json.loads(path.read_text()))
    except FileNotFoundError:
        raise NotRunning(f"nothing runs on the data folder {root}; start it with: pathloom up") from None
    except PermissionError:
        raise NotRunning(f"the data folder {root} belongs to someone else") from None
