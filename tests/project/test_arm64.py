"""The interpreter compiles for arm64 too: the tail calls of its handlers are the part that a back end may refuse."""

from __future__ import annotations

import llvmlite.binding as llvm

from twincore.native.module import module_text


def test_interpreter_compiles_for_arm64() -> None:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    triple = "aarch64-unknown-linux-gnu"
    module = llvm.parse_assembly(module_text(triple))
    machine = llvm.Target.from_triple(triple).create_target_machine(
        cpu="generic", opt=1, reloc="pic", codemodel="small"
    )
    code = machine.emit_object(module)
    assert code.startswith(b"\x7fELF")
    assert int.from_bytes(code[18:20], "little") == 183  # EM_AARCH64
