"""How a start tells what it is doing, without knowing who listens."""

from typing import Protocol


class Reporter(Protocol):
    """Steps begin, may progress, and are done; a step that fails is told by the exception."""

    def begin(self, step: str) -> None:
        """A step starts."""

    def progress(self, step: str, there: int, total: int) -> None:
        """`there` of `total` bytes are there."""

    def tell(self, step: str, detail: str) -> None:
        """Where a step stands, in words."""

    def done(self, step: str, detail: str = "") -> None:
        """A step has succeeded."""

    def note(self, text: str) -> None:
        """Something worth a line that is no step."""


class Silent:
    """Tells nobody: for tests and benchmarks."""

    def begin(self, step: str) -> None: ...

    def progress(self, step: str, there: int, total: int) -> None: ...

    def tell(self, step: str, detail: str) -> None: ...

    def done(self, step: str, detail: str = "") -> None: ...

    def note(self, text: str) -> None: ...
