"""Folded items as bytes on their node, and the prints by which journeys are known to be the same."""

import hashlib
from importlib import resources

import msgspec

from pathloom_journey_graph.application.ports import Change
from pathloom_journey_graph.domain.values import Item

_CODE = {
    "domain": ("contact", "fold", "legs", "names", "placing", "said", "values"),
    "adapters": ("folds", "journeys_proto"),
}
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Item).decode


def folding(blueprints: str) -> str:
    """Names what folds items here: the code that does it, and (`blueprints`, a digest) the rules that it watches for. What
    another folding has made is not taken for ours."""
    code = hashlib.blake2b(blueprints.encode(), digest_size=12)
    for layer, modules in _CODE.items():
        for module in modules:
            code.update((resources.files(f"pathloom_journey_graph.{layer}") / f"{module}.py").read_bytes())
    return code.hexdigest()


def pack_item(item: Item | None) -> bytes | None:
    """None stays None."""
    return None if item is None else _encode(item)


def unpack_item(packed: bytes | None, folded_by: str | None, folding: str) -> Item | None:
    """As it was packed; None where there is none, or where another folding made it."""
    return _decode(packed) if packed is not None and folded_by == folding else None


def print_of(change: Change, folding: str) -> bytes:
    """Equal for changes that give the same entry of the feed: whoever compares need not make the entry."""
    return hashlib.blake2b(_encode(change), digest_size=16, key=folding.encode()).digest()
