"""Data from users' files (TOML, JSON) read into msgspec structs; each mistake names file, key, expected and got.

A struct that forbids unknown fields takes no other keys. In the others an unknown key is a remark of the user's, unless
it is so close to a known one that it must be a slip.
"""

from __future__ import annotations

import difflib
import functools
import re
import typing
from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from twincore.errors import TwincoreError

_Kind = TypeVar("_Kind")

_SLIP = 0.75
"""How alike two words are, from 0 to 1, when one must be a slip for the other."""
_MAX_SHOWN = 100
"""So many characters of a wrong value are shown."""


class _Mistake(Exception):  # noqa: N818 - what the user did, not what went wrong in here
    """The problem in words, and the next step."""

    def __init__(self, problem: str, next_step: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.next_step = next_step


def convert(raw: Any, kind: type[_Kind], *, who: str, error: type[TwincoreError]) -> _Kind:
    """Return plain data as a `kind`, a struct or a list of structs; raises `error` in the name of `who`."""
    return _convert(raw, kind, "", who, error)


def convert_tables(raw: dict[str, Any], kind: type[_Kind], *, who: str, error: type[TwincoreError]) -> dict[str, _Kind]:
    """Return tables of one kind by their names, which are the user's own; raises `error` in the name of `who`."""
    return {name: _convert(table, kind, name, who, error) for name, table in raw.items()}


def _convert(raw: Any, kind: type[_Kind], where: str, who: str, error: type[TwincoreError]) -> _Kind:
    try:
        _check_keys(raw, kind, where)
        return msgspec.convert(raw, kind)
    except _Mistake as mistake:
        raise error(who, mistake.problem, next_step=mistake.next_step) from None
    except msgspec.ValidationError as caught:
        raise error(who, _reword(str(caught), raw, where)) from caught


def did_you_mean(word: str, words: Sequence[str], cutoff: float = 0.6) -> str:
    """Return a next step that names the word which is most like `word`, an empty text when none is."""
    close = difflib.get_close_matches(word, words, 1, cutoff)
    return f"did you mean {close[0]!r}?" if close else ""


@functools.cache
def _fields_of(kind: type[msgspec.Struct]) -> tuple[dict[str, Any], dict[str, msgspec.structs.FieldInfo]]:
    """Return the types of a table's fields by attribute, and the fields by the key that the file uses."""
    hints = typing.get_type_hints(kind, include_extras=True)
    return hints, {field.encode_name: field for field in msgspec.structs.fields(kind)}


def _check_keys(raw: Any, kind: Any, where: str) -> None:
    """Refuse keys that the tables do not have, and name those that are missing."""
    origin = typing.get_origin(kind)
    arguments = typing.get_args(kind)
    if origin is Annotated:
        _check_keys(raw, arguments[0], where)
    elif origin is Literal:
        if raw not in arguments or isinstance(raw, bool):
            raise _Mistake(f"{where}: expected one of {', '.join(map(str, arguments))}; got {_shown(raw)}")
    elif origin is list and isinstance(raw, list):
        for index, item in enumerate(raw):
            _check_keys(item, arguments[0], f"{where}[{index}]")
    elif origin is dict and isinstance(raw, dict):
        for key, item in raw.items():
            _check_keys(item, arguments[1], f"{where}.{key}" if where else key)
    elif arguments and origin not in (list, dict):  # a union
        for argument in arguments:
            _check_keys(raw, argument, where)
    elif isinstance(kind, type) and issubclass(kind, msgspec.Struct) and isinstance(raw, dict):
        _check_fields(raw, kind, f"{where}." if where else "")


def _check_fields(raw: dict[str, Any], kind: type[msgspec.Struct], prefix: str) -> None:
    hints, fields = _fields_of(kind)
    is_strict = kind.__struct_config__.forbid_unknown_fields
    for key in (key for key in raw if key not in fields):
        hint = did_you_mean(key, list(fields), 0.6 if is_strict else _SLIP)
        if is_strict or hint:
            keys = ", ".join(fields)
            raise _Mistake(f"{prefix}{key}: expected one of the keys {keys}; got {key!r}", hint)
    for key, field in fields.items():
        if key in raw:
            _check_keys(raw[key], hints[field.name], prefix + key)
        elif field.required:
            raise _Mistake(f"{prefix}{key}: expected this key, got none")


def _reword(message: str, raw: Any, at: str) -> str:
    """Turn msgspec's "Expected `int`, got `str` - at `$.memory[0].size`" into our order: key, expected, got.

    at: where `raw` itself is.
    """
    match = re.fullmatch(r"(?P<what>.*?) - at `\$\.?(?P<where>.*)`", message, re.DOTALL)
    what, where = (match["what"], match["where"]) if match else (message, "")
    if where.endswith("[...]"):
        where = where[: -len("[...]")]
    what = what.replace("`", "").replace("object | null", "table").replace("object", "table").replace(" | null", "")
    if ", got " not in what:
        what += f", got {_shown(_value_at(raw, where))}"
    where = ".".join(part for part in (at, where) if part)
    return f"{where}: {what[0].lower()}{what[1:]}" if where else f"{what[0].lower()}{what[1:]}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 3]}..."


def _value_at(raw: Any, where: str) -> Any:
    for key in re.findall(r"[^.\[\]]+", where):
        try:
            raw = raw[int(key)] if isinstance(raw, list) else raw[key]
        except (KeyError, IndexError, ValueError, TypeError):
            return None
    return raw
