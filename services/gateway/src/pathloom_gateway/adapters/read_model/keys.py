"""Names of records in the read model's tables, and the hashes that outlive them."""

import hashlib
import hmac

from pathloom.identity.v1.events_pb2 import RecordKey, RecordKind

_KINDS = {
    RecordKind.RECORD_KIND_USER: "user",
    RecordKind.RECORD_KIND_ANONYMOUS: "anonymous",
    RecordKind.RECORD_KIND_CONTACT: "contact",
}


def record_key(key: RecordKey) -> str:
    """namespace|kind|id."""
    return f"{key.namespace}|{_KINDS.get(key.kind, '')}|{key.id}"


def contact_key(namespace: str, contact_id: str) -> str:
    """The key of a contact's record."""
    return f"{namespace}|contact|{contact_id}"


def contact_of(key: str) -> tuple[str, str]:
    """Namespace and contact id of a contact's key (a namespace holds no bar, see Source)."""
    namespace, _, rest = key.partition("|")
    return namespace, rest.partition("|")[2]


def forgotten_hash(secret: bytes, key: str) -> bytes:
    """What stays of an erased record's key: nothing that can be turned back without the secret."""
    return hmac.new(secret, key.encode(), hashlib.sha256).digest()
