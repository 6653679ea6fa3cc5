# Drivers without an operating system for devices on several buses: what docs/devices.md and the tests talk to.

D := $(B)/drivers
DRIVERS_OBJECTS := $(patsubst %,$(D)/%.o,start main thermometer registers echo lamp modem bus sound motor)
RESULTS += $(D)/drivers.elf $(D)/drivers.bin

DRIVERS_CFLAGS := $(CFLAGS) -Idrivers -fno-jump-tables -fno-builtin
DRIVERS_HEADERS := drivers/drivers.h include/esp32s3.h include/window_vectors.h
$(D)/%.o: drivers/%.c $(DRIVERS_HEADERS) $(PLUGIN)
	@mkdir -p $(D)
	$(CC) $(DRIVERS_CFLAGS) -c -o $@ $<
$(D)/start.o: drivers/start.S $(DRIVERS_HEADERS) $(PLUGIN)
	@mkdir -p $(D)
	$(CC) $(DRIVERS_CFLAGS) -c -o $@ $<

$(D)/drivers.elf: drivers/drivers.ld $(A)/rom.ld $(DRIVERS_OBJECTS) $(LIBGCC)
	$(LD) --gc-sections --no-warn-rwx-segments -Map $(D)/drivers.map -T drivers/drivers.ld -T $(A)/rom.ld -o $@ \
		$(DRIVERS_OBJECTS) $(LIBGCC)
	$(OBJCOPY) --strip-debug $@
$(D)/drivers.bin: $(D)/drivers.elf toolchain/pack_image.py
	$(PYTHON) toolchain/pack_image.py $< $@
