/* Empty: libgcc2.c includes the libgcc_tm.h of a configured GCC, and needs nothing of it here. */
