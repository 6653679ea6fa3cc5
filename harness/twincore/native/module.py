"""Puts the LLVM module of the interpreter together. Only needed where no compiled copy is cached."""

from __future__ import annotations

from twincore.isa.definitions import INSTRUCTIONS, ROUTINES
from twincore.native.decoder import emit_decoder
from twincore.native.emit import emit_go_on, emit_instruction, emit_routine
from twincore.native.interpreter import emit_interpreter
from twincore.native.memory import emit_memory
from twincore.native.text import EPILOGUE

_DECLARATIONS = """declare i32 @llvm.ctlz.i32(i32, i1)
declare i64 @llvm.ctlz.i64(i64, i1)
declare i32 @llvm.cttz.i32(i32, i1)
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
"""


def module_text(triple: str) -> str:
    """Return the interpreter as LLVM text."""
    instructions = list(INSTRUCTIONS.values())
    handlers = [emit_instruction(instruction) for instruction in instructions]
    parts = [f'target triple = "{triple}"\n', _DECLARATIONS]
    parts += [h.text for h in handlers] + [emit_go_on()]
    parts += [emit_routine(r) for r in ROUTINES.values()]
    parts += [emit_memory(), emit_interpreter(), emit_decoder(instructions, handlers), EPILOGUE]
    return "".join(parts)
