# An ELF file with debug information for every kind of variable, in C and in Rust.

Y := $(B)/typed
RESULTS += $(Y)/typed.elf

$(Y)/typed.o: typed/typed.c $(PLUGIN)
	@mkdir -p $(Y)
	$(CC) $(filter-out -g0,$(CFLAGS)) -g -c -o $@ $<
$(Y)/typed_rust.s: typed/lib.rs $(T)/rust/libcore.rmeta $(T)/rust/libcompiler_builtins.rmeta
	@mkdir -p $(Y)
	$(RUSTC) --crate-name typed_rust -D warnings -C debuginfo=2 --out-dir $(Y) $<
$(Y)/typed_rust.o: $(Y)/typed_rust.s toolchain/place_literals.awk $(PLUGIN)
	$(call ASSEMBLE_RUST_WITH_DEBUG,$<,$@)
$(Y)/typed.elf: typed/typed.ld $(Y)/typed.o $(Y)/typed_rust.o
	$(LD) --no-warn-rwx-segments -T typed/typed.ld -o $@ $(Y)/typed.o $(Y)/typed_rust.o
