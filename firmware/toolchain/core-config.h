/* The ESP32-S3's processor configuration (Xtensa LX7.0.12, two of them), in the names GNU's tools use for it.
   Only what differs from a bare core or what the tools insist on; caches are outside the core on this chip. */
#ifndef TWINCORE_CORE_CONFIG_H
#define TWINCORE_CORE_CONFIG_H

#define XTENSA_MARCH_EARLIEST 270012
#define XTENSA_MARCH_LATEST 270012

/* ABI and literals: windowed calls, literals in the text in front of their function */
#define XTHAL_ABI_WINDOWED 0
#define XTHAL_ABI_CALL0 1
#define XSHAL_ABI XTHAL_ABI_WINDOWED
#define XSHAL_USE_ABSOLUTE_LITERALS 0
#define XSHAL_HAVE_TEXT_SECTION_LITERALS 1

/* integer options */
#define XCHAL_HAVE_BE 0
#define XCHAL_HAVE_DENSITY 1
#define XCHAL_HAVE_CONST16 0
#define XCHAL_HAVE_L32R 1
#define XCHAL_HAVE_ABS 1
#define XCHAL_HAVE_ADDX 1
#define XCHAL_HAVE_LOOPS 1
#define XCHAL_HAVE_NSA 1
#define XCHAL_HAVE_MINMAX 1
#define XCHAL_HAVE_SEXT 1
#define XCHAL_HAVE_CLAMPS 1
#define XCHAL_HAVE_MAC16 1
#define XCHAL_HAVE_MUL16 1
#define XCHAL_HAVE_MUL32 1
#define XCHAL_HAVE_MUL32_HIGH 1
#define XCHAL_HAVE_DIV32 1
#define XCHAL_HAVE_BOOLEANS 1
#define XCHAL_HAVE_WIDE_BRANCHES 0
#define XCHAL_HAVE_PREDICTED_BRANCHES 0

/* windows, threads, the other core */
#define XCHAL_HAVE_WINDOWED 1
#define XCHAL_NUM_AREGS 64
#define XCHAL_HAVE_THREADPTR 1
#define XCHAL_HAVE_RELEASE_SYNC 1
#define XCHAL_HAVE_S32C1I 1

/* single-precision floating point with the divide and square-root helpers */
#define XCHAL_HAVE_FP 1
#define XCHAL_HAVE_FP_DIV 1
#define XCHAL_HAVE_FP_RECIP 1
#define XCHAL_HAVE_FP_SQRT 1
#define XCHAL_HAVE_FP_RSQRT 1
#define XCHAL_HAVE_FP_POSTINC 1
#define XCHAL_HAVE_DFP 0

/* memory: unaligned accesses work in hardware, no translation */
#define XCHAL_DATA_WIDTH 16
#define XCHAL_UNALIGNED_LOAD_EXCEPTION 0
#define XCHAL_UNALIGNED_STORE_EXCEPTION 0
#define XCHAL_UNALIGNED_LOAD_HW 1
#define XCHAL_UNALIGNED_STORE_HW 1
#define XCHAL_HAVE_MMU 0
#define XCHAL_ICACHE_SIZE 0
#define XCHAL_ICACHE_LINESIZE 4
#define XCHAL_ICACHE_LINEWIDTH 2
#define XCHAL_DCACHE_SIZE 0
#define XCHAL_DCACHE_LINESIZE 16
#define XCHAL_DCACHE_LINEWIDTH 4
#define XCHAL_DCACHE_IS_WRITEBACK 0

/* fetch: 3 bytes at most, since the table has none of the 4-byte vector instructions */
#define XCHAL_MAX_INSTRUCTION_SIZE 3
#define XCHAL_INST_FETCH_WIDTH 4
#define XCHAL_M_STAGE 2

/* debug */
#define XCHAL_HAVE_DEBUG 1
#define XCHAL_DEBUGLEVEL 6
#define XCHAL_NUM_IBREAK 2
#define XCHAL_NUM_DBREAK 2

#endif
