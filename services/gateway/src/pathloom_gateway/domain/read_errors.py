"""What can be wrong with a read."""

from pathloom_kit.errors import DomainError, Kind


class CustomerNotFound(DomainError):
    """No customer ever had this id."""

    kind = Kind.NOT_FOUND
    reason = "CUSTOMER_NOT_FOUND"


class CustomerErased(DomainError):
    """The customer was erased."""

    kind = Kind.NOT_FOUND
    reason = "CUSTOMER_ERASED"


class JourneyNotFound(DomainError):
    """No journey of this id."""

    kind = Kind.NOT_FOUND
    reason = "JOURNEY_NOT_FOUND"


class ContactNotFound(DomainError):
    """No contact of this id has been seen."""

    kind = Kind.NOT_FOUND
    reason = "CONTACT_NOT_FOUND"
