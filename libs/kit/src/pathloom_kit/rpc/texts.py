"""Text that every store can hold: PostgreSQL keeps no NUL, so a request that says one is the caller's to mend."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from pathloom_kit.errors import InvalidArgument

PROBLEM = "holds a NUL character"


def check_texts(message: Message) -> None:
    """InvalidArgument that names each field whose text holds a NUL, in a nested message too; a map's key is left out
    of the path, as it may be anything."""
    fields = dict.fromkeys(_with_nul(message, ""), PROBLEM)
    if fields:
        raise InvalidArgument(f"{', '.join(list(fields)[:10])}: {PROBLEM}", fields=fields)


def _with_nul(message: Message, path: str) -> Iterator[str]:
    for field, value in message.ListFields():
        at = f"{path}{field.name}"
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            yield from _in_map(value, f"{at}[]")
        elif field.type not in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_MESSAGE):
            continue
        elif field.is_repeated:
            for index, item in enumerate(value):
                yield from _in_one(item, f"{at}[{index}]")
        else:
            yield from _in_one(value, at)


def _in_map(entries: Any, at: str) -> Iterator[str]:
    for key, value in entries.items():
        yield from _in_one(key, at)
        yield from _in_one(value, at)


def _in_one(value: Any, at: str) -> Iterator[str]:
    if isinstance(value, str):
        if "\0" in value:
            yield at
    elif isinstance(value, Message):
        yield from _with_nul(value, f"{at}.")
