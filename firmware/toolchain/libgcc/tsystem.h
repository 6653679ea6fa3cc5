/* What libgcc2.c takes from the system: nothing but these, since the library is built for a bare machine. */
#include <stddef.h>
#include <limits.h>
void abort(void) __attribute__((noreturn));
