/* The console: UART0 at 115200 baud from the crystal, so that changes of the CPU clock do not disturb it, and the USB
   serial port. */
#include "openrom.h"

#define BAUD 115200u

#define UART_REG(uart, offset) REG(((uart) == 2 ? 0x6002E000 : 0x60000000 + 0x10000 * (uart)) + (offset))
#define FIFO(uart) UART_REG(uart, 0x00)
#define CLKDIV(uart) UART_REG(uart, 0x14)
#define STATUS(uart) UART_REG(uart, 0x1C)
#define CONF0(uart) UART_REG(uart, 0x20)
#define UART_CONF0_8N1 0x1C
#define UART_MEM_CLK_EN BIT(26)
#define CONF1(uart) UART_REG(uart, 0x24)
#define INT_ENA(uart) UART_REG(uart, 0x0C)
#define INT_CLR(uart) UART_REG(uart, 0x10)
#define UART_RXFIFO_FULL_INT BIT(0)
#define FSM_STATUS(uart) UART_REG(uart, 0x6C)
#define CLK_CONF(uart) UART_REG(uart, 0x78)
#define UART_CLOCKS_ON (BIT(22) | BIT(24) | BIT(25)) /* SCLK, TX_SCLK, RX_SCLK */
#define UART_SCLK_SEL_XTAL (3u << 20)
#define SOURCE_UART0 27
#define UART_INTERRUPT 5

/* Channels: UART 0 to 2, and what the chip's ROM has beside them. */
enum { UART2 = 2, USB_OTG = 3, USB_SERIAL = 4 };

/* ESP-IDF's UartDevice: bootloaders note the number of the console's UART in it. */
struct receive_buffer {
    uint8_t *start, *write, *read;
    uint8_t trigger_level;
    uint32_t state;
};
#define RECEIVE_BUFFER_SIZE 0x800
struct uart_device {
    uint32_t baud_rate, data_bits, has_parity, parity, stop_bits, flow_control;
    uint8_t number;
    struct receive_buffer received;
    uint32_t state;
    int count;
};
static struct uart_device device;
static uint8_t channel;

struct uart_device *API(GetUartDevice)(void) { return &device; }

/* Between two looks at the status: a character takes 87 us, and an emulator has to leave its fast path for each look. */
static void pause(void) { ets_delay_us(10); }

/* The USB serial console. A packet is handed over when it is full, or flushed; nobody is waited for long, as there may
   be no host. */
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

/* The divider counts sixteenths: 12 bits of whole part, 4 bits of fraction. What is in the FIFOs is lost. */
void API(uart_div_modify)(uint8_t uart, uint32_t divider_16ths)
{
    CLKDIV(uart) = (divider_16ths >> 4 & 0xFFF) | (divider_16ths & 0xF) << 20;
    CONF0(uart) |= UART_CONF0_RXFIFO_RST | UART_CONF0_TXFIFO_RST;
    CONF0(uart) &= ~(UART_CONF0_RXFIFO_RST | UART_CONF0_TXFIFO_RST);
}

void API(Uart_Init)(uint8_t uart, uint32_t clock)
{
    CLK_CONF(uart) = UART_CLOCKS_ON | UART_SCLK_SEL_XTAL;
    CONF0(uart) = UART_CONF0_8N1 | UART_MEM_CLK_EN;
    uart_div_modify(uart, (clock << 4) / BAUD);
    CONF1(uart) = 1; /* an interrupt from the first byte received on */
    INT_CLR(uart) = 0xFFFFFFFF;
    INT_ENA(uart) = UART_RXFIFO_FULL_INT;
    if (uart == 0)
        INTERRUPT_MAP(0, SOURCE_UART0) = UART_INTERRUPT;
    device = (struct uart_device){.baud_rate = BAUD, .data_bits = 3, .stop_bits = 1, .number = uart};
}

void openrom_uart_init(void)
{
    API(Uart_Init)(0, XTAL_HZ);
    g_uart_print = 1;
    g_usb_print = 1;
}

void API(uart_tx_switch)(uint8_t number) { channel = number; }
uint8_t API(ets_get_printf_channel)(void) { return channel; }
void API(uartAttach)(void *buffer) { (void)buffer; }

static void send(uint8_t uart, uint8_t c)
{
    while (UART_STATUS_TXFIFO_CNT(STATUS(uart)) >= UART_FIFO_LENGTH - 2)
        pause();
    FIFO(uart) = c;
}

static int send_to(uint8_t to, uint8_t c)
{
    if (to == USB_SERIAL)
        return API(usb_uart_device_tx_one_char)(c);
    if (to <= UART2)
        send(to, c);
    return 0;
}

/* To USB too unless that is switched off; a line's end hands over what its packet has. */
int API(uart_tx_one_char)(uint8_t c)
{
    int result = 0;
    if (g_usb_print) {
        result = send_to(USB_SERIAL, c);
        if (c == '\n')
            API(usb_uart_device_tx_flush)();
        if (channel == USB_SERIAL)
            return result;
    }
    return g_uart_print ? send_to(channel, c) : result;
}
int API(uart_tx_one_char2)(uint8_t c) { return send_to(device.number, c); }

/* 0 with a character, 1 without. */
int API(uart_rx_one_char)(uint8_t *c)
{
    uint8_t uart = device.number <= UART2 ? device.number : 0;
    if (UART_STATUS_RXFIFO_CNT(STATUS(uart)) == 0)
        return 1;
    *c = (uint8_t)FIFO(uart);
    return 0;
}

uint8_t API(uart_rx_one_char_block)(void)
{
    uint8_t c;
    while (API(uart_rx_one_char)(&c) != 0)
        pause();
    return c;
}

/* 0 with a character out of a ring of received ones, 1 without. */
int API(uart_rx_readbuff)(struct receive_buffer *buffer, uint8_t *c)
{
    *c = 0;
    if (buffer->read == buffer->write)
        return 1;
    *c = *buffer->read;
    if (buffer->read == buffer->start + RECEIVE_BUFFER_SIZE - 1)
        buffer->read = buffer->start;
    else
        buffer->read++;
    return 0;
}

/* A line with its end cut off; what does not fit is left out. */
int API(UartRxString)(uint8_t *line, uint8_t length)
{
    for (;;) {
        uint8_t c = API(uart_rx_one_char_block)();
        if (c == '\r' || c == '\n')
            break;
        if (length > 1) {
            *line++ = c;
            length--;
        }
    }
    *line = 0;
    return 0;
}

/* FIFO and shift register empty. */
void API(uart_tx_wait_idle)(uint8_t uart)
{
    if (uart == USB_SERIAL) {
        API(usb_uart_device_tx_flush)();
        return;
    }
    if (uart > UART2)
        return;
    while (UART_STATUS_TXFIFO_CNT(STATUS(uart)) != 0 || UART_FSM_STATUS_ST_UTX_OUT(FSM_STATUS(uart)) != 0)
        pause();
}
void API(uart_tx_flush)(uint8_t uart) { uart_tx_wait_idle(uart); }

/* Frames of the serial line protocol that loaders speak: between two ends, with ends and escapes inside replaced. */
enum { SLIP_END = 0xC0, SLIP_ESCAPE = 0xDB, SLIP_ESCAPED_END = 0xDC, SLIP_ESCAPED_ESCAPE = 0xDD };

void API(send_packet)(const uint8_t *data, int length)
{
    API(uart_tx_one_char)(SLIP_END);
    for (; length > 0; length--, data++) {
        if (*data == SLIP_END || *data == SLIP_ESCAPE) {
            API(uart_tx_one_char)(SLIP_ESCAPE);
            API(uart_tx_one_char)(*data == SLIP_END ? SLIP_ESCAPED_END : SLIP_ESCAPED_ESCAPE);
        } else {
            API(uart_tx_one_char)(*data);
        }
    }
    API(uart_tx_one_char)(SLIP_END);
}

/* Line ends become CR LF; a CR of the caller's own is dropped, so that "\r\n" does not double it. */
void API(ets_write_char_uart)(char c)
{
    if (c == '\r')
        return;
    if (c == '\n')
        API(uart_tx_one_char)('\r');
    API(uart_tx_one_char)((uint8_t)c);
}
