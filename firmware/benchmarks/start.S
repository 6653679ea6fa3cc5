/* Vectors and the start of both cores; anything but a window exception ends the run with status 254. */
#include "window_vectors.h"

#define PS_WOE_UM 0x40020
#define SYS_EXIT 1
#define STATUS_PANIC 254

	.section .vectors, "ax"
	.global	bench_vectors
bench_vectors:
	window_vectors
	.irp	offset, 0x180, 0x1C0, 0x200, 0x240, 0x280, 0x2C0, 0x300, 0x340, 0x3C0
	.org	\offset
	j	panic
	.endr
	.org	0x400

/* QEMU's machine sim starts at its reset vector; on the ESP32-S3 the ROM does, and the linker leaves this out. */
	.section .reset, "ax"
	j	2f
	.align	4
1:	.word	bench_core0_start
2:	l32r	a0, 1b
	jx	a0

	.text
	.align	4
panic:	movi	a3, STATUS_PANIC
	movi	a2, SYS_EXIT
	simcall 0
	j	panic

	.macro	start name, stack, main
	.align	4
	.global	\name
	.type	\name, @function
\name:	movi	a0, 0
	wsr.intenable a0
	wsr.lcount a0
	wsr.windowbase a0
	rsync
	movi	a0, 1
	wsr.windowstart a0
	movi	a2, bench_vectors
	wsr.vecbase a2
	movi	a2, PS_WOE_UM
	wsr.ps	a2
	rsync
	movi	a1, \stack
	movi	a0, 0
	movi	a4, \main
	callx4	a4
	.endm

	start	bench_core0_start, bench_core0_stack_top, bench_core0_main
	start	bench_core1_start, bench_core1_stack_top, bench_core1_main

/* bench_exit(status) */
	.align	4
	.global	bench_exit
	.type	bench_exit, @function
bench_exit:
	entry	a1, 32
	mov	a3, a2
1:	movi	a2, SYS_EXIT
	simcall 0
	j	1b
