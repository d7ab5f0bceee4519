"""Keyed hashes: what remains of a message or a record when the person is erased."""

import hmac
from collections.abc import Sequence
from hashlib import blake2b

from pathloom_identity.domain.records import RecordKey, RecordKind


class KeyedHashes:
    """Hashes under one secret. With the secret an erased message or record is known again; without it, nothing."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 16:
            raise ValueError("the secret must have at least 16 bytes")
        # blake2b takes keys of at most 64 bytes.
        self._key = hmac.digest(secret, b"pathloom.identity", "sha512")

    def _hash(self, purpose: str, *parts: str) -> bytes:
        text = "\x1f".join((purpose, *parts)).encode("utf-8", "surrogatepass")
        return blake2b(text, key=self._key, digest_size=16).digest()

    def event(self, source_id: str, message_id: str) -> bytes:
        """The id of an event in the log."""
        return self._hash("event", source_id, message_id)

    def record(self, key: RecordKey) -> bytes:
        """What a tombstone holds of a record."""
        return self._hash("record", key.namespace, str(int(key.kind)), key.id)

    def household(self, kind: str, namespace: str, value: str) -> str:
        """The id of a household: nobody can find it by guessing the value."""
        return f"hou_{self._hash('household', kind, namespace, value).hex()}"

    def block(self, key: Sequence[str]) -> int:
        """A blocking key in the index: 8 bytes, because there are many. Two that are taken for one bring together pairs
        that are weighed in vain, no more."""
        text = "\x1f".join(("block", *key)).encode("utf-8", "surrogatepass")
        return int.from_bytes(blake2b(text, key=self._key, digest_size=8).digest(), signed=True)

    def quarantined(self, *parts: str) -> bytes:
        """Tells one refused event from another, so that sending it again keeps it once."""
        return self._hash("quarantine", *parts)

    def own_customer_id(self, key: RecordKey, generation: int) -> str:
        """The customer id of a record by itself. Not drawn by lot but derived, so that resolving the log again gives
        the same ids; `generation` counts erasures, so that whoever comes back afterwards is somebody new."""
        prefix = "con" if key.kind is RecordKind.CONTACT else "cus"
        digest = self._hash("customer", key.namespace, str(int(key.kind)), key.id, str(generation))
        return f"{prefix}_{digest.hex()}"
