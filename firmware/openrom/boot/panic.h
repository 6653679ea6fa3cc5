#ifndef PANIC_H
#define PANIC_H

#include "boot/frame.h"

/* Show an exception that nobody handles, and stop. */
void openrom_panic(const struct exception_frame *frame) __attribute__((noreturn));

#endif
