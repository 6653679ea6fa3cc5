"""A small printer of LLVM functions: numbered values, labels, lines."""

from __future__ import annotations

#: how handlers call each other: everything that matters stays in registers, and every call is a jump
HANDLER_CC = "preserve_nonecc"
HANDLER_PARAMETERS = "ptr %st, ptr %rec, ptr %arp, i64 %bud, ptr %pt, ptr %recb"
UNLIKELY = ", !prof !0"
EPILOGUE = '!0 = !{!"branch_weights", i32 1, i32 100000}\n'


class Function:
    """Collects the lines of one function."""

    def __init__(self, header: str) -> None:
        self.header = header
        self.lines: list[str] = []
        self._count = 0

    def value(self, expression: str) -> str:
        """Append an instruction with a result and return the result's name."""
        self._count += 1
        name = f"%v{self._count}"
        self.lines.append(f"  {name} = {expression}")
        return name

    def line(self, text: str) -> None:
        """Append an instruction without a result."""
        self.lines.append("  " + text)

    def new_label(self, hint: str = "l") -> str:
        """Return a fresh label."""
        self._count += 1
        return f"{hint}{self._count}"

    def label(self, name: str) -> None:
        """Start the block `name`."""
        self.lines.append(f"{name}:")

    def at(self, base: str, offset: int | str) -> str:
        """Return the address base + offset bytes."""
        if offset == 0:
            return base
        return self.value(f"getelementptr i8, ptr {base}, i64 {offset}")

    def load(self, kind: str, base: str, offset: int | str = 0) -> str:
        """Load a value of LLVM type `kind` from base + offset."""
        return self.value(f"load {kind}, ptr {self.at(base, offset)}")

    def store(self, kind: str, value: str | int, base: str, offset: int | str = 0) -> None:
        """Store a value of LLVM type `kind` to base + offset."""
        self.line(f"store {kind} {value}, ptr {self.at(base, offset)}")

    def branch_unlikely(self, condition: str, hint: str) -> tuple[str, str]:
        """Branch on a condition that is rarely set; return (label if set, label if not): the caller opens both."""
        yes, no = self.new_label(hint), self.new_label("go")
        self.line(f"br i1 {condition}, label %{yes}, label %{no}{UNLIKELY}")
        return yes, no

    def __str__(self) -> str:
        return self.header + " {\n" + "\n".join(self.lines) + "\n}\n"


def handler(name: str, attributes: str = "") -> Function:
    """Start a handler function."""
    return Function(f"define hidden {HANDLER_CC} void @{name}({HANDLER_PARAMETERS}) nounwind {attributes}")
