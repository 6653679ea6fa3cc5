"""From the definitions in twincore.isa to native code: emitter, interpreter, decoder, code cache, executor."""
