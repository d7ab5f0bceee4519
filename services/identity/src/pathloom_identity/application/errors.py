"""What can go wrong, with the reasons the contract names."""

from typing import ClassVar

from pathloom_kit.errors import DomainError, Kind


class SourceNotFound(DomainError):
    kind = Kind.NOT_FOUND
    reason: ClassVar[str] = "SOURCE_NOT_FOUND"


class CustomerNotFound(DomainError):
    kind = Kind.NOT_FOUND
    reason: ClassVar[str] = "CUSTOMER_NOT_FOUND"


class CustomerErased(DomainError):
    kind = Kind.NOT_FOUND
    reason: ClassVar[str] = "CUSTOMER_ERASED"


class ContactNotFound(DomainError):
    kind = Kind.NOT_FOUND
    reason: ClassVar[str] = "CONTACT_NOT_FOUND"


class DecisionNotFound(DomainError):
    kind = Kind.NOT_FOUND
    reason: ClassVar[str] = "DECISION_NOT_FOUND"


class PinNotFound(DomainError):
    kind = Kind.NOT_FOUND
    reason: ClassVar[str] = "PIN_NOT_FOUND"


class ModelNotFound(DomainError):
    kind = Kind.NOT_FOUND
    reason: ClassVar[str] = "MODEL_NOT_FOUND"


class RecordNotFound(DomainError):
    kind = Kind.NOT_FOUND
    reason: ClassVar[str] = "RECORD_NOT_FOUND"


class EventNotFound(DomainError):
    kind = Kind.NOT_FOUND
    reason: ClassVar[str] = "EVENT_NOT_FOUND"
