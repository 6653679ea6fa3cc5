/* Clocks: what they are set to, and delays counted in cycles of the CPU. */
#include "openrom.h"

#define SYSTEM_CLK_XTAL_FREQ_MHZ(sysclk_conf) ((sysclk_conf) >> 12 & 0x7F)

static uint32_t ticks_per_us;

void openrom_clock_init(void)
{
    /* A reset of this core alone does not touch the clocks, on which the other core may depend. */
    if ((SYSTEM_SYSCLK_CONF & SYSTEM_SOC_CLK_SEL) == SYSTEM_SOC_CLK_SEL_PLL) {
        ets_update_cpu_frequency(80 + 80 * (SYSTEM_CPU_PER_CONF & SYSTEM_CPUPERIOD_SEL));
        return;
    }
    /* Any other leaves the CPU on half the crystal's 40 MHz; the chip's ROM counts by 40 all the same. */
    ets_update_cpu_frequency(XTAL_HZ / 1000000);
}

/* The second stage's choice for applications: PLL on at 480 MHz, CPU at 80; and the crystal's frequency where they look
   for it. */
void openrom_clock_pll_80mhz(void)
{
    RTC_CNTL_OPTIONS0 &= ~(RTC_CNTL_BB_I2C_FORCE_PD | RTC_CNTL_BBPLL_I2C_FORCE_PD | RTC_CNTL_BBPLL_FORCE_PD);
    SYSTEM_CPU_PER_CONF = (SYSTEM_CPU_PER_CONF & ~SYSTEM_CPUPERIOD_SEL) | SYSTEM_PLL_FREQ_SEL | SYSTEM_CPUPERIOD_80;
    SYSTEM_SYSCLK_CONF = (SYSTEM_SYSCLK_CONF & ~(SYSTEM_PRE_DIV_CNT | SYSTEM_SOC_CLK_SEL)) | SYSTEM_SOC_CLK_SEL_PLL;
    RTC_CNTL_STORE4 = XTAL_HZ / 1000000 * 0x10001;
    ets_update_cpu_frequency(80);
}

void API(ets_update_cpu_frequency)(uint32_t mhz) { ticks_per_us = mhz; }
uint32_t API(ets_get_cpu_frequency)(void) { return ticks_per_us; }

uint32_t API(ets_get_xtal_freq)(void)
{
    uint32_t mhz = SYSTEM_CLK_XTAL_FREQ_MHZ(SYSTEM_SYSCLK_CONF);
    return mhz ? mhz * 1000000 : XTAL_HZ;
}
uint32_t API(ets_get_xtal_div)(void) { return 1; }
void API(ets_set_xtal_div)(int divider)
{
    SYSTEM_SYSCLK_CONF = (SYSTEM_SYSCLK_CONF & ~SYSTEM_PRE_DIV_CNT) | ((uint32_t)(divider - 1) & SYSTEM_PRE_DIV_CNT);
}

uint32_t API(ets_get_apb_freq)(void)
{
    switch ((SYSTEM_SYSCLK_CONF & SYSTEM_SOC_CLK_SEL) >> 10) {
    case 0: return API(ets_get_xtal_freq)();
    case 1: return 80000000;
    case 2: return 8000000;
    default: return 16000000;
    }
}

void API(ets_delay_us)(uint32_t us)
{
    uint32_t start = read_sr(ccount), ticks = us * ticks_per_us;
    while (read_sr(ccount) - start < ticks) {
    }
}
