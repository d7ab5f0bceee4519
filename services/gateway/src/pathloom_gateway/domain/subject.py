"""Whom an event is about where it belongs to no customer: decided by its name, before any record is chosen.

SDKs insist on a user or anonymous id, so an employee's event comes with the agent's own. It is never a customer's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_ID = 256
EMPLOYEE, INCIDENT, SOURCE, CONTACT = "employee", "incident", "source", "contact"
_FAMILIES = {"employee": (EMPLOYEE, "agent_id"), "service": (INCIDENT, "incident_id")}


@dataclass(frozen=True, slots=True)
class Subject:
    """employee, incident, source (nobody is named) or contact (written down about a contact: no customer's ids count).
    `id` of an employee or an incident."""

    kind: str
    id: str = ""


class NoSubject(Exception):
    """`field` would have to say whom; `what` is wrong with it."""

    def __init__(self, field: str, what: str, *, missing: bool) -> None:
        super().__init__(field)
        self.field = field
        self.what = what
        self.missing = missing


@dataclass(frozen=True, slots=True)
class SubjectRule:
    """What the tracking plan says of one event. `of_contact`: what it says of a contact is the contact's."""

    kind: str
    property: str
    required: bool
    of_contact: bool

    def subject(
        self, properties: Mapping[str, Any], contact_id: str, user_id: str, anonymous_id: str
    ) -> Subject:
        """An employee: the agent id, else whoever is logged in where it was sent. NoSubject where nobody is named and
        the plan demands it."""
        if self.of_contact and contact_id:
            return Subject(CONTACT)
        said = properties.get(self.property)
        named = said.strip() if isinstance(said, str) else ""
        if len(named) > MAX_ID:
            raise NoSubject(
                f"properties.{self.property}", f"is longer than {MAX_ID} characters", missing=False
            )
        if self.kind == EMPLOYEE:
            named = named or user_id or anonymous_id
        if named:
            return Subject(self.kind, named)
        if self.required:
            raise NoSubject(
                f"properties.{self.property}", f"is missing: which {self.kind} it is about", missing=True
            )
        return Subject(SOURCE)


def subject_rules(schemas: Mapping[str, Mapping[str, Any]]) -> Mapping[str, SubjectRule]:
    """By event key, for the families that belong to no customer."""
    found = {}
    for key, schema in schemas.items():
        family = _FAMILIES.get(schema.get("x-family", ""))
        if family is not None:
            kind, name = family
            required = name in schema.get("required", ())
            found[key] = SubjectRule(kind, name, required, bool(schema.get("x-of-contact")))
    return found
