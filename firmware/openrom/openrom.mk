# The open ROM.

O := $(B)/openrom
ROM_SOURCES := $(sort $(wildcard openrom/*/*.c) $(wildcard openrom/*/*.S))
ROM_HEADERS := $(wildcard openrom/*.h) $(wildcard openrom/*/*.h) $(wildcard include/*.h)
ROM_OBJECTS := $(patsubst openrom/%,$(O)/%.o,$(basename $(ROM_SOURCES)))
RESULTS += $(O)/openrom.elf

ROM_OPTIMIZE := -Os
$(O)/boot/image.o $(O)/libc/string.o $(O)/crypto/sha.o: ROM_OPTIMIZE := -O2

# -fno-tree-loop-distribute-patterns: memcpy must not become a call of memcpy. Literals stay with their text: code is
# read as words only. -fno-builtin as for any C library.
$(O)/%.o: openrom/%.c $(ROM_HEADERS) $(PLUGIN)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -Iopenrom $(ROM_OPTIMIZE) -fno-builtin -fno-tree-loop-distribute-patterns -c -o $@ $<
$(O)/%.o: openrom/%.S $(ROM_HEADERS) $(PLUGIN)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -Iopenrom -c -o $@ $<

# Arithmetic helpers are part of the ROM's interface too: the prefix makes them targets of slots like any other
# function.
$(O)/libgcc.a: $(LIBGCC)
	@mkdir -p $(O)
	$(OBJCOPY) -D --prefix-symbols=openrom_ $< $@
$(O)/symbols.txt: $(ROM_OBJECTS) $(O)/libgcc.a
	$(NM) -g $^ > $@
$(O)/slots.S: openrom/gen_slots.py openrom/api.csv $(O)/symbols.txt
	$(PYTHON) openrom/gen_slots.py openrom/api.csv $(O)/symbols.txt $@
$(O)/fft_table.c: openrom/gen_fft_table.py
	@mkdir -p $(O)
	$(PYTHON) openrom/gen_fft_table.py $@
$(O)/fft_table.o: $(O)/fft_table.c $(PLUGIN)
	$(CC) $(CFLAGS) -c -o $@ $<
$(O)/slots.o: $(O)/slots.S
	xtensa-lx106-elf-as -o $@ $<
$(O)/openrom.elf: openrom/openrom.ld $(ROM_OBJECTS) $(O)/fft_table.o $(O)/slots.o $(O)/libgcc.a
	$(LD) --gc-sections --no-warn-rwx-segments -Map $(O)/openrom.map -T openrom/openrom.ld -o $@ \
		$(ROM_OBJECTS) $(O)/fft_table.o $(O)/slots.o $(O)/libgcc.a
	$(OBJCOPY) --strip-debug $@
