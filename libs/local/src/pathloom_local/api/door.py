"""Which platform a command speaks to, and with which key."""

from dataclasses import dataclass
from pathlib import Path

from pathloom_local.errors import LocalError
from pathloom_local.state import read_state


@dataclass(frozen=True, slots=True)
class Where:
    """The platform's URL and a key's text."""

    url: str
    key: str


def where(data: Path, url: str | None, key_file: Path | None) -> Where:
    """`url` and `key_file` as given, else of what runs on the data folder. Raises NotRunning, LocalError."""
    if url and not key_file:
        raise LocalError(
            "--url needs --key-file: the key of the platform on this machine is not for another one"
        )
    if url and key_file:
        return Where(url.rstrip("/"), read_key(key_file))
    state = read_state(data)
    http = state.addresses.get("http")
    if not http:
        raise LocalError(f"the gateway does not run on the data folder {data}")
    return Where(f"http://{http}", read_key(key_file or Path(state.secrets["admin_key"])))


def read_key(path: Path) -> str:
    """The key in a file. Raises LocalError."""
    try:
        key = path.expanduser().read_text().strip()
    except OSError as error:
        raise LocalError(f"the key file {path}: {error.strerror}") from None
    if not key:
        raise LocalError(f"the key file {path} is empty")
    return key
