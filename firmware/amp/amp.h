/* What both cores of the amp firmware agree on. core1/lib.rs has the same layouts in Rust. */
#ifndef AMP_H
#define AMP_H

#define AMP_CPU_MHZ 240
#define AMP_LOOP_PIN 4

/* Interrupt lines of each core. Lines 2 and 4 are level 1, as is line 6, to which the timer CCOMPARE0 is fixed; CCOMPARE1
   is fixed to line 15, level 3, so that the control loop interrupts everything else on core 1. */
#define AMP_LINE_TICK 2
#define AMP_LINE_DOORBELL 4
#define AMP_LINE_TIMER0 6
#define AMP_LINE_TIMER1 15

/* Kinds of panic beside the interrupt levels 2 to 7, which stand for themselves. */
#define AMP_PANIC_EXCEPTION 16
#define AMP_PANIC_DOUBLE 17

/* Core 1's program where it is no part of core 0's image: a page of the partition, seen on both buses. */
#define AMP_PROGRAM_MAGIC 0x31504D41 /* "AMP1" */
#define AMP_PROGRAM_TEXT 0x42100000
#define AMP_PROGRAM_DATA 0x3C100000

#ifndef __ASSEMBLER__
#include <stdint.h>

/* A ring of eight messages with one writer and one reader, both of which only ever store to their own counter.
   Message n (from 1) is in slots[n % 8]; the writer fills the slot, then stores `sent`; the reader copies it, then
   stores `taken`. */
#define AMP_MAILBOX_SLOTS 8
struct amp_message {
    uint32_t sequence;
    uint32_t kind;
    uint32_t value;
    uint32_t check; /* sequence ^ kind ^ value ^ AMP_CHECK: a torn or stale message does not match */
};
struct amp_mailbox {
    uint32_t sent;
    uint32_t taken;
    struct amp_message slots[AMP_MAILBOX_SLOTS];
};
#define AMP_CHECK 0xA5C35A3Cu

enum amp_kind { AMP_HELLO = 1, AMP_PING, AMP_PONG, AMP_CRASH };

/* Owned by the Rust side. */
extern struct amp_mailbox amp_mailbox_to_core1, amp_mailbox_to_core0;
extern uint32_t amp_heartbeat;        /* periods of the control loop since core 1 started */
extern uint32_t amp_loop_last_cycles; /* last, shortest and longest period; 0, ~0, 0 until there are two */
extern uint32_t amp_loop_min_cycles;
extern uint32_t amp_loop_max_cycles;
extern uint32_t amp_loop_overruns;      /* periods that began after their successor was due */
extern uint32_t amp_doorbells_to_core1; /* FROM_CPU interrupts that core 1 took */
extern uint32_t amp_torn_messages;      /* messages that core 1 refused */

/* How such a program begins. */
struct amp_program {
    uint32_t magic, version, size; /* size: bytes with this header */
    uint32_t entry;                /* core 1's boot address */
    uint32_t crc;                  /* CRC-32 of what follows the header */
    uint32_t reserved[3];
};

/* Mistakes that amp_faults makes, one at a time, chosen at boot (core0/fault.c); the good firmware makes none. */
enum amp_fault {
    AMP_NO_FAULT,
    AMP_NEVER_RELEASED,
    AMP_RELEASED_TOO_EARLY,
    AMP_STACK_OVERRUN,
    AMP_TORN_MESSAGE,
    AMP_LOST_MESSAGE,
    AMP_LOOP_WAITS,
    AMP_OUTLIVES_RESET,
};
#ifdef AMP_FAULTS
extern enum amp_fault amp_fault;
#define AMP_HAS_FAULT(name) (amp_fault == (name))
#else
#define AMP_HAS_FAULT(name) 0
#endif

/* start.S */
void amp_core1_start(void);
extern uint32_t amp_core1_bss_start[], amp_core1_bss_end[], amp_core1_stack_bottom[],
    amp_core1_stack_top[]; /* amp.ld */

/* mailbox.c */
int amp_mailbox_send(struct amp_mailbox *mailbox, enum amp_kind kind, uint32_t value);
int amp_mailbox_take(struct amp_mailbox *mailbox, struct amp_message *message);
#endif

#endif
