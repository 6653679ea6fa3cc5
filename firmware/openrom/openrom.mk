# The open ROM.

O := $(B)/openrom
ROM_SOURCES := boot.c image.c uart.c printf.c crash.c watchdog.c system.c interrupts.c cache.c gpio.c regi2c.c \
	spiflash.c newlib.c wireless.c wdt_hal.c systimer_hal.c string.c stdlib.c crc.c md5.c sha256.c layout.c
ROM_OBJECTS := $(O)/reset.o $(O)/setjmp.o $(ROM_SOURCES:%.c=$(O)/%.o)
RESULTS += $(O)/openrom.elf

ROM_OPTIMIZE := -Os
$(O)/sha256.o $(O)/image.o $(O)/string.o: ROM_OPTIMIZE := -O2

# -fno-tree-loop-distribute-patterns: memcpy must not become a call of memcpy. Literals stay with their text: code is
# read as words only. -fno-builtin as for any C library.
$(O)/%.o: openrom/%.c openrom/openrom.h openrom/crash.h include/esp32s3.h $(PLUGIN)
	@mkdir -p $(O)
	$(CC) $(CFLAGS) $(ROM_OPTIMIZE) -fno-builtin -fno-tree-loop-distribute-patterns -c -o $@ $<
$(O)/reset.o: openrom/reset.S openrom/crash.h include/esp32s3.h include/window_vectors.h $(PLUGIN)
	@mkdir -p $(O)
	$(CC) $(CFLAGS) -c -o $@ $<
$(O)/setjmp.o: openrom/setjmp.S $(PLUGIN)
	@mkdir -p $(O)
	$(CC) $(CFLAGS) -c -o $@ $<

# Arithmetic helpers are part of the ROM's interface too: the prefix makes them targets of slots like any other
# function.
$(O)/libgcc.a: $(LIBGCC)
	@mkdir -p $(O)
	$(OBJCOPY) -D --prefix-symbols=openrom_ $< $@
$(O)/symbols.txt: $(ROM_OBJECTS) $(O)/libgcc.a
	$(NM) -g $^ > $@
$(O)/slots.S: openrom/gen_slots.py openrom/api.csv $(O)/symbols.txt
	$(PYTHON) openrom/gen_slots.py openrom/api.csv $(O)/symbols.txt $@
$(O)/slots.o: $(O)/slots.S
	xtensa-lx106-elf-as -o $@ $<
$(O)/openrom.elf: openrom/openrom.ld $(ROM_OBJECTS) $(O)/slots.o $(O)/libgcc.a
	$(LD) --gc-sections --no-warn-rwx-segments -Map $(O)/openrom.map -T openrom/openrom.ld -o $@ \
		$(ROM_OBJECTS) $(O)/slots.o $(O)/libgcc.a
	$(OBJCOPY) --strip-debug $@
