/* SPI3 as a slave with CS at GPIO10: tells what a controller has sent, and answers it the next time, one up each byte. */
#include "drivers.h"

#define CS 10
#define SPI3_CS0 71

#define SPI_CMD REG(0x60025000)
#define SPI_USR BIT(24)
#define SPI_CTRL REG(0x60025008)
#define SPI_CLOCK REG(0x6002500C)
#define SPI_USER REG(0x60025010)
#define SPI_DOUTDIN BIT(0)
#define SPI_DMA_INT_ENA REG(0x60025034)
#define SPI_DMA_INT_CLR REG(0x60025038)
#define SPI_TRANS_DONE BIT(12)
#define SPI_W(n) REG(0x60025098 + 4 * (n))
#define BUFFER_BYTES 64
#define SPI_SLAVE REG(0x600250E0)
#define SPI_SLAVE_MODE BIT(26)
#define SPI_SOFT_RESET BIT(27)
#define SPI_SLAVE1 REG(0x600250E4)
#define SPI_SLV_DATA_BITLEN(slave1) ((slave1) & 0x3FFFF)
#define SOURCE_SPI3 22

static void wait_for_controller(void)
{
    SPI_SLAVE |= SPI_SOFT_RESET;
    SPI_SLAVE &= ~SPI_SOFT_RESET;
    SPI_DMA_INT_CLR = SPI_TRANS_DONE;
    SPI_CMD = SPI_USR;
}

void echo_init(void)
{
    SYSTEM_PERIP_CLK_EN0 |= SYSTEM_SPI3_CLK_EN;
    SYSTEM_PERIP_RST_EN0 &= ~SYSTEM_SPI3_CLK_EN;
    IO_MUX_GPIO(CS) = IO_MUX_MCU_SEL_GPIO | IO_MUX_FUN_IE | IO_MUX_FUN_WPU;
    GPIO_FUNC_IN_SEL_CFG(SPI3_CS0) = GPIO_SIG_IN_SEL | CS;
    SPI_CLOCK = SPI_CTRL = 0;
    SPI_USER = SPI_DOUTDIN;
    SPI_SLAVE = SPI_SLAVE_MODE;
    SPI_DMA_INT_ENA = SPI_TRANS_DONE;
    intr_matrix_set(0, SOURCE_SPI3, LINE_SPI);
    wait_for_controller();
}

void echo_poll(void)
{
    if (!line_is_up(LINE_SPI))
        return;
    uint32_t count = SPI_SLV_DATA_BITLEN(SPI_SLAVE1) / 8;
    if (count > BUFFER_BYTES)
        count = BUFFER_BYTES;
    ets_printf("drivers: controller sent %d bytes:", count);
    for (uint32_t n = 0; n < count; n++) {
        uint32_t shift = 8 * (n % 4), byte = SPI_W(n / 4) >> shift & 0xFF;
        ets_printf(" %02x", byte);
        SPI_W(n / 4) = (SPI_W(n / 4) & ~(0xFF << shift)) | ((byte + 1) & 0xFF) << shift;
    }
    ets_printf("\n");
    wait_for_controller();
}
