"""Keywords for stacks: by the fill pattern, store by store, and guarded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from twincore import TwinCore
from twincore.keywords.library import KeywordError
from twincore.keywords.values import Duration, Place

MS = 1_000_000
PREBUILT = Path(__file__).parents[2] / "firmware" / "prebuilt"
LOOP = 0x4037_9004


def test_a_stack_keeps_its_fill_pattern_at_the_bottom(engine: Any, call: Any, failure: Any) -> None:
    engine.write_memory(0x3FC9_1000, bytes([0xA5]) * 48 + bytes(16))
    stack = Place.of(0x3FC9_1000), Place.of(0x3FC9_1040)
    assert call("Stack Should Keep Free", *stack, at_least=48) == 48
    assert failure("Stack Should Keep Free", *stack, at_least=49) == (
        "stack from mailbox+0xff0 (0x3fc91000) did not do what was expected.\n"
        "  expected:  at least 49 of 64 bytes never used\n"
        "  got:       48: it was 16 bytes deep\n"
        "  when:      0.000000000 s, core 0 running at core0_main (0x40378000); core 1 held\n"
        "  next step: enlarge the stack, or see what uses it"
    ).replace("mailbox+0xff0 (0x3fc91000)", "0x3fc91000")
    assert "expected its bottom below its top" in failure("Stack Should Keep Free", stack[1], stack[0], at_least=1)


def test_a_watched_stack_is_known_to_the_byte(engine: Any, call: Any, failure: Any) -> None:
    stack = Place.of(0x3FC9_1000), Place.of(0x3FC9_1040)
    for at, core, address in ((1, 1, 0x3FC9_1030), (2, 1, 0x3FC9_1010), (3, 1, 0x3FC9_1020), (4, 0, 0x3FC9_1004)):
        engine.accesses(at * MS, core, LOOP, address, 0)
    call("Watch Stack", *stack, core=1)
    assert call("Stack Should Keep Free", *stack, at_least=64) == 64
    call("Run For", Duration(9 * MS))
    assert call("Stack Should Keep Free", *stack, at_least=16) == 16
    assert (
        "  got:       16: it was 48 bytes deep\n"
        "  when:      0.009000000 s, core 0 running at core0_main (0x40378000); core 1 held\n"
        "  next step: deepest: core 1 wrote 0x00000000 to 0x3fc91010 in loop+0x4 (0x40379004) at 0.002000000 s"
    ) in failure("Stack Should Keep Free", *stack, at_least=17)
    call("Watch Stack", *stack)
    assert call("Stack Should Keep Free", *stack, at_least=64) == 64


@pytest.fixture
def amp() -> Iterator[Callable[..., Any]]:
    """The amp firmware with core 1 alive; runs keywords."""
    library = TwinCore()
    library.session.boot(str(PREBUILT / "amp.bin"), [])

    def run(name: str, *args: Any, **named: Any) -> Any:
        return library.run_keyword(name, list(args), named)

    run("Core ${core} Should Be Released", 1, within=Duration(100 * MS))
    yield run
    library.close()


STACK = Place.of("amp_core1_stack_bottom"), Place.of("amp_core1_stack_top")


def test_both_accounts_of_a_real_stack_agree(amp: Any) -> None:
    """Where the deepest store wrote the pattern's own byte the pattern cannot tell, so it may show a little more."""
    amp("Core ${core} Should Start At", 1, Place.of("amp_core1_start"))
    amp("Watch Stack", *STACK, core=1)
    amp("Guard Stack", *STACK, core=1)
    amp("Run For", Duration(200 * MS))
    exact = amp("Stack Should Keep Free", *STACK, at_least=4096)
    content = amp("Read Memory", STACK[0], 0x2000)
    painted = len(content) - len(content.lstrip(b"\xa5"))
    assert exact <= painted < exact + 64
    assert 0x2000 - exact > 64


def test_nobody_else_uses_the_stack(amp: Any) -> None:
    amp("Watch Stack", *STACK, core=0)
    amp("Run For", Duration(20 * MS))
    assert amp("Stack Should Keep Free", *STACK, at_least=0x2000) == 0x2000


def test_an_overrun_is_caught_at_its_store(amp: Any) -> None:
    low = Place.of("amp_core1_stack_top-0x40")
    amp("Guard Stack", low, STACK[1], core=1)
    with pytest.raises(KeywordError) as caught:
        amp("Run For", Duration(200 * MS))
    lines = str(caught.value).splitlines()
    assert lines[0] == "stack of core 1 did not do what was expected."
    assert lines[1].startswith("  expected:  at most 64 bytes, down to amp_core1_stack_top-0x40 (0x")
    assert lines[2].startswith("  got:       core 1 wrote 0x")
