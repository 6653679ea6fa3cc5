/* Both cores' vectors, start and interrupt entry; and what Rust cannot write (it has no asm! for Xtensa).

   Core 1's program may be linked alone (AMP_PROGRAM), and then core 0's part too: each has its own half. Beside
   ESP-IDF there is core 1's half only (AMP_CORE1_ALONE). */
#include "amp.h"
#include "esp32s3.h"
#include "window_vectors.h"

#ifndef AMP_CORE0_ALONE
#define AMP_HAS_CORE1
#endif
#if !defined(AMP_PROGRAM) && !defined(AMP_CORE1_ALONE)
#define AMP_HAS_CORE0
#endif

#define PS_EXCM 0x10
#define PS_WOE_UM 0x40020
#define EXCCAUSE_LEVEL1 4
#define EXCCAUSE_ALLOCA 5

/* An interrupt's frame, below the 16 bytes under the interrupted stack pointer, where a caller's registers may lie. */
#define FRAME_SIZE 112
#define FRAME_A0 0
#define FRAME_A2 4 /* and up to a15, at FRAME_A2 + 4 * (n - 2) */
#define FRAME_SAR 60
#define FRAME_LBEG 64
#define FRAME_LEND 68
#define FRAME_LCOUNT 72
#define FRAME_SCOMPARE1 76
#define FRAME_EPC 80
#define FRAME_PS 84

/* Enter C or Rust from an interrupt of the given level: a0 is in EXCSAVE, PS.EXCM is set.

   The handler is called by call4, so its window begins at our a4: a0..a3 are kept by the window mechanism, a4..a15
   may hold values of the interrupted function and are saved here. PS carries CALLINC of a call whose entry is still
   to come. LCOUNT is cleared because the handler may run over the interrupted loop's end. SCOMPARE1 belongs to an
   atomic operation in progress. The FPU stays off (CPENABLE is 0) and nothing here accumulates, so their registers
   are left alone. */
	.macro interrupt_entry level, handler
	addi	a1, a1, -FRAME_SIZE
	s32i	a2, a1, FRAME_A2
	rsr	a0, excsave\level
	s32i	a0, a1, FRAME_A0
	.irp	n, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	s32i	a\n, a1, FRAME_A2 + 4 * (\n - 2)
	.endr
	rsr.sar	a2
	s32i	a2, a1, FRAME_SAR
	rsr.lbeg a2
	s32i	a2, a1, FRAME_LBEG
	rsr.lend a2
	s32i	a2, a1, FRAME_LEND
	movi	a2, 0
	xsr.lcount a2
	s32i	a2, a1, FRAME_LCOUNT
	rsr.scompare1 a2
	s32i	a2, a1, FRAME_SCOMPARE1
	rsr	a2, epc\level
	s32i	a2, a1, FRAME_EPC
	.ifeq	\level - 1
	rsr.ps	a2
	.else
	rsr	a2, eps\level
	.endif
	s32i	a2, a1, FRAME_PS
	movi	a2, PS_WOE_UM | \level
	wsr.ps	a2
	rsync
	movi	a4, \handler
	callx4	a4
	movi	a2, PS_WOE_UM | PS_EXCM | \level
	wsr.ps	a2			/* as at entry: nothing may come between here and the return */
	rsync
	l32i	a2, a1, FRAME_PS
	.ifeq	\level - 1
	wsr.ps	a2
	.else
	wsr	a2, eps\level
	.endif
	l32i	a2, a1, FRAME_EPC
	wsr	a2, epc\level
	l32i	a2, a1, FRAME_SCOMPARE1
	wsr.scompare1 a2
	l32i	a2, a1, FRAME_LBEG
	wsr.lbeg a2
	l32i	a2, a1, FRAME_LEND
	wsr.lend a2
	l32i	a2, a1, FRAME_LCOUNT
	wsr.lcount a2
	l32i	a2, a1, FRAME_SAR
	wsr.sar	a2
	rsync
	l32i	a0, a1, FRAME_A0
	.irp	n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	l32i	a\n, a1, FRAME_A2 + 4 * (\n - 2)
	.endr
	addi	a1, a1, FRAME_SIZE
	.ifeq	\level - 1
	rfe
	.else
	rfi	\level
	.endif
	.endm

/* A core's vector table; VECBASE needs 1 KiB alignment. Level 3 is the loop's timer on core 1, unused on core 0. */
	.macro panic_vector offset, save, kind
	.org	\offset
	wsr	a0, \save
	movi	a0, \kind
	j	panic
	.endm

	.macro vector_table core, interrupt
	.section .vectors.core\core, "ax"
	.balign	1024
	.global	amp_core\core\()_vectors
amp_core\core\()_vectors:
	window_vectors _core\core
	panic_vector 0x180, excsave2, 2
	.ifeq	\core
	panic_vector 0x1C0, excsave3, 3
	.else
	.org	0x1C0
	wsr.excsave3 a0
	j	level3_core1
	.endif
	panic_vector 0x200, excsave4, 4
	panic_vector 0x240, excsave5, 5
	panic_vector 0x280, excsave6, 6
	panic_vector 0x2C0, excsave7, 7
	panic_vector 0x300, excsave1, AMP_PANIC_EXCEPTION	/* kernel: cannot be, PS.UM is always set here */
	.org	0x340
	wsr.excsave1 a0
	j	user_core\core
	panic_vector 0x3C0, excsave1, AMP_PANIC_DOUBLE
	.org	0x400

	.text
	.align	4
user_core\core:
	rsr.exccause a0
	beqi	a0, EXCCAUSE_LEVEL1, 1f
	beqi	a0, EXCCAUSE_ALLOCA, 2f
	movi	a0, AMP_PANIC_EXCEPTION
	j	panic
	.align	4
1:	interrupt_entry 1, \interrupt
2:	alloca_handler _core\core
	.endm

#ifdef AMP_HAS_CORE0
	vector_table 0, amp_core0_interrupt
#endif
#ifdef AMP_HAS_CORE1
	vector_table 1, amp_core1_interrupt

	.text
	.align	4
level3_core1:
	interrupt_entry 3, amp_core1_timer
#endif

/* a0: the kind of panic. Nothing comes back from here: forget older windows and report on a fresh stack. */
	.align	4
panic:
	mov	a6, a0
	mov	a7, a1
	rsr.windowbase a2
	ssl	a2
	movi	a3, 1
	sll	a3, a3
	wsr.windowstart a3
	rsync
#ifndef AMP_HAS_CORE1
	movi	a1, amp_core0_stack_top
#elif !defined(AMP_HAS_CORE0)
	movi	a1, amp_core1_stack_top
#else
	rsr.prid a2
	movi	a1, amp_core0_stack_top
	bbci	a2, PRID_CORE_BIT, 1f
	movi	a1, amp_core1_stack_top
#endif
1:	movi	a0, 0
	movi	a2, PS_WOE_UM | 15
	wsr.ps	a2
	rsync
	movi	a4, amp_panic
	callx4	a4

/* The state every core starts with: its own vectors and stack, one window, no FPU, and no access below 0x20000000,
   above 0x80000000 or to code below 0x40000000, so that a null pointer is caught. */
	.macro core_start core
	movi	a0, 0
	wsr.intenable a0
	wsr.lcount a0
	wsr.cpenable a0
	wsr.windowbase a0
	rsync
	movi	a0, 1
	wsr.windowstart a0
	movi	a2, amp_core\core\()_vectors
	wsr.vecbase a2
	movi	a2, PS_WOE_UM
	wsr.ps	a2
	rsync
	movi	a2, 15			/* attribute: no access */
	movi	a3, 0
	wdtlb	a2, a3
	movi	a4, 0x20000000
	movi	a5, 0x80000000
	witlb	a2, a3
	witlb	a2, a4
1:	wdtlb	a2, a5
	witlb	a2, a5
	add	a5, a5, a4
	bnez	a5, 1b
	isync
	dsync
	movi	a1, amp_core\core\()_stack_top
	movi	a0, 0			/* ends back-traces */
	.endm

#ifdef AMP_HAS_CORE0
	.align	4
	.global	amp_core0_start
	.type	amp_core0_start, @function
amp_core0_start:
	core_start 0
	movi	a2, _bss_start
	movi	a3, _bss_end
	sub	a3, a3, a2
	srli	a3, a3, 2
	loopnez	a3, 1f
	s32i	a0, a2, 0
	addi	a2, a2, 4
1:	movi	a4, amp_core0_main
	callx4	a4
#endif

#ifdef AMP_HAS_CORE1
#ifdef AMP_PROGRAM
/* What core 0 finds at the beginning of the partition: struct amp_program. The CRC is put in when the program is packed.
 */
	.section .header, "a"
	.word	AMP_PROGRAM_MAGIC, AMP_PROGRAM, amp_program_size, amp_core1_start, 0, 0, 0, 0

/* a2: from, a3: to, a4: end of to; all in words. */
	.macro	copy_words
	sub	a4, a4, a3
	srli	a4, a4, 2
	loopnez	a4, 1f
	l32i	a5, a2, 0
	addi	a2, a2, 4
	s32i	a5, a3, 0
	addi	a3, a3, 4
1:
	.endm

/* a2: word, a3: to, a4: end */
	.macro	fill_words
	sub	a4, a4, a3
	srli	a4, a4, 2
	loopnez	a4, 1f
	s32i	a2, a3, 0
	addi	a3, a3, 4
1:
	.endm

	.section .flash.text, "ax"
#endif

/* Core 1's trampoline: the boot address that core 0 gives the ROM. */
	.align	4
	.global	amp_core1_start
	.type	amp_core1_start, @function
amp_core1_start:
	core_start 1
#ifdef AMP_PROGRAM
	/* Nobody has prepared this program's memory: code that must not wait for flash, data, bss, and the stack's pattern,
	   which shows how deep it ever was. */
	movi	a2, amp_core1_code_in_flash
	movi	a3, amp_core1_code_start
	movi	a4, amp_core1_code_end
	copy_words
	movi	a2, amp_core1_data_in_flash
	movi	a3, amp_core1_data_start
	movi	a4, amp_core1_data_end
	copy_words
#ifndef AMP_FORGETS_BSS
	movi	a2, 0
	movi	a3, amp_core1_bss_start
	movi	a4, amp_core1_bss_end
	fill_words
#endif
	movi	a2, 0xA5A5A5A5
	movi	a3, amp_core1_stack_bottom
	movi	a4, amp_core1_stack_top
	fill_words
	isync
#endif
	movi	a4, amp_core1_main
	callx4	a4

	.text

/* For Rust: amp_ccount() -> u32, amp_set_timer1(ccount: u32), amp_enable_interrupts(lines: u32), amp_wait() */
	.macro	function name
	.align	4
	.global	\name
	.type	\name, @function
\name:
	entry	a1, 32
	.endm

	function amp_ccount
	rsr.ccount a2
	retw

	function amp_set_timer1		/* also withdraws the timer's interrupt */
	wsr.ccompare1 a2
	esync
	retw

	function amp_enable_interrupts
	wsr.intenable a2
	rsync
	retw

	function amp_wait
	waiti	0
	retw
#endif
