/* Empty: libgcc2.c includes the tconfig.h of a configured GCC, and needs nothing of it here. */
