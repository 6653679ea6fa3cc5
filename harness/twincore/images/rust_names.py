"""Rust's names of symbols as its source writes them: `_ZN6my_app5BEATS17h0123456789abcdefE` is `my_app::BEATS`.

Source: Rust Reference of symbol mangling, RFC 2603 (v0) and the legacy scheme. Leaves out: generics, impls and closures
(they have no path that a source would write), Punycode.
"""

from __future__ import annotations

import re

_IDENTIFIER = re.compile(r"(?:s[0-9A-Za-z]*_)?(\d+)_?")
_HASH = re.compile(r"h[0-9a-f]{16}")


def rust_path(name: str) -> str | None:
    """Gives the path of a Rust symbol; None for another name, or one that no source writes as a path."""
    parts = _legacy(name[3:]) if name.startswith("_ZN") else _v0(name[2:]) if name.startswith("_R") else None
    return "::".join(parts) if parts and all(part.isidentifier() for part in parts) else None


def _legacy(rest: str) -> list[str] | None:
    parts = []
    while not rest.startswith("E"):
        part = _take(rest)
        if part is None:
            return None
        parts.append(part[0])
        rest = part[1]
    return parts[:-1] if len(parts) > 1 and _HASH.fullmatch(parts[-1]) else None


def _v0(rest: str) -> list[str] | None:
    depth = 0
    while re.match(r"N[A-Za-z]", rest):
        depth, rest = depth + 1, rest[2:]
    if not rest.startswith("C"):
        return None
    rest, parts = rest[1:], []
    for _ in range(depth + 1):
        part = _take(rest)
        if part is None:
            return None
        parts.append(part[0])
        rest = part[1]
    return parts if not rest or rest.startswith(".") else None


def _take(rest: str) -> tuple[str, str] | None:
    """Gives the identifier that a text begins with, and what follows it."""
    match = _IDENTIFIER.match(rest)
    if match is None or len(match[1]) > 4:
        return None
    end = match.end() + int(match[1])
    return (rest[match.end() : end], rest[end:]) if end <= len(rest) else None
