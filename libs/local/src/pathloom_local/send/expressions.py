"""What a mapping file says about one value: a constant, a template over columns, a translation, a list or an object."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pathloom_local.errors import LocalError

Row = Mapping[str, Any]
ROW, HASH = "#row", "#hash"
"""Names that every row has: its number in the file (from 1), and a hash of its content."""

_REFERENCE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")
_TRUE = frozenset({"true", "yes", "y", "1", "t"})
_FALSE = frozenset({"false", "no", "n", "0", "f"})


class BadMapping(LocalError):
    """The mapping file is wrong; the text names the place in it."""

    exit_code = 2


class BadValue(Exception):
    """A value of this row cannot be made; the text names the column, never its content."""


@dataclass(frozen=True, slots=True)
class Template:
    """Text with `{column}` in it. `{{` and `}}` stand for the braces themselves."""

    parts: tuple[str | tuple[str], ...]
    """Text as it is, and (name,) for a reference."""

    def names(self) -> Iterator[str]:
        """The columns and paths it refers to."""
        for part in self.parts:
            if isinstance(part, tuple) and not part[0].startswith("#"):
                yield part[0]

    def value(self, row: Row) -> Any:
        """A lone reference gives the value as it is; else text, or None where every reference is empty."""
        if len(self.parts) == 1 and isinstance(self.parts[0], tuple):
            return found(row, self.parts[0][0])
        filled = [part if isinstance(part, str) else found(row, part[0]) for part in self.parts]
        references = [
            value for value, part in zip(filled, self.parts, strict=True) if isinstance(part, tuple)
        ]
        if references and all(value is None for value in references):
            return None
        return "".join("" if value is None else _text(value) for value in filled)


@dataclass(frozen=True, slots=True)
class Constant:
    """The same for every row."""

    constant: Any

    def names(self) -> Iterator[str]:
        """None."""
        return iter(())

    def value(self, row: Row) -> Any:
        """It."""
        return self.constant


@dataclass(frozen=True, slots=True)
class Translated:
    """`from` a template, through `values` (else `otherwise`, else as it is), `as` a type."""

    source: Template
    values: Mapping[str, Any] | None
    otherwise: Any
    keeps_others: bool
    kind: str
    separator: str

    def names(self) -> Iterator[str]:
        """The columns and paths it refers to."""
        return self.source.names()

    def value(self, row: Row) -> Any:
        """None where nothing is there. Raises BadValue for what is not of the type."""
        value = self.source.value(row)
        if value is None:
            return self.otherwise
        if self.values is not None:
            key = _text(value)
            if key in self.values:
                value = self.values[key]
            elif not self.keeps_others:
                value = self.otherwise
        return None if value is None else self._typed(value)

    def _typed(self, value: Any) -> Any:
        try:
            match self.kind:
                case "text":
                    return _text(value)
                case "number":
                    return float(value)
                case "integer":
                    return int(value)
                case "boolean":
                    return _boolean(value)
                case "list":
                    return [part.strip() for part in _text(value).split(self.separator) if part.strip()]
        except ValueError:
            raise BadValue(f"{' and '.join(self.names()) or 'a constant'} is no {self.kind}") from None
        return value


@dataclass(frozen=True, slots=True)
class Listed:
    """Several values; those that are not there are left out."""

    items: tuple["Value", ...]

    def names(self) -> Iterator[str]:
        """Of all items."""
        for item in self.items:
            yield from item.names()

    def value(self, row: Row) -> Any:
        """A list, or None where nothing is there."""
        return [value for item in self.items if (value := item.value(row)) is not None] or None


@dataclass(frozen=True, slots=True)
class Object:
    """Members by name; those that are not there are left out."""

    members: Mapping[str, "Value"]

    def names(self) -> Iterator[str]:
        """Of all members."""
        for member in self.members.values():
            yield from member.names()

    def value(self, row: Row) -> Any:
        """An object, or None where nothing is there."""
        made = {
            name: value for name, member in self.members.items() if (value := member.value(row)) is not None
        }
        return made or None


Value = Template | Constant | Translated | Listed | Object
_KINDS = frozenset({"", "text", "number", "integer", "boolean", "list"})
_TRANSLATED = frozenset({"from", "values", "otherwise", "as", "separator"})


def template(said: str, place: str) -> Template:
    """Raises BadMapping, naming the place."""
    parts: list[str | tuple[str]] = []
    text, end = "", 0
    for match in _REFERENCE.finditer(said):
        text += _plain(said[end : match.start()], place)
        end = match.end()
        if match[0] in ("{{", "}}"):
            text += match[0][0]
            continue
        name = match[1].strip()
        if not name or (name.startswith("#") and name not in (ROW, HASH)):
            raise BadMapping(f"{place}: {{{name}}} names nothing; there are columns, {{#row}} and {{#hash}}")
        if text:
            parts.append(text)
            text = ""
        parts.append((name,))
    text += _plain(said[end:], place)
    if text or not parts:
        parts.append(text)
    return Template(tuple(parts))


def expression(said: Any, place: str) -> Value:
    """What the YAML says, compiled. Raises BadMapping, naming the place."""
    if isinstance(said, str):
        made = template(said, place)
        return (
            made
            if any(isinstance(part, tuple) for part in made.parts)
            else Constant("".join(map(str, made.parts)))
        )
    if isinstance(said, bool | int | float):
        return Constant(said)
    if isinstance(said, Sequence):
        return Listed(tuple(expression(item, f"{place}[{at}]") for at, item in enumerate(said)))
    if isinstance(said, Mapping):
        if "from" in said:
            return _translated(said, place)
        return Object({str(name): expression(member, f"{place}.{name}") for name, member in said.items()})
    raise BadMapping(f"{place}: is neither text, number, list nor object")


def found(row: Row, name: str) -> Any:
    """A column of that very name, else the nested path; None where it is not there or empty."""
    if name in row:
        value = row[name]
    else:
        value = row
        for step in name.split("."):
            if isinstance(value, Mapping):
                value = value.get(step)
            elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
                value = value[int(step)]
            else:
                return None
    return None if isinstance(value, str) and not value.strip() else value


def _translated(said: Mapping[Any, Any], place: str) -> Translated:
    if unknown := sorted(map(str, set(said) - _TRANSLATED)):
        raise BadMapping(
            f"{place}: {', '.join(unknown)} is not known beside from; there are {', '.join(sorted(_TRANSLATED))}"
        )
    if not isinstance(said["from"], str):
        raise BadMapping(f"{place}.from: is no text with a {{column}} in it")
    values = said.get("values")
    if values is not None and not isinstance(values, Mapping):
        raise BadMapping(f"{place}.values: is no object")
    kind = str(said.get("as", ""))
    if kind not in _KINDS:
        raise BadMapping(f"{place}.as: {kind} is none of {', '.join(sorted(_KINDS - {''}))}")
    return Translated(
        template(said["from"], f"{place}.from"),
        None if values is None else {_text(key): value for key, value in values.items()},
        said.get("otherwise"),
        "otherwise" not in said,
        kind,
        str(said.get("separator", ",")),
    )


def _plain(text: str, place: str) -> str:
    if "{" in text or "}" in text:
        raise BadMapping(f"{place}: a brace has no partner (write {{{{ or }}}} for the brace itself)")
    return text


def _boolean(value: Any) -> bool:
    word = _text(value).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
