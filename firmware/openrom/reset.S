/* What is at fixed places of the ROM: the vectors of VECBASE's reset value, the reset vector, the chip's identity. */
#include "esp32s3.h"
#include "window_vectors.h"
#include "crash.h"

#define PS_WOE_UM 0x40020 /* windows on, user vector, no exception, all interrupt levels open (INTENABLE is 0) */

	.macro crash_vector offset, save, kind
	.org	\offset
	wsr	a0, \save
	movi	a0, \kind
	j	crash
	.endm

	.section .vectors.text, "ax"
	window_vectors
	crash_vector 0x180, excsave2, 2
	crash_vector 0x1C0, excsave3, 3
	crash_vector 0x200, excsave4, 4
	crash_vector 0x240, excsave5, 5
	crash_vector 0x280, excsave6, 6
	crash_vector 0x2C0, excsave7, 7
	.org	0x300
	j	exception
	.org	0x340
	j	exception
	crash_vector 0x3C0, excsave1, CRASH_DOUBLE_EXCEPTION
	.org	0x400
	.global	reset_vector
reset_vector:
	j	start
	.org	0x570
	.global	_rom_chip_id
	.global	_rom_eco_version
_rom_chip_id:
	.word	9			/* ESP32-S3, as in the header of its images */
_rom_eco_version:
	.word	0

	.text
	.align	4
exception:
	wsr.excsave1 a0
	rsr.exccause a0
	beqi	a0, 5, alloca
	movi	a0, CRASH_EXCEPTION
	j	crash
alloca:
	alloca_handler

/* a0: the kind of crash. Nothing comes back from here, so the stack starts afresh and older windows are forgotten. */
	.align	4
	.global	crash
crash:
	mov	a6, a0
	mov	a7, a1
	rsr.windowbase a2
	ssl	a2
	movi	a3, 1
	sll	a3, a3
	wsr.windowstart a3
	rsync
	rsr.prid a2
	movi	a1, _stack_core0_top
	bbci	a2, PRID_CORE_BIT, 1f
	movi	a1, _stack_core1_top
1:	movi	a0, 0
	movi	a2, PS_WOE_UM | 15	/* no interrupt may disturb the report */
	wsr.ps	a2
	rsync
	movi	a4, openrom_crash
	callx4	a4

	.align	4
start:
	movi	a0, 0
	wsr.intenable a0
	wsr.lcount a0
	wsr.windowbase a0
	rsync
	movi	a0, 1
	wsr.windowstart a0
	movi	a2, 0x40000000
	wsr.vecbase a2
	movi	a2, PS_WOE_UM
	wsr.ps	a2
	rsync
	movi	a0, 0			/* ends back-traces */
	rsr.prid a2
	bbsi	a2, PRID_CORE_BIT, start_core1
	movi	a2, _rom_data_start	/* the ROM's own variables and, behind them, the public ones */
	movi	a3, _rom_data_end
	sub	a3, a3, a2
	srli	a3, a3, 2
	loopnez	a3, 1f
	s32i	a0, a2, 0
	addi	a2, a2, 4
1:	movi	a1, _stack_core0_top
	movi	a4, openrom_core0
	callx4	a4			/* call4: the first frame has no caller in whose frame call8 could spill */

	.align	4
start_core1:
	movi	a1, _stack_core1_top
	movi	a4, openrom_core1
	callx4	a4
