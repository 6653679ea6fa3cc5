# The amp firmware: amp, and amp_late with a planted delay in core 1's loop.

A := $(B)/amp
AMP_OBJECTS := $(patsubst %,$(A)/%.o,start main hardware core1 mailbox panic)
RESULTS += $(A)/amp.elf $(A)/amp.bin $(A)/amp_late.elf $(A)/amp_late.bin

AMP_CFLAGS := $(CFLAGS) -Iamp -fno-jump-tables -fno-builtin
$(A)/%.o: amp/core0/%.c amp/core0/core0.h amp/amp.h include/esp32s3.h $(PLUGIN)
	@mkdir -p $(A)
	$(CC) $(AMP_CFLAGS) -c -o $@ $<
$(A)/start.o: amp/start.S amp/amp.h include/esp32s3.h include/window_vectors.h $(PLUGIN)
	@mkdir -p $(A)
	$(CC) $(AMP_CFLAGS) -c -o $@ $<

# A folder for each variant: their crates have the same name.
RUSTFLAGS_amp_late := --cfg amp_late
$(A)/%/amp_core1.s: amp/core1/lib.rs $(T)/rust/libcore.rmeta $(T)/rust/libcompiler_builtins.rmeta
	@mkdir -p $(@D)
	$(RUSTC) --crate-name amp_core1 -D warnings $(RUSTFLAGS_$*) --check-cfg 'cfg(amp_late)' --out-dir $(@D) $<
$(A)/%/amp_core1.o: $(A)/%/amp_core1.s toolchain/place_literals.awk $(PLUGIN)
	$(call ASSEMBLE_RUST,$<,$@)

# The ROM's functions by address, as an application has them.
$(A)/rom.ld: openrom/api.csv
	@mkdir -p $(A)
	awk -F, 'NR > 1 { printf "PROVIDE(%s = %s);\n", $$2, $$1 }' $< > $@

$(A)/%.elf: amp/amp.ld $(A)/rom.ld $(AMP_OBJECTS) $(A)/%/amp_core1.o $(LIBGCC) $(LIBCORE)
	$(LD) --gc-sections --no-warn-rwx-segments -Map $(A)/$*.map -T amp/amp.ld -T $(A)/rom.ld -o $@ $(AMP_OBJECTS) \
		$(A)/$*/amp_core1.o $(LIBCORE) $(LIBGCC)
	$(OBJCOPY) --strip-debug $@
$(A)/%.bin: $(A)/%.elf toolchain/pack_image.py
	$(PYTHON) toolchain/pack_image.py $< $@
