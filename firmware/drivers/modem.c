/* A modem at UART1: it is asked with "AT" and answers a line. */
#include "drivers.h"

#define BAUD 115200

#define UART1_FIFO REG(0x60010000)
#define UART1_CLKDIV REG(0x60010014)
#define UART1_STATUS REG(0x6001001C)
#define UART1_CLK_CONF REG(0x60010078)
#define UART1_ID REG(0x60010080)
#define UART_SCLK_XTAL (3u << 20)
#define UART_SCLK_ENABLES (BIT(22) | BIT(24) | BIT(25))
#define UART_REG_UPDATE BIT(31)

static bool is_known, is_waiting;

void modem_init(void)
{
    UART1_CLK_CONF = UART_SCLK_XTAL | UART_SCLK_ENABLES;
    UART1_CLKDIV = XTAL_HZ / BAUD | (XTAL_HZ * 16ull / BAUD % 16) << 20;
    UART1_ID |= UART_REG_UPDATE;
}

void modem_ask(void)
{
    if (is_known)
        return;
    if (is_waiting)
        ets_printf("drivers: no modem\n");
    is_known = is_waiting; /* asked in vain: that is told once */
    is_waiting = true;
    for (const char *c = "AT\r"; *c; c++)
        UART1_FIFO = (uint8_t)*c;
}

void modem_poll(void)
{
    static char line[32];
    static uint32_t length;
    while (UART_STATUS_RXFIFO_CNT(UART1_STATUS) > 0) {
        char c = (char)UART1_FIFO;
        if (c != '\n' && c != '\r') {
            if (length < sizeof line - 1)
                line[length++] = c;
        } else if (length > 0) {
            line[length] = 0;
            ets_printf("drivers: modem says %s\n", line);
            length = 0;
            is_known = true;
        }
    }
}
