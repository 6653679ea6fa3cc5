/* What is at fixed places of the ROM: the vectors of VECBASE's reset value, the reset vector, the chip's identity. */
#include "esp32s3.h"
#include "window_vectors.h"
#include "boot/frame.h"

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
	j	save
alloca:
	alloca_handler

/* Any other exception: what was interrupted is saved in a frame on its stack and the application's or the ROM's handler
   called, as if the interrupted code had called it. Only a0 to a3 are sure to be its own; older functions may still have
   registers where a4 to a15 are, until those have been spilled.
 */
	.macro	save_sr name, at
	rsr.\name a0
	s32i	a0, a1, FRAME_START + \at
	.endm
	.macro	restore_sr name, at
	l32i	a2, a3, FRAME_START + \at
	wsr.\name a2
	.endm

	.align	4
save:
	mov	a0, a1
	addmi	a1, a1, -FRAME_SIZE
	s32i	a0, a1, FRAME_START + FRAME_A1
	s32i	a2, a1, FRAME_START + FRAME_A2
	s32i	a3, a1, FRAME_START + FRAME_A3
	save_sr	excsave1, FRAME_A0
	save_sr	epc1, FRAME_PC
	save_sr	exccause, FRAME_EXCCAUSE
	save_sr	excvaddr, FRAME_EXCVADDR
	save_sr	sar, FRAME_SAR
	save_sr	lcount, FRAME_LCOUNT
	save_sr	lbeg, FRAME_LBEG
	save_sr	lend, FRAME_LEND
	save_sr	acclo, FRAME_ACCLO
	save_sr	acchi, FRAME_ACCHI
	save_sr	m0, FRAME_MR
	save_sr	m1, FRAME_MR + 4
	save_sr	m2, FRAME_MR + 8
	save_sr	m3, FRAME_MR + 12
	rsr.ps	a0
	movi	a2, 0x10		/* EXCM: the interrupted code had it clear */
	xor	a2, a0, a2
	s32i	a2, a1, FRAME_START + FRAME_PS
	movi	a2, 0
	wsr.lcount a2			/* a handler must not be sent round the interrupted loop */
	extui	a0, a0, 0, 4
	movi	a2, 1
	maxu	a0, a0, a2		/* interrupts of level 1 wait */
	movi	a2, PS_WOE_UM
	or	a0, a0, a2
	mov	a2, a1
	addmi	a1, a1, FRAME_SIZE
	wsr.ps	a0
	rsync
	movi	a0, 0
	and	a12, a12, a12		/* spills whoever is there */
	s32i	a4, a2, FRAME_START + FRAME_A4
	s32i	a5, a2, FRAME_START + FRAME_A5
	s32i	a6, a2, FRAME_START + FRAME_A6
	s32i	a7, a2, FRAME_START + FRAME_A6 + 4
	s32i	a8, a2, FRAME_START + FRAME_A6 + 8
	s32i	a9, a2, FRAME_START + FRAME_A6 + 12
	s32i	a10, a2, FRAME_START + FRAME_A6 + 16
	s32i	a11, a2, FRAME_START + FRAME_A6 + 20
	s32i	a12, a2, FRAME_START + FRAME_A6 + 24
	s32i	a13, a2, FRAME_START + FRAME_A6 + 28
	s32i	a14, a2, FRAME_START + FRAME_A6 + 32
	s32i	a15, a2, FRAME_START + FRAME_A6 + 36
	l32i	a0, a2, FRAME_START + FRAME_A0	/* back-traces go on from here */
	call4	handle
	addmi	a3, a1, -FRAME_SIZE
	l32i	a4, a3, FRAME_START + FRAME_A4
	l32i	a5, a3, FRAME_START + FRAME_A5
	l32i	a6, a3, FRAME_START + FRAME_A6
	l32i	a7, a3, FRAME_START + FRAME_A6 + 4
	l32i	a8, a3, FRAME_START + FRAME_A6 + 8
	l32i	a9, a3, FRAME_START + FRAME_A6 + 12
	l32i	a10, a3, FRAME_START + FRAME_A6 + 16
	l32i	a11, a3, FRAME_START + FRAME_A6 + 20
	l32i	a12, a3, FRAME_START + FRAME_A6 + 24
	l32i	a13, a3, FRAME_START + FRAME_A6 + 28
	l32i	a14, a3, FRAME_START + FRAME_A6 + 32
	l32i	a15, a3, FRAME_START + FRAME_A6 + 36
	l32i	a2, a3, FRAME_START + FRAME_PS
	movi	a0, 0x10
	or	a2, a2, a0
	wsr.ps	a2
	rsync
	restore_sr sar, FRAME_SAR
	restore_sr lbeg, FRAME_LBEG
	restore_sr lend, FRAME_LEND
	restore_sr lcount, FRAME_LCOUNT
	restore_sr acclo, FRAME_ACCLO
	restore_sr acchi, FRAME_ACCHI
	restore_sr m0, FRAME_MR
	restore_sr m1, FRAME_MR + 4
	restore_sr m2, FRAME_MR + 8
	restore_sr m3, FRAME_MR + 12
	restore_sr epc1, FRAME_PC
	l32i	a0, a3, FRAME_START + FRAME_A0
	l32i	a2, a3, FRAME_START + FRAME_A2
	l32i	a3, a3, FRAME_START + FRAME_A3
	rfe

/* Its own stack frame is the frame that was filled. */
	.align	4
handle:
	entry	a1, FRAME_SIZE
	addi	a10, a1, FRAME_START
	movi	a8, openrom_exception
	callx8	a8
	retw

/* All windows but the caller's go to the stack. */
	.align	4
	.global	openrom_spill_windows
openrom_spill_windows:
	entry	a1, 32
	call12	1f
	retw
	.align	4
1:	entry	a1, 48
	call12	2f
	retw
	.align	4
2:	entry	a1, 48
	call12	3f
	retw
	.align	4
3:	entry	a1, 48
	call12	4f
	retw
	.align	4
4:	entry	a1, 48
	mov	a4, a4
	retw

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
	movi	a2, 0x15		/* atomic accesses by exclusive bus cycles, cached ones in the cache */
	wsr.atomctl a2
	movi	a2, 1
	wsr.memctl a2
	/* What may be accessed: nothing below 0x20000000, so that null pointers are noticed. The attributes of the eight
	   regions of 512 MB, lowest digit first. */
	movi	a2, 0x2222211F
	movi	a3, 0
	movi	a5, 0x20000000
	movi	a4, 8
	loop	a4, 1f
	wdtlb	a2, a3
	witlb	a2, a3
	srli	a2, a2, 4
	add	a3, a3, a5
1:	isync
	dsync
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
