/* The machine as libgcc2.c asks for it when no GCC is configured around it. */
#define BITS_PER_UNIT 8
#define MIN_UNITS_PER_WORD 4
#define BYTES_BIG_ENDIAN 0
#define WORDS_BIG_ENDIAN 0
