"""Model files, read and written."""

from pathlib import Path

from pathloom_identity.domain.evidence.model import Model
from pathloom_identity.domain.evidence.model_file import BadModel, read_model, write_model
from pathloom_identity.models import general

from pathloom_local.errors import LocalError


class WrongModel(LocalError):
    """A model file cannot serve."""

    exit_code = 2


def open_model(path: Path | None) -> Model:
    """The model of the file, else the one that comes with the software. Raises WrongModel."""
    if path is None:
        return general()
    try:
        return read_model(read_text(path))
    except BadModel as error:
        raise WrongModel(f"{path}: {error}") from None


def read_text(path: Path) -> str:
    """What the file says, whatever it is. Raises WrongModel."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise WrongModel(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise WrongModel(f"{path}: {error}") from None


def save_model(model: Model, path: Path) -> None:
    """Raises WrongModel."""
    try:
        path.write_text(write_model(model), encoding="utf-8")
    except OSError as error:
        raise WrongModel(f"{path}: {error.strerror}") from None
