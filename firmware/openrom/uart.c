/* UART0 as the ROM's console: 115200 baud from the crystal, so that changes of the CPU clock do not disturb it. */
#include "openrom.h"

#define BAUD 115200u

void openrom_uart_init(void)
{
    uart_div_modify(0, (XTAL_HZ << 4) / BAUD);
    g_uart_print = 1;
    g_usb_print = 0;
}

/* Between two looks at the status: a character takes 87 us, and an emulator has to leave its fast path for each look.
 */
static void pause(void) { ets_delay_us(10); }

/* The divider counts sixteenths: 12 bits of whole part, 4 bits of fraction. */
void API(uart_div_modify)(uint8_t uart, uint32_t divider_16ths)
{
    (void)uart;
    uart_tx_wait_idle(0);
    UART_CLKDIV = (divider_16ths >> 4 & 0xFFF) | (divider_16ths & 0xF) << 20;
}

int API(uart_tx_one_char)(uint8_t c)
{
    while (UART_STATUS_TXFIFO_CNT(UART_STATUS) >= UART_FIFO_LENGTH - 2)
        pause();
    UART_FIFO = c;
    return 0;
}

/* The chip's second channel is another UART or USB; here there is one console. */
int API(uart_tx_one_char2)(uint8_t c) { return uart_tx_one_char(c); }

/* 0 with a character, 1 without. */
int API(uart_rx_one_char)(uint8_t *c)
{
    if (UART_STATUS_RXFIFO_CNT(UART_STATUS) == 0)
        return 1;
    *c = (uint8_t)UART_FIFO;
    return 0;
}

uint8_t API(uart_rx_one_char_block)(void)
{
    uint8_t c;
    while (API(uart_rx_one_char)(&c) != 0)
        pause();
    return c;
}

/* FIFO and shift register empty. */
void API(uart_tx_wait_idle)(uint8_t uart)
{
    (void)uart;
    while (UART_STATUS_TXFIFO_CNT(UART_STATUS) != 0 || UART_FSM_STATUS_ST_UTX_OUT(UART_FSM_STATUS) != 0)
        pause();
}

void API(uart_tx_flush)(uint8_t uart) { uart_tx_wait_idle(uart); }

void API(uart_tx_switch)(uint8_t uart) { (void)uart; /* only UART0 is served */ }

/* ESP-IDF's UartDevice: bootloaders note the number of the console's UART in it. Only UART0 is served. */
struct uart_device {
    uint32_t settings[6];
    uint8_t number;
    uint32_t others[8];
};
struct uart_device *API(GetUartDevice)(void)
{
    static struct uart_device device;
    return &device;
}

/* Line ends become CR LF; a CR of the caller's own is dropped, so that "\r\n" does not double it. */
void API(ets_write_char_uart)(char c)
{
    if (!g_uart_print || c == '\r')
        return;
    if (c == '\n')
        uart_tx_one_char('\r');
    uart_tx_one_char((uint8_t)c);
}

void API(uartAttach)(void *buffer) { (void)buffer; }
void API(Uart_Init)(uint8_t uart, uint32_t clock)
{
    (void)uart, (void)clock;
    openrom_uart_init();
}

/* The USB serial console. A packet is handed over at the end of a line or when it is full; nobody is waited for long, as
   there may be no host. */
#define USB_EP1 REG(0x60038000)
#define USB_EP1_CONF REG(0x60038004)
#define USB_WR_DONE BIT(0)
#define USB_IN_FREE BIT(1)
#define USB_OUT_AVAILABLE BIT(2)

static bool usb_has_room(void)
{
    for (int tries = 0; tries < 1000; tries++) {
        if (USB_EP1_CONF & USB_IN_FREE)
            return true;
        pause();
    }
    return false;
}

int API(usb_uart_device_tx_one_char)(uint8_t c)
{
    if (!usb_has_room())
        return 1;
    USB_EP1 = c;
    if (c == '\n')
        USB_EP1_CONF = USB_WR_DONE;
    return 0;
}
void API(usb_uart_device_tx_flush)(void) { USB_EP1_CONF = USB_WR_DONE; }

int API(usb_uart_device_rx_one_char)(uint8_t *c)
{
    if ((USB_EP1_CONF & USB_OUT_AVAILABLE) == 0)
        return 1;
    *c = (uint8_t)USB_EP1;
    return 0;
}
uint8_t API(usb_uart_device_rx_one_char_block)(void)
{
    uint8_t c;
    while (API(usb_uart_device_rx_one_char)(&c) != 0)
        pause();
    return c;
}
