/* The six handlers that spill and refill register windows, for the start of a vector table (VECBASE + 0 .. 0x17F);
   the suffix tells the labels of several tables apart.

   Where the windowed ABI keeps a spilled frame: a0..a3 in the 16 bytes below the stack pointer of the frame that it
   called, a4..a7 (and a8..a11) at the top of its own stack frame, 16 bytes below its caller's stack pointer. That
   pointer was spilled before, with the caller's a0..a3, below the frame's own stack pointer: hence the l32e at offset
   -12 from a1. A handler runs in the window of the frame to be spilled or refilled; a5, a9 or a13 is the stack pointer
   of the frame that it called. */
	.macro window_vectors suffix=
	.balign	64
_WindowOverflow4\suffix:
	s32e	a0, a5, -16
	s32e	a1, a5, -12
	s32e	a2, a5, -8
	s32e	a3, a5, -4
	rfwo

	.balign	64
_WindowUnderflow4\suffix:
	l32e	a0, a5, -16
	l32e	a1, a5, -12
	l32e	a2, a5, -8
	l32e	a3, a5, -4
	rfwu

	.balign	64
_WindowOverflow8\suffix:
	s32e	a0, a9, -16
	l32e	a0, a1, -12		/* the caller's stack pointer */
	s32e	a1, a9, -12
	s32e	a2, a9, -8
	s32e	a3, a9, -4
	s32e	a4, a0, -32
	s32e	a5, a0, -28
	s32e	a6, a0, -24
	s32e	a7, a0, -20
	rfwo

	.balign	64
_WindowUnderflow8\suffix:
	l32e	a1, a9, -12
	l32e	a0, a9, -16
	l32e	a7, a1, -12		/* the caller's stack pointer, until a7 itself comes back */
	l32e	a2, a9, -8
	l32e	a3, a9, -4
	l32e	a4, a7, -32
	l32e	a5, a7, -28
	l32e	a6, a7, -24
	l32e	a7, a7, -20
	rfwu

	.balign	64
_WindowOverflow12\suffix:
	s32e	a0, a13, -16
	l32e	a0, a1, -12
	s32e	a1, a13, -12
	s32e	a2, a13, -8
	s32e	a3, a13, -4
	s32e	a4, a0, -48
	s32e	a5, a0, -44
	s32e	a6, a0, -40
	s32e	a7, a0, -36
	s32e	a8, a0, -32
	s32e	a9, a0, -28
	s32e	a10, a0, -24
	s32e	a11, a0, -20
	rfwo

	.balign	64
_WindowUnderflow12\suffix:
	l32e	a1, a13, -12
	l32e	a0, a13, -16
	l32e	a11, a1, -12
	l32e	a2, a13, -8
	l32e	a3, a13, -4
	l32e	a4, a11, -48
	l32e	a5, a11, -44
	l32e	a6, a11, -40
	l32e	a7, a11, -36
	l32e	a8, a11, -32
	l32e	a9, a11, -28
	l32e	a10, a11, -24
	l32e	a11, a11, -20
	rfwu
	.endm

/* movsp raised Alloca (EXCCAUSE 5) because the caller's registers are not in the window file any more but below the
   stack pointer, where they would be left behind when it moves. Rotate down to the caller and let its underflow handler
   load it, after which movsp runs again. Enter with a0 in EXCSAVE_1 and everything else untouched; does not return. */
	.macro alloca_handler suffix=
	rsr.windowbase a0
	rotw	-1			/* a0 is now a4 */
	rsr.ps	a2
	extui	a3, a2, 8, 4		/* PS.OWB */
	xor	a3, a3, a4
	slli	a3, a3, 8
	xor	a2, a2, a3
	wsr.ps	a2			/* PS.OWB := the faulting frame, where rfwu goes back to */
	rsync
	rsr.excsave1 a4			/* the faulting frame's a0: its top bits say how far away its caller is */
	bbci	a4, 31, 1f
	rotw	-1
	bbci	a8, 30, 2f
	rotw	-1
	j	_WindowUnderflow12\suffix
2:	j	_WindowUnderflow8\suffix
1:	j	_WindowUnderflow4\suffix
	.endm
