/* Empty: libgcc2.c includes the coretypes.h of a configured GCC, and needs nothing of it here. */
