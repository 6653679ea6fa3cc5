# The amp firmware: amp, and amp_late with a planted delay in core 1's loop. amp_partition is core 0 with core 1's program
# in a partition; amp_core1* are such programs.

A := $(B)/amp
AMP_OBJECTS := $(patsubst %,$(A)/%.o,start main hardware core1 static_core1 mailbox panic)
RESULTS += $(A)/amp.elf $(A)/amp.bin $(A)/amp_late.elf $(A)/amp_late.bin

# all of it lies in RAM or in one page: no segment needs a page of the file for itself
AMP_LDFLAGS := --gc-sections --no-warn-rwx-segments -z max-page-size=16 -z noexecstack
# Debug information names files from the repository's root. DWARF 4: where gcc writes DWARF 5 or views of locations, GNU
# as counts distances between labels of the code, and the linker then leaves that code as it is.
AMP_CFLAGS := $(filter-out -g0,$(CFLAGS)) -gdwarf-4 -gno-variable-location-views -fdebug-prefix-map=amp=firmware/amp \
	-fdebug-prefix-map=include=firmware/include -Iamp -fno-jump-tables -fno-builtin
# To assembly and from there, so that the code is the same to the byte with debug information and without.
define COMPILE_AMP
$(CC) $(AMP_CFLAGS) $(3) -S -o $(2).s $(1)
awk -f toolchain/same_code.awk $(2).s > $(2).plain
$(CC) $(filter -m%,$(AMP_CFLAGS)) -x assembler -c -o $(2) $(2).plain
endef
$(A)/%.o: amp/core0/%.c amp/core0/core0.h amp/amp.h include/esp32s3.h $(PLUGIN)
	@mkdir -p $(A)
	$(call COMPILE_AMP,$<,$@)
$(A)/start.o: amp/start.S amp/amp.h include/esp32s3.h include/window_vectors.h $(PLUGIN)
	@mkdir -p $(A)
	$(CC) $(AMP_CFLAGS) -c -o $@ $<

AMP_CFGS := --check-cfg 'cfg(amp_faults, amp_late, amp_program, amp_version_2, amp_loop_in_flash)'
# A folder for each variant: their crates have the same name.
RUSTFLAGS_amp_late := --cfg amp_late
$(A)/%/amp_core1.s: amp/core1/lib.rs $(T)/rust/libcore.rmeta $(T)/rust/libcompiler_builtins.rmeta
	@mkdir -p $(@D)
	$(RUSTC) --crate-name amp_core1 -D warnings $(RUSTFLAGS_$*) $(AMP_CFGS) -C debuginfo=2 \
		--remap-path-prefix=$(CURDIR)=. --remap-path-prefix=amp=firmware/amp --remap-path-scope=debuginfo --out-dir $(@D) $<
$(A)/%/amp_core1.o: $(A)/%/amp_core1.s toolchain/place_literals.awk $(PLUGIN)
	$(call ASSEMBLE_RUST_WITH_DEBUG,$<,$@)

# The ROM's functions by address, as an application has them.
$(A)/rom.ld: openrom/api.csv
	@mkdir -p $(A)
	awk -F, 'NR > 1 { printf "PROVIDE(%s = %s);\n", $$2, $$1 }' $< > $@

$(A)/%.elf: amp/amp.ld $(A)/rom.ld $(AMP_OBJECTS) $(A)/%/amp_core1.o $(LIBGCC) $(LIBCORE)
	$(LD) $(AMP_LDFLAGS) -Map $(A)/$*.map -T amp/amp.ld -T $(A)/rom.ld -o $@ $(AMP_OBJECTS) \
		$(A)/$*/amp_core1.o $(LIBCORE) $(LIBGCC)
$(A)/%.bin: $(A)/%.elf toolchain/pack_image.py
	$(PYTHON) toolchain/pack_image.py $< $@

# Core 1's program in a partition: versions 1 and 2.
# amp_core1_flash_loop leaves the loop in flash, amp_core1_no_bss forgets to clear its .bss.
PROGRAMS := amp_core1 amp_core1_v2 amp_core1_flash_loop amp_core1_no_bss
RESULTS += $(A)/amp_partition.elf $(A)/amp_partition.bin $(PROGRAMS:%=$(A)/%.elf) $(PROGRAMS:%=$(A)/%.bin)

RUSTFLAGS_program := --cfg amp_program
RUSTFLAGS_program_flash_loop := --cfg amp_program --cfg amp_loop_in_flash
RUSTFLAGS_program_v2 := --cfg amp_program --cfg amp_version_2
$(A)/program_panic.o: amp/core0/panic.c amp/core0/core0.h amp/amp.h include/esp32s3.h $(PLUGIN)
	@mkdir -p $(A)
	$(call COMPILE_AMP,$<,$@,-DAMP_PROGRAM)
# name of the program, its crate's folder, and how start.S is told of it
define PROGRAM
$(A)/$(1)_start.o: amp/start.S amp/amp.h include/esp32s3.h include/window_vectors.h $(PLUGIN)
	@mkdir -p $(A)
	$(CC) $(AMP_CFLAGS) $(3) -c -o $$@ $$<
$(A)/$(1).elf: amp/program.ld amp/shared.ld $(A)/rom.ld $(A)/$(1)_start.o $(A)/program_panic.o \
		$(A)/$(2)/amp_core1.o $(LIBGCC) $(LIBCORE)
	$(LD) $(AMP_LDFLAGS) -Map $(A)/$(1).map -T amp/program.ld -T amp/shared.ld -T $(A)/rom.ld -o $$@ \
		$(A)/$(1)_start.o $(A)/program_panic.o $(A)/$(2)/amp_core1.o $(LIBCORE) $(LIBGCC)
$(A)/$(1).bin: $(A)/$(1).elf toolchain/pack_program.py
	$(OBJCOPY) -O binary $$< $$@.raw
	$(PYTHON) toolchain/pack_program.py program $$@.raw $$@
endef
$(eval $(call PROGRAM,amp_core1,program,-DAMP_PROGRAM=1))
$(eval $(call PROGRAM,amp_core1_v2,program_v2,-DAMP_PROGRAM=2))
$(eval $(call PROGRAM,amp_core1_flash_loop,program_flash_loop,-DAMP_PROGRAM=1))
$(eval $(call PROGRAM,amp_core1_no_bss,program,-DAMP_PROGRAM=1 -DAMP_FORGETS_BSS))

# Core 0 alone.
CORE0_OBJECTS := $(patsubst %,$(A)/%.o,core0_start main hardware core1 partition program mailbox panic)
$(A)/core0_start.o: amp/start.S amp/amp.h include/esp32s3.h include/window_vectors.h $(PLUGIN)
	@mkdir -p $(A)
	$(CC) $(AMP_CFLAGS) -DAMP_CORE0_ALONE -c -o $@ $<
$(A)/amp_partition.elf: amp/core0_alone.ld amp/shared.ld $(A)/rom.ld $(CORE0_OBJECTS) $(LIBGCC)
	$(LD) $(AMP_LDFLAGS) -Map $(A)/amp_partition.map -T amp/core0_alone.ld -T amp/shared.ld \
		-T $(A)/rom.ld -o $@ $(CORE0_OBJECTS) $(LIBGCC)
$(A)/amp_partition.bin: $(A)/amp_partition.elf $(A)/amp_core1.bin amp/partitions.csv toolchain/pack_image.py \
		toolchain/pack_program.py
	$(PYTHON) toolchain/pack_image.py $< $@.ram
	$(PYTHON) toolchain/pack_program.py flash $@.ram amp/partitions.csv $@ core1=$(A)/amp_core1.bin

# The firmware with mistakes, in the static delivery: its own objects of core 0, since they differ by -DAMP_FAULTS.
FAULTS_OBJECTS := $(patsubst %,$(A)/faults/%.o,main core1 static_core1 fault) \
	$(patsubst %,$(A)/%.o,start hardware partition mailbox panic)
RESULTS += $(A)/amp_faults.elf $(A)/amp_faults.bin
RUSTFLAGS_faults := --cfg amp_faults
$(A)/faults/%.o: amp/core0/%.c amp/core0/core0.h amp/amp.h include/esp32s3.h $(PLUGIN)
	@mkdir -p $(A)/faults
	$(call COMPILE_AMP,$<,$@,-DAMP_FAULTS)
$(A)/amp_faults.elf: amp/amp.ld $(A)/rom.ld $(FAULTS_OBJECTS) $(A)/faults/amp_core1.o $(LIBGCC) $(LIBCORE)
	$(LD) $(AMP_LDFLAGS) -Map $(A)/amp_faults.map -T amp/amp.ld -T $(A)/rom.ld -o $@ $(FAULTS_OBJECTS) \
		$(A)/faults/amp_core1.o $(LIBCORE) $(LIBGCC)
$(A)/amp_faults.bin: $(A)/amp_faults.elf amp/partitions_faults.csv toolchain/pack_image.py toolchain/pack_program.py
	$(PYTHON) toolchain/pack_image.py $< $@.ram
	$(PYTHON) toolchain/pack_program.py flash $@.ram amp/partitions_faults.csv $@
