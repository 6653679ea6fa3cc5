"""Structured control flow over the LLVM printer: variables, loops and conditions for hand-written functions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from twincore.native.text import Function


class Var:
    """A local variable; LLVM turns it into a register."""

    def __init__(self, code: Code, kind: str, initial: str | int) -> None:
        self._code, self._kind = code, kind
        self._slot = code.value(f"alloca {kind}")
        self.set(initial)

    def get(self) -> str:
        """Return the variable's value now."""
        return self._code.value(f"load {self._kind}, ptr {self._slot}")

    def set(self, value: str | int) -> None:
        """Assign."""
        self._code.line(f"store {self._kind} {value}, ptr {self._slot}")


class Code(Function):
    """A function with structured statements. Values are LLVM operands; `kind` is an LLVM type."""

    def var(self, kind: str, initial: str | int) -> Var:
        """Declare a local variable (outside of loops)."""
        return Var(self, kind, initial)

    def op(self, name: str, kind: str, a: str | int, b: str | int) -> str:
        """Compute with two operands."""
        return self.value(f"{name} {kind} {a}, {b}")

    def is_(self, comparison: str, kind: str, a: str | int, b: str | int) -> str:
        """Compare two operands."""
        return self.value(f"icmp {comparison} {kind} {a}, {b}")

    def select(self, condition: str, kind: str, a: str | int, b: str | int) -> str:
        """Choose a where the condition holds, else b."""
        return self.value(f"select i1 {condition}, {kind} {a}, {kind} {b}")

    def smaller(self, kind: str, a: str | int, b: str | int) -> str:
        """Return the smaller of two signed operands."""
        return self.select(self.is_("slt", kind, a, b), kind, a, b)

    def wide(self, value: str) -> str:
        """Zero-extend 32 to 64 bits."""
        return self.value(f"zext i32 {value} to i64")

    def low(self, value: str) -> str:
        """Cut 64 to 32 bits."""
        return self.value(f"trunc i64 {value} to i32")

    def ret(self, kind: str = "void", value: str | int = "") -> None:
        """Return; what follows is unreachable and needs a new label."""
        self.line(f"ret {kind} {value}".rstrip())
        self.label(self.new_label("dead"))

    @contextmanager
    def if_(self, condition: str) -> Iterator[None]:
        """Do the body where the condition holds."""
        yes, end = self.new_label("then"), self.new_label("end")
        self.line(f"br i1 {condition}, label %{yes}, label %{end}")
        self.label(yes)
        yield
        self.line(f"br label %{end}")
        self.label(end)

    @contextmanager
    def loop(self) -> Iterator[Loop]:
        """Repeat the body until `Loop.leave` (or a return)."""
        again, end = self.new_label("loop"), self.new_label("done")
        self.line(f"br label %{again}")
        self.label(again)
        yield Loop(self, again, end)
        self.line(f"br label %{again}")
        self.label(end)


class Loop:
    """The loop being printed."""

    def __init__(self, code: Code, again: str, end: str) -> None:
        self._code, self._again, self._end = code, again, end

    def leave(self) -> None:
        """Leave the loop (inside an `if_`)."""
        self._code.line(f"br label %{self._end}")
        self._code.label(self._code.new_label("dead"))

    def again(self) -> None:
        """Start the next round (inside an `if_`)."""
        self._code.line(f"br label %{self._again}")
        self._code.label(self._code.new_label("dead"))
