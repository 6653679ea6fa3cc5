/* What an exception leaves on the stack, for the assembler that writes it and the C code that reads it.

   The first part is XTOS's UserFrame (xtensa/xtruntime-frames.h), which exception handlers of the application get. */
#ifndef FRAME_H
#define FRAME_H

/* Kinds of crash beside the interrupt levels 2 to 7, which stand for themselves. */
#define CRASH_DOUBLE_EXCEPTION 17

#define FRAME_SIZE 256 /* of the stack; the frame proper begins FRAME_START above the new stack pointer */
#define FRAME_START 32

#define FRAME_PC 0
#define FRAME_PS 4
#define FRAME_SAR 8
#define FRAME_VPRI 12
#define FRAME_A2 16
#define FRAME_A3 20
#define FRAME_A4 24
#define FRAME_A5 28
#define FRAME_EXCCAUSE 32
#define FRAME_LCOUNT 36
#define FRAME_LBEG 40
#define FRAME_LEND 44
#define FRAME_ACCLO 48
#define FRAME_ACCHI 52
#define FRAME_MR 56
#define FRAME_EXCVADDR 80
#define FRAME_A0 84
#define FRAME_A1 88
#define FRAME_A6 92 /* to a15 */

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

struct exception_frame {
    uint32_t pc, ps, sar, vpri, a2, a3, a4, a5, exccause, lcount, lbeg, lend, acclo, acchi, mr[4], pad[2];
    uint32_t excvaddr, a0, a1, a6_15[10];
};
_Static_assert(offsetof(struct exception_frame, exccause) == FRAME_EXCCAUSE &&
                   offsetof(struct exception_frame, excvaddr) == FRAME_EXCVADDR &&
                   offsetof(struct exception_frame, a6_15) == FRAME_A6,
               "the assembler writes these");
#endif
#endif
