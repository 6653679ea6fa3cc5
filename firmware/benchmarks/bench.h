/* What the start code, the two machines and the kernels of the benchmark share. */
#ifndef BENCH_H
#define BENCH_H
#include <stdint.h>

/* The host writes these before the start; nothing clears their memory. */
struct bench_parameters {
    uint32_t kernel; /* 0 CRC, 1 linked list, 2 state machine */
    uint32_t rounds; /* 0: only what comes before and after, to subtract */
    uint32_t cores;  /* 1 or 2: core 1 then runs the same kernel */
};
extern volatile struct bench_parameters bench_parameters;

void bench_prepare(void);                                /* fills the data that the kernels read */
uint32_t bench_kernel(uint32_t kernel, uint32_t rounds); /* returns a check sum */
_Noreturn void bench_exit(uint32_t status);              /* ends the run by simcall */
void bench_core1_start(void);                            /* where core 1 begins */

#endif
