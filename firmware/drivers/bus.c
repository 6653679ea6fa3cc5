/* TWAI at 500 kbit/s: sends a counter, tells what other nodes send. */
#include "drivers.h"

#define IDENTIFIER 0x100
#define RECOVERY_MS 100

#define TWAI_MODE REG(0x6002B000)
#define TWAI_RESET_MODE BIT(0)
#define TWAI_RX_FILTER_MODE BIT(3)
#define TWAI_CMD REG(0x6002B004)
#define TWAI_TX_REQ BIT(0)
#define TWAI_ABORT_TX BIT(1)
#define TWAI_RELEASE_BUF BIT(2)
#define TWAI_STATUS REG(0x6002B008)
#define TWAI_RX_BUF_ST BIT(0)
#define TWAI_TX_COMPLETE BIT(3)
#define TWAI_INT_RAW REG(0x6002B00C)
#define TWAI_RX_INT BIT(0)
#define TWAI_TX_INT BIT(1)
#define TWAI_INT_ENA REG(0x6002B010)
#define TWAI_BUS_TIMING_0 REG(0x6002B018)
#define TWAI_BUS_TIMING_1 REG(0x6002B01C)
#define TWAI_DATA(n) REG(0x6002B040 + 4 * (n))
#define SOURCE_TWAI 37

/* APB runs at 20 MHz: a quantum of 2 periods, 20 of them a bit. */
#define TIMING_0 0
#define TIMING_1 (14 | 3 << 4)

void bus_init(void)
{
    SYSTEM_PERIP_CLK_EN0 |= SYSTEM_TWAI_CLK_EN;
    TWAI_MODE = TWAI_RESET_MODE | TWAI_RX_FILTER_MODE;
    TWAI_BUS_TIMING_0 = TIMING_0;
    TWAI_BUS_TIMING_1 = TIMING_1;
    for (int n = 4; n < 8; n++)
        TWAI_DATA(n) = 0xFF; /* every frame is welcome */
    (void)TWAI_INT_RAW;
    TWAI_INT_ENA = TWAI_RX_INT | TWAI_TX_INT;
    intr_matrix_set(0, SOURCE_TWAI, LINE_TWAI);
    TWAI_MODE = TWAI_RX_FILTER_MODE;
}

/* One attempt: nobody may be there. */
void bus_send(uint8_t count)
{
    TWAI_DATA(0) = 1;
    TWAI_DATA(1) = IDENTIFIER >> 3;
    TWAI_DATA(2) = (IDENTIFIER << 5) & 0xFF;
    TWAI_DATA(3) = count;
    TWAI_CMD = TWAI_TX_REQ | TWAI_ABORT_TX;
}

static void show_frame(void)
{
    uint32_t length = TWAI_DATA(0) & 15, identifier = TWAI_DATA(1) << 3 | TWAI_DATA(2) >> 5;
    ets_printf("drivers: frame %x:", identifier);
    for (uint32_t n = 0; n < length; n++)
        ets_printf(" %02x", TWAI_DATA(3 + n));
    ets_printf("\n");
    TWAI_CMD = TWAI_RELEASE_BUF;
}

void bus_poll(void)
{
    static int told = -1;
    if (!line_is_up(LINE_TWAI))
        return;
    uint32_t interrupts = TWAI_INT_RAW; /* reading clears all but RX */
    if (interrupts & TWAI_TX_INT) {
        bool is_sent = TWAI_STATUS & TWAI_TX_COMPLETE;
        if (is_sent != told)
            ets_printf(is_sent ? "drivers: frame sent\n" : "drivers: nobody on the bus\n");
        told = is_sent;
    }
    while (TWAI_STATUS & TWAI_RX_BUF_ST)
        show_frame();
}
