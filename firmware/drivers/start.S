/* Core 0's vectors and start. The drivers poll: anything but a window exception is a mistake, and stops here. */
#include "window_vectors.h"

#define PS_WOE_UM 0x40020

	.section .vectors, "ax"
	.global	drivers_vectors
drivers_vectors:
	window_vectors
	.irp	offset, 0x180, 0x1C0, 0x200, 0x240, 0x280, 0x2C0, 0x300, 0x340, 0x3C0
	.org	\offset
	j	drivers_stop
	.endr
	.org	0x400

	.text
	.align	4
	.global	drivers_stop
drivers_stop:
	waiti	15
	j	drivers_stop

	.align	4
	.global	drivers_start
	.type	drivers_start, @function
drivers_start:
	movi	a0, 0
	wsr.intenable a0
	wsr.lcount a0
	wsr.windowbase a0
	rsync
	movi	a0, 1
	wsr.windowstart a0
	movi	a2, drivers_vectors
	wsr.vecbase a2
	movi	a2, PS_WOE_UM
	wsr.ps	a2
	rsync
	movi	a1, drivers_stack_top
	movi	a2, _bss_start
	movi	a3, _bss_end
	sub	a3, a3, a2
	srli	a3, a3, 2
	movi	a0, 0			/* clears, and ends back-traces */
	loopnez	a3, 1f
	s32i	a0, a2, 0
	addi	a2, a2, 4
1:	movi	a4, drivers_main
	callx4	a4
