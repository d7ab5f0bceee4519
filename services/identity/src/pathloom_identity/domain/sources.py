"""Where events come from and what their fields mean."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pathloom_identity.domain.records import Trust

#: Fields that are identifiers in everybody's data; a source's own rule for the same field goes first.
DEFAULT_FIELDS: Mapping[str, str] = {"email": "email", "phone": "phone"}
DEFAULT_PRIORITY = 100


@dataclass(frozen=True, slots=True)
class IdentifierRule:
    """One identifier that a source sends. See IdentifierRule in the contract."""

    field: str
    type: str
    joins: bool = False
    priority: int = DEFAULT_PRIORITY
    limit: int = 0
    namespaced: bool = False


@dataclass(frozen=True, slots=True)
class AttributeRule:
    """One trait that is evidence of who somebody is. See AttributeRule in the contract."""

    field: str
    attribute: str
    kind: str = ""
    immutable: bool = False
    date_order: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A source's declaration. See Source in the contract."""

    source_id: str
    name: str
    namespace: str
    trust: Trust
    user_id_type: str = ""
    identifiers: tuple[IdentifierRule, ...] = ()
    default_channel: str = ""
    test: bool = False
    region: str = ""
    attributes: tuple[AttributeRule, ...] = ()

    def user_scope(self) -> str:
        """The namespace of its user ids as identifiers. A type declared by name (student_id) means the same
        everywhere unless one of the source's rules says that it is namespaced."""
        if not self.user_id_type:
            return self.namespace
        mine = [rule for rule in self.identifiers if rule.type == self.user_id_type]
        return self.namespace if any(rule.namespaced for rule in mine) else ""


#: What the platform itself records (an agent's choice of the caller …) comes from this source.
PLATFORM = Source(
    source_id="pathloom", name="Pathloom itself", namespace="pathloom", trust=Trust.AUTHORITATIVE
)


@dataclass(frozen=True, slots=True)
class TypePolicy:
    """What all sources together say about one identifier type: the strictest of each."""

    priority: int = DEFAULT_PRIORITY
    limit: int = 0


def policies(sources: Iterable[Source]) -> dict[str, TypePolicy]:
    """The policy of each declared type. A type nobody declares has none: priority 100, no limit."""
    found: dict[str, TypePolicy] = {}
    for source in sources:
        for rule in source.identifiers:
            known = found.get(rule.type)
            limits = [n for n in (rule.limit, known.limit if known else 0) if n]
            priority = min(rule.priority, known.priority) if known else rule.priority
            found[rule.type] = TypePolicy(priority, min(limits, default=0))
    return found
