/* setjmp and longjmp for the windowed registers.

   setjmp has all older windows written to the stack, then notes what of its caller lies there. longjmp puts that back,
   forgets every window but its own, and returns as setjmp did: the caller's registers come back from the stack.

   jmp_buf is newlib's, 17 words, since applications may bring a longjmp of their own:
     0-3    the caller's a0 to a3, from below setjmp's stack pointer
     4-11   its a4 and on, as many as the call left standing, from the end of its frame
     12-15  its own caller's a0 to a3, from below its stack pointer; 13 is thus the end of its frame
     16     setjmp's return address, whose top two bits are the call's size */

    .text
    .literal_position

    .macro copy4 from, at, to, into, by
    .irp    n, 0, 4, 8, 12
    l32i    \by, \from, \at + \n
    s32i    \by, \to, \into + \n
    .endr
    .endm

/* a5 = where the caller's a4 and on lie, a6 = how many groups of four. a3 = return address, a4 = end of the frame. */
    .macro  extra_area
    extui   a6, a3, 30, 2
    slli    a5, a6, 4
    sub     a5, a4, a5
    addi    a6, a6, -1
    .endm

    .global openrom_setjmp
    .type   openrom_setjmp, @function
    .align  4
openrom_setjmp:
    entry   a1, 48
    movi    a10, 8              /* of two panes each: the sixteen that there are */
    call8   spill
    addi    a8, a1, -16
    copy4   a8, 0, a2, 0, a9
    l32i    a8, a2, 4           /* the caller's stack pointer */
    addi    a8, a8, -16
    copy4   a8, 0, a2, 48, a9
    s32i    a0, a2, 64
    mov     a3, a0
    l32i    a4, a2, 52
    extra_area
    addi    a8, a2, 16
    j       2f
1:  copy4   a5, 0, a8, 0, a9
    addi    a5, a5, 16
    addi    a8, a8, 16
    addi    a6, a6, -1
2:  bgei    a6, 1, 1b
    movi    a2, 0
    retw

    .align  4
spill:
    entry   a1, 32
    beqz    a2, 1f
    addi    a10, a2, -1
    call8   spill
1:  retw

    .global openrom_longjmp
    .type   openrom_longjmp, @function
    .align  4
openrom_longjmp:
    entry   a1, 48
    rsil    a10, 3              /* an interrupt may come back with the windows elsewhere */
    rsr.windowbase a8
    ssl     a8
    movi    a9, 1
    sll     a9, a9
    wsr.windowstart a9
    rsync
    wsr.ps  a10
    rsync
    addi    a8, a1, -16
    copy4   a2, 0, a8, 0, a9
    l32i    a8, a2, 4
    addi    a8, a8, -16
    copy4   a2, 48, a8, 0, a9
    mov     a10, a3
    l32i    a3, a2, 64
    l32i    a4, a2, 52
    extra_area
    addi    a8, a2, 16
    j       2f
1:  copy4   a8, 0, a5, 0, a9
    addi    a5, a5, 16
    addi    a8, a8, 16
    addi    a6, a6, -1
2:  bgei    a6, 1, 1b
    mov     a0, a3
    movi    a2, 1               /* never 0 */
    movnez  a2, a10, a10
    retw
