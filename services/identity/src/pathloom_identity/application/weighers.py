"""The weigher of the model in force, as one process has it."""

from collections.abc import Awaitable, Callable

from pathloom_kit.errors import Unavailable

from pathloom_identity.domain.evidence.crowds import WHOLE
from pathloom_identity.domain.evidence.model_file import BadModel
from pathloom_identity.domain.evidence.serving import serving_model
from pathloom_identity.domain.evidence.weigher import Weigher


class ModelUnreadable(Unavailable):
    """A newer replica put a model in force that this version cannot read: what it would resolve waits for the upgrade."""


class Weighers:
    """Made anew whenever another model is in force."""

    def __init__(self, whole: int = WHOLE) -> None:
        self._whole = whole
        self._digest = ""
        self._weigher: Weigher | None = None

    async def of(self, digest: str, read: Callable[[str], Awaitable[str]]) -> Weigher:
        """Of the model with this digest, whose text `read` gives. ModelUnreadable."""
        if self._weigher is None or digest != self._digest:
            try:
                made = Weigher(serving_model(await read(digest)), whole=self._whole)
            except BadModel as error:
                raise ModelUnreadable(f"the model in force: {error}", retry_after_s=5.0) from None
            self._weigher, self._digest = made, digest
        return self._weigher
