/* Kinds of crash beside the interrupt levels 2 to 7, which stand for themselves. */
#define CRASH_EXCEPTION 16
#define CRASH_DOUBLE_EXCEPTION 17
