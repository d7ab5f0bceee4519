"""What a record says, as a store keeps it."""

from collections.abc import Mapping
from typing import Protocol

from pathloom_identity.domain.evidence.attributes import Attribute


class Kept(Protocol):
    """One record's. Of those whom a block brings together nearly all are strangers, which the bare texts tell."""

    @property
    def texts(self) -> Mapping[str, str]:
        """By the name of the attribute."""
        ...

    @property
    def said(self) -> tuple[tuple[Attribute, str], ...]:
        """With all that is to be known of the attributes."""
        ...
