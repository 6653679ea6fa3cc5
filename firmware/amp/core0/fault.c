/* Faults that people fear, one at a time: each is a mistake that the good firmware does not make. The partition "fault"
   names the one that this run shall have; an erased one makes a run without any. */
#include "core0.h"

#define BURST_EVERY 4

enum amp_fault amp_fault;
uint32_t amp_busy;            /* core 0 holds what the loop waits for, with the fault loop-waits */
uint32_t amp_position_low;    /* what core 0 has taken of core 1's position */
uint32_t amp_position_high;
extern struct {
    uint32_t low, high; /* one message in two words: high is ~low */
    uint32_t sequence;  /* odd while core 1 writes them; the fault torn-message leaves it alone */
} amp_position;

static const char *const names[] = {
    [AMP_NEVER_RELEASED] = "never-released",
    [AMP_RELEASED_TOO_EARLY] = "released-too-early",
    [AMP_STACK_OVERRUN] = "stack-overrun",
    [AMP_TORN_MESSAGE] = "torn-message",
    [AMP_LOST_MESSAGE] = "lost-message",
    [AMP_LOOP_WAITS] = "loop-waits",
    [AMP_OUTLIVES_RESET] = "outlives-reset",
};

void read_fault(void)
{
    struct partition partition;
    char name[24];
    amp_fault = AMP_NO_FAULT;
    if (!find_partition("fault", &partition))
        return;
    esp_rom_spiflash_read(partition.offset, name, sizeof name);
    for (uint32_t fault = AMP_NO_FAULT + 1; fault < sizeof names / sizeof *names; fault++)
        if (strncmp(name, names[fault], strlen(names[fault])) == 0)
            amp_fault = fault;
    ets_printf("amp: fault %s\n", amp_fault ? names[amp_fault] : "none");
}

void set_busy(bool is_busy) { __atomic_store_n(&amp_busy, is_busy, __ATOMIC_RELEASE); }

/* Every fourth time two messages come at once, and one bell for both. Returns how many were sent. */
uint32_t send_burst(uint32_t first)
{
    if (first % BURST_EVERY != 0)
        return 0;
    ets_delay_us(5); /* the bell of the load has been heard */
    for (uint32_t i = 0; i < 2; i++)
        amp_mailbox_send(&amp_mailbox_to_core1, AMP_PING, first + i);
    SYSTEM_CPU_INTR_FROM_CPU(1) = 1;
    for (uint32_t i = 0; i < 2; i++)
        ets_printf("amp: sent ping %d\n", first + i);
    return 2;
}

/* Core 0 has a message that it believes to be whole. */
__attribute__((noinline)) void amp_use_position(uint32_t low, uint32_t high)
{
    amp_position_low = low;
    amp_position_high = high;
}

/* Every millisecond, from the tick. */
void take_position(void)
{
    uint32_t sequence, low, high;
    do {
        sequence = __atomic_load_n(&amp_position.sequence, __ATOMIC_ACQUIRE);
        low = __atomic_load_n(&amp_position.low, __ATOMIC_ACQUIRE);
        high = __atomic_load_n(&amp_position.high, __ATOMIC_ACQUIRE);
    } while (!AMP_HAS_FAULT(AMP_TORN_MESSAGE) &&
             (sequence % 2 != 0 || sequence != __atomic_load_n(&amp_position.sequence, __ATOMIC_ACQUIRE)));
    amp_use_position(low, high);
}
