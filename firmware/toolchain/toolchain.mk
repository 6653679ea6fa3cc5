# The LX7 for GNU's tools, its libgcc, and Rust's core library.

T := $(B)/toolchain
SRC := $(B)/src

# --- the configuration plug-in

$(SRC)/binutils.stamp:
	@test -n "$(BINUTILS_TAR)" || { echo "install binutils-source (see README.md)"; exit 1; }
	mkdir -p $(SRC)
	tar xf $(BINUTILS_TAR) -C $(SRC) --strip-components=1 --wildcards '*/include/xtensa-*.h' '*/include/ansidecl.h'
	touch $@

$(SRC)/gcc.stamp:
	@test -n "$(GCC_TAR)" || { echo "install gcc-13-source (see README.md)"; exit 1; }
	mkdir -p $(SRC)
	tar xf $(GCC_TAR) -C $(SRC) --strip-components=1 --wildcards '*/libgcc/libgcc2.*' '*/libgcc/config/xtensa/*'  \
		'*/include/longlong.h'
	touch $@

# Only when the source package is nowhere to be found: needs a deb-src line for trixie.
$(B)/qemu.orig.tar.xz:
	mkdir -p $(B)
	cd $(B) && apt-get source --download-only qemu && ln -sf qemu_*.orig.tar.xz qemu.orig.tar.xz

$(SRC)/qemu.stamp: | $(QEMU_TAR)
	mkdir -p $(SRC)
	tar xf $(QEMU_TAR) -C $(SRC) --strip-components=1 --wildcards '*/target/xtensa/core-de233_fpu/xtensa-modules.c.inc'
	touch $@

$(T)/modules.c: toolchain/extend_table.py $(SRC)/qemu.stamp
	mkdir -p $(T)
	$(PYTHON) $< $(SRC)/target/xtensa/core-de233_fpu/xtensa-modules.c.inc $@

# -include ansidecl.h: the table was written for binutils' own build
$(PLUGIN): toolchain/dynconfig.c toolchain/core-config.h $(T)/modules.c $(SRC)/binutils.stamp
	$(HOST_CC) -O1 -shared -fPIC -w -include ansidecl.h -Itoolchain -I$(SRC)/include -o $@ toolchain/dynconfig.c \
		$(T)/modules.c

# --- libgcc for the windowed ABI

LIB1 := mulsi3 divsi3 modsi3 udivsi3 umodsi3 umulsidi3 clz clrsbsi2 clzsi2 ctzsi2 ffssi2 ashldi3 ashrdi3 lshrdi3 \
	bswapsi2 bswapdi2 negsf2 addsubsf3 mulsf3 divsf3 cmpsf2 fixsfsi fixsfdi fixunssfsi fixunssfdi floatsisf \
	floatunsisf floatdisf floatundisf negdf2 addsubdf3 muldf3 divdf3 cmpdf2 fixdfsi fixdfdi fixunsdfsi \
	fixunsdfdi floatsidf floatunsidf floatdidf floatundidf truncdfsf2 extendsfdf2
LIB2 := muldi3 negdi2 cmpdi2 ucmpdi2 ffsdi2 clzdi2 ctzdi2 clrsbdi2 popcount_tab popcountsi2 popcountdi2 paritysi2 \
	paritydi2 divdi3 moddi3 divmoddi4 udivdi3 umoddi3 udivmoddi4 absvsi2 absvdi2 addvsi3 addvdi3 subvsi3 subvdi3 \
	mulvsi3 mulvdi3 negvsi2 negvdi2 powisf2 powidf2 mulsc3 muldc3 divsc3 divdc3
LIBGCC_OBJECTS := $(LIB1:%=$(T)/libgcc/lib1_%.o) $(LIB2:%=$(T)/libgcc/lib2_%.o) $(T)/libgcc/windows.o
LIBGCC_FLAGS := -O2 -mabi=windowed -mlongcalls -mtext-section-literals -ffunction-sections -fno-ident

$(T)/libgcc/lib1_%.o: $(SRC)/gcc.stamp $(PLUGIN)
	@mkdir -p $(@D)
	$(CC) $(LIBGCC_FLAGS) -DL_$* -c -o $@ $(SRC)/libgcc/config/xtensa/lib1funcs.S
$(T)/libgcc/lib2_%.o: $(SRC)/gcc.stamp $(PLUGIN) $(wildcard toolchain/libgcc/*.h)
	@mkdir -p $(@D)
	$(CC) $(LIBGCC_FLAGS) -w -ffreestanding -fbuilding-libgcc -fno-builtin -DIN_LIBGCC2 -DL_$* -Itoolchain/libgcc \
		-I$(SRC)/libgcc -I$(SRC)/include -c -o $@ $(SRC)/libgcc/libgcc2.c
$(T)/libgcc/windows.o: $(SRC)/gcc.stamp $(PLUGIN)
	@mkdir -p $(@D)
	$(CC) $(LIBGCC_FLAGS) -c -o $@ $(SRC)/libgcc/config/xtensa/lib2funcs.S
$(LIBGCC): $(LIBGCC_OBJECTS)
	rm -f $@
	$(AR) rcD $@ $^

# --- Rust's core and compiler_builtins
# ----------------------------------------------------------------------------------- LLVM's object writer for Xtensa
# is not to be trusted, so crates are compiled to assembly and assembled by GNU as.

RUST_TARGET := toolchain/xtensa-esp32s3.json
# RUSTC_BOOTSTRAP: a target file and core's own features are for nightly only. Frame pointers work round LLVM's
# "cannot scavenge register". Paths are mapped because panics carry them.
RUSTC := RUSTC_BOOTSTRAP=1 rustc --edition 2024 --target $(RUST_TARGET) -Z unstable-options -C opt-level=2 \
	-C panic=abort -C codegen-units=1 -C force-frame-pointers=yes --crate-type rlib --emit=metadata,asm -L $(T)/rust \
	--remap-path-prefix=$(RUST_SRC)=rust --remap-path-prefix=$(CURDIR)/=
RUSTC_LIBRARY := $(RUSTC) -Z force-unstable-if-unmarked --cap-lints allow

define ASSEMBLE_RUST
awk -f toolchain/place_literals.awk $(1) | $(AS) -o $(2) -
endef
# GNU as has no call frame information for this target, and wants the name of a file in one piece.
define ASSEMBLE_RUST_WITH_DEBUG
sed -e '/^\t\.cfi_/d' -e 's/^\(\t\.file\t[0-9]* "[^"]*\)" "/\1\//' $(1) > $(1).plain
$(call ASSEMBLE_RUST,$(1).plain,$(2))
endef

$(T)/rust/libcore.rmeta: $(RUST_TARGET)
	@test -n "$(RUST_SRC)" || { echo "install rust-web-src (see README.md)"; exit 1; }
	mkdir -p $(T)/rust
	$(RUSTC_LIBRARY) --crate-name core --out-dir $(T)/rust $(RUST_SRC)/core/src/lib.rs
$(T)/rust/libcompiler_builtins.rmeta: $(T)/rust/libcore.rmeta
	$(RUSTC_LIBRARY) --crate-name compiler_builtins --cfg 'feature="compiler-builtins"' --cfg 'feature="mem"' \
		--out-dir $(T)/rust $(RUST_SRC)/compiler-builtins/compiler-builtins/src/lib.rs
$(T)/rust/%.o: $(T)/rust/lib%.rmeta toolchain/place_literals.awk $(PLUGIN)
	$(call ASSEMBLE_RUST,$(T)/rust/$*.s,$@)
$(LIBCORE): $(T)/rust/core.o $(T)/rust/compiler_builtins.o
	rm -f $@
	$(AR) rcD $@ $^
