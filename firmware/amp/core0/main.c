/* Core 0: what ESP-IDF is in the real design. It brings the chip up, releases core 1, then talks to it, works a part of
   the time and sleeps between its interrupts. */
#include "core0.h"

#define PING_PERIOD_MS 100
#define HEARTBEAT_PERIOD_MS 100
#define LOAD_BYTES 1024
#define LOAD_PERIOD_CYCLES 232811u /* about 0.97 ms: rounds come at all phases of the tick and of core 1's loop */

static volatile uint32_t ticks;     /* milliseconds */
static volatile bool is_load_due;
static volatile bool has_news;      /* an interrupt came since core 0 last looked for work */
uint32_t amp_doorbells_to_core0; /* FROM_CPU interrupts that core 0 took */
uint32_t amp_load_rounds;        /* CRCs that the load generator computed */
uint32_t amp_load_crc;           /* the last of them: all rounds must give the same */
static uint8_t load_data[LOAD_BYTES];

/* Level 1 on core 0. */
void amp_core0_interrupt(void)
{
    uint32_t pending = read_sr(interrupt) & read_sr(intenable);
    has_news = true;
    if (pending & BIT(AMP_LINE_TICK)) {
        SYSTIMER_INT_CLR = SYSTIMER_TARGET0_INT;
        ticks++;
        take_position();
    }
    if (pending & BIT(AMP_LINE_DOORBELL)) {
        SYSTEM_CPU_INTR_FROM_CPU(0) = 0;
        amp_doorbells_to_core0++;
    }
    if (pending & BIT(AMP_LINE_TIMER0)) {
        write_sr(ccompare0, read_sr(ccount) + LOAD_PERIOD_CYCLES);
        is_load_due = true;
    }
}

/* Returns at once when an interrupt came since the last time. */
static void sleep_until_interrupt(void)
{
    uint32_t ps;
    __asm__ volatile("rsil %0, 1" : "=a"(ps)::"memory"); /* none comes between the look and the sleep */
    if (!has_news)
        __asm__ volatile("waiti 0" ::: "memory");
    has_news = false;
    write_sr(ps, ps);
}

static void ring_core1(void) { SYSTEM_CPU_INTR_FROM_CPU(1) = 1; }

/* Load for the timing suite: memory traffic and, after each round, an interrupt on core 1 at no fixed phase of its
 * loop. */
static void generate_load(void)
{
    uint32_t crc = ~0u;
    is_load_due = false;
    set_busy(true);
    for (uint32_t i = 0; i < LOAD_BYTES; i++) {
        crc ^= load_data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xEDB88320u & -(crc & 1));
    }
    amp_load_crc = ~crc;
    amp_load_rounds++;
    set_busy(false);
    ring_core1();
}

static void receive_messages(void)
{
    struct amp_message message;
    int result;
    while ((result = amp_mailbox_take(&amp_mailbox_to_core0, &message)) != 0) {
        if (result < 0)
            ets_printf("amp: torn message %d\n", message.sequence);
        else if (message.kind == AMP_HELLO)
            ets_printf("amp: core 1 alive\n");
        else if (message.kind == AMP_PONG)
            ets_printf("amp: got pong %d\n", message.value);
        else
            ets_printf("amp: unknown message kind %d\n", message.kind);
    }
}

static void send(enum amp_kind kind, uint32_t value)
{
    if (amp_mailbox_send(&amp_mailbox_to_core1, kind, value) == 0) {
        ets_printf("amp: mailbox to core 1 full\n");
        return;
    }
    if (kind == AMP_PING)
        ets_printf("amp: sent ping %d\n", value);
    ring_core1();
}

void start_core1(void)
{
    core1_hold();
    if (core1_release())
        ets_printf("amp: core 1 released\n");
}

static void obey(const char *command)
{
    if (strcmp(command, "ping") == 0) {
        ets_printf("pong\n");
    } else if (strcmp(command, "stats") == 0) {
        ets_printf("amp: loop last %d min %d max %d cycles, overruns %d\n", amp_loop_last_cycles, amp_loop_min_cycles,
                   amp_loop_max_cycles, amp_loop_overruns);
    } else if (strcmp(command, "restart1") == 0) {
        start_core1();
    } else if (strcmp(command, "reset") == 0) {
        ets_printf("amp: reset\n");
        uart_tx_wait_idle(0);
        if (AMP_HAS_FAULT(AMP_OUTLIVES_RESET))
            software_reset_cpu(0);
        software_reset();
    } else if (strcmp(command, "reset0") == 0) {
        ets_printf("amp: reset of core 0\n");
        uart_tx_wait_idle(0);
        software_reset_cpu(0);
    } else if (strcmp(command, "crash0") == 0) {
        *(volatile uint32_t *)0 = 0;
    } else if (strcmp(command, "crash1") == 0) {
        send(AMP_CRASH, 0);
    } else if (!delivery_command(command)) {
        ets_printf("amp: unknown command %s\n", command);
    }
}

static void read_console(void)
{
    static char line[16];
    static uint32_t length;
    uint8_t c;
    while (uart_rx_one_char(&c) == 0) {
        if (c == '\n' || c == '\r') {
            line[length] = 0;
            if (length > 0)
                obey(line);
            length = 0;
        } else if (length < sizeof line - 1) {
            line[length++] = (char)c;
        }
    }
}

void amp_core0_main(void)
{
    watchdogs_off();
    cpu_clock_240mhz();
    ets_printf("amp: core 0 up at %d MHz\n", AMP_CPU_MHZ);
    for (uint32_t i = 0; i < LOAD_BYTES; i++)
        load_data[i] = (uint8_t)(i * 37);
    interrupts_on();
    read_fault();
    start_core1();

    uint32_t next_ping = PING_PERIOD_MS, next_heartbeat = PING_PERIOD_MS / 2, pings = 0;
    for (;;) {
        sleep_until_interrupt();
        if (is_load_due)
            generate_load();
        receive_messages();
        read_console();
        if ((int32_t)(ticks - next_ping) >= 0) {
            next_ping += PING_PERIOD_MS;
            uint32_t at_once = send_burst(pings + 1);
            pings += at_once;
            if (at_once == 0)
                send(AMP_PING, ++pings);
        }
        if ((int32_t)(ticks - next_heartbeat) >= 0) {
            next_heartbeat += HEARTBEAT_PERIOD_MS;
            ets_printf("amp: heartbeat %d\n", __atomic_load_n(&amp_heartbeat, __ATOMIC_RELAXED));
        }
    }
}
