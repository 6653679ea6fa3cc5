/* I2S0 plays a saw-tooth and records as long; both by DMA, 16 bits, two slots, 25,000 frames a second. */
#include "drivers.h"

#define FRAMES 250
#define BUFFER_BYTES (FRAMES * 4)

#define I2S_INT_CLR REG(0x6000F018)
#define I2S_INT_ENA REG(0x6000F014)
#define I2S_RX_DONE BIT(0)
#define I2S_RX_CONF REG(0x6000F020)
#define I2S_TX_CONF REG(0x6000F024)
#define I2S_START BIT(2)
#define I2S_UPDATE BIT(8)
#define I2S_RX_CONF1 REG(0x6000F028)
#define I2S_TX_CONF1 REG(0x6000F02C)
#define I2S_RX_CLKM_CONF REG(0x6000F030)
#define I2S_TX_CLKM_CONF REG(0x6000F034)
#define I2S_CLK_ACTIVE BIT(26)
#define I2S_RX_TDM_CTRL REG(0x6000F050)
#define I2S_TX_TDM_CTRL REG(0x6000F054)
#define I2S_RXEOF_NUM REG(0x6000F064)
#define I2S_CONF (BIT(12) | BIT(19)) /* PCM_BYPASS, TDM_EN */
#define SOURCE_I2S0 25

#define DMA_IN_LINK REG(0x6003F020)
#define DMA_INLINK_START BIT(22)
#define DMA_IN_PERI_SEL REG(0x6003F048)
#define DMA_OUT_LINK REG(0x6003F080)
#define DMA_OUTLINK_START BIT(21)
#define DMA_OUT_PERI_SEL REG(0x6003F0A8)
#define DMA_PERI_I2S0 3

/* 40 MHz / 10 / 5: 800 kHz for the bits, 32 of them a frame. */
#define MCLK_DIVIDER 10
#define BCK_DIVIDER 5
#define CONF1 ((BCK_DIVIDER - 1) << 7 | 15 << 13 | 15 << 18 | 15 << 24)

struct descriptor {
    uint32_t flags;
    void *buffer;
    struct descriptor *next;
};
#define DMA_OWNER BIT(31)
#define DMA_EOF BIT(30)

static int16_t played[FRAMES][2], heard[FRAMES][2];
static struct descriptor out, in;
static bool is_over;

void sound_init(void)
{
    SYSTEM_PERIP_CLK_EN0 |= SYSTEM_I2S0_CLK_EN;
    SYSTEM_PERIP_CLK_EN1 |= SYSTEM_DMA;
    SYSTEM_PERIP_RST_EN1 &= ~SYSTEM_DMA;
    I2S_RX_CLKM_CONF = I2S_TX_CLKM_CONF = MCLK_DIVIDER | I2S_CLK_ACTIVE;
    I2S_RX_CONF1 = I2S_TX_CONF1 = CONF1;
    I2S_RX_TDM_CTRL = I2S_TX_TDM_CTRL = 1 << 16 | 3; /* two slots, both in use */
    I2S_RXEOF_NUM = BUFFER_BYTES;
    I2S_INT_ENA = I2S_RX_DONE;
    intr_matrix_set(0, SOURCE_I2S0, LINE_I2S);
    DMA_IN_PERI_SEL = DMA_OUT_PERI_SEL = DMA_PERI_I2S0;
}

void sound_start(void)
{
    for (int n = 0; n < FRAMES; n++) {
        played[n][0] = (int16_t)(n * 100);
        played[n][1] = (int16_t)(-n * 100);
    }
    out = (struct descriptor){DMA_OWNER | DMA_EOF | BUFFER_BYTES << 12 | BUFFER_BYTES, played, 0};
    in = (struct descriptor){DMA_OWNER | BUFFER_BYTES, heard, 0};
    __asm__ volatile("memw" ::: "memory");
    DMA_OUT_LINK = ((uint32_t)&out & 0xFFFFF) | DMA_OUTLINK_START;
    DMA_IN_LINK = ((uint32_t)&in & 0xFFFFF) | DMA_INLINK_START;
    I2S_RX_CONF = I2S_CONF | I2S_UPDATE | I2S_START;
    I2S_TX_CONF = I2S_CONF | I2S_UPDATE | I2S_START;
}

void sound_poll(void)
{
    if (is_over || !line_is_up(LINE_I2S))
        return;
    I2S_INT_CLR = I2S_RX_DONE;
    is_over = true;
    __asm__ volatile("" ::: "memory");
    int loudest = 0;
    for (int n = 0; n < FRAMES; n++)
        for (int slot = 0; slot < 2; slot++) {
            int sample = heard[n][slot];
            loudest = sample > loudest ? sample : -sample > loudest ? -sample : loudest;
        }
    if (loudest == 0)
        ets_printf("drivers: silence\n");
    else
        ets_printf("drivers: loudest sample %d\n", loudest);
}
