# The kernels of `twincore bench`: one object of work, linked for the ESP32-S3 and for QEMU's machine sim.

K := $(B)/benchmarks
RESULTS += $(K)/bench.elf $(K)/bench_sim.elf
BENCH_CFLAGS := $(CFLAGS) -Ibenchmarks
BENCH_HEADERS := benchmarks/bench.h include/esp32s3.h include/window_vectors.h

$(K)/main.o: BENCH_CFLAGS += -DBENCH_ESP32S3
$(K)/%.o: benchmarks/%.c $(BENCH_HEADERS) $(PLUGIN)
	@mkdir -p $(K)
	$(CC) $(BENCH_CFLAGS) -c -o $@ $<
$(K)/main_sim.o: benchmarks/main.c $(BENCH_HEADERS) $(PLUGIN)
	@mkdir -p $(K)
	$(CC) $(BENCH_CFLAGS) -c -o $@ $<
$(K)/start.o: benchmarks/start.S $(BENCH_HEADERS) $(PLUGIN)
	@mkdir -p $(K)
	$(CC) $(BENCH_CFLAGS) -c -o $@ $<

BENCH_LD := $(LD) --gc-sections --no-warn-rwx-segments -L benchmarks
$(K)/bench.elf: benchmarks/esp32s3.ld benchmarks/bench.ld $(K)/start.o $(K)/main.o $(K)/kernels.o $(LIBGCC)
	$(BENCH_LD) -T $< -o $@ $(filter %.o %.a,$^)
	$(OBJCOPY) --strip-debug $@
$(K)/bench_sim.elf: benchmarks/sim.ld benchmarks/bench.ld $(K)/start.o $(K)/main_sim.o $(K)/kernels.o $(LIBGCC)
	$(BENCH_LD) -T $< -o $@ $(filter %.o %.a,$^)
	$(OBJCOPY) --strip-debug $@
