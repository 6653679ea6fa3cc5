/* Watchdogs, clock, tick: what a bootloader and an operating system's start-up do before an application runs. */
#include "core0.h"

/* All that run after reset, and those that a bootloader may have left running. */
void watchdogs_off(void)
{
    for (int group = 0; group < 2; group++) {
        TIMG_WDTWPROTECT(group) = WDT_WKEY;
        TIMG_WDTCONFIG0(group) &= ~(TIMG_WDT_EN | TIMG_WDT_FLASHBOOT_MOD_EN);
        TIMG_WDTWPROTECT(group) = 0;
    }
    RTC_CNTL_WDTWPROTECT = WDT_WKEY;
    RTC_CNTL_WDTCONFIG0 &= ~(RTC_CNTL_WDT_EN | RTC_CNTL_WDT_FLASHBOOT_MOD_EN);
    RTC_CNTL_WDTWPROTECT = 0;
    RTC_CNTL_SWD_WPROTECT = SWD_WKEY;
    RTC_CNTL_SWD_CONF |= RTC_CNTL_SWD_AUTO_FEED_EN;
    RTC_CNTL_SWD_WPROTECT = 0;
}

/* The PLL at 480 MHz, halved. The console runs from the crystal and does not notice. */
void cpu_clock_240mhz(void)
{
    RTC_CNTL_OPTIONS0 &= ~(RTC_CNTL_BB_I2C_FORCE_PD | RTC_CNTL_BBPLL_I2C_FORCE_PD | RTC_CNTL_BBPLL_FORCE_PD);
    SYSTEM_CPU_PER_CONF = (SYSTEM_CPU_PER_CONF & ~SYSTEM_CPUPERIOD_SEL) | SYSTEM_PLL_FREQ_SEL | SYSTEM_CPUPERIOD_240;
    SYSTEM_SYSCLK_CONF = (SYSTEM_SYSCLK_CONF & ~(SYSTEM_PRE_DIV_CNT | SYSTEM_SOC_CLK_SEL)) | SYSTEM_SOC_CLK_SEL_PLL;
    ets_update_cpu_frequency(AMP_CPU_MHZ);
}

/* A tick of 1 ms from SYSTIMER's unit 1, as ESP-IDF has it, the other core's doorbell, and core 0's own timer. Core 1 is not this side's to
   count on: the timer must go on while it is stalled. The timer may be running already, after a reset of core 0 alone,
   so it is stopped first. */
void interrupts_on(void)
{
    SYSTIMER_CONF &= ~(SYSTIMER_CONF_TIMER_UNIT1_CORE1_STALL_EN | SYSTIMER_CONF_TARGET0_WORK_EN);
    SYSTIMER_CONF |= SYSTIMER_CONF_CLK_EN | SYSTIMER_CONF_TIMER_UNIT1_WORK_EN;
    SYSTIMER_TARGET0_CONF =
        SYSTIMER_TARGET0_TIMER_UNIT_SEL | SYSTIMER_HZ / 1000; /* the period must be set before its mode */
    SYSTIMER_COMP0_LOAD = 1;
    SYSTIMER_TARGET0_CONF |= SYSTIMER_TARGET0_PERIOD_MODE;
    SYSTIMER_CONF |= SYSTIMER_CONF_TARGET0_WORK_EN;
    SYSTIMER_INT_CLR = SYSTIMER_TARGET0_INT;
    SYSTIMER_INT_ENA |= SYSTIMER_TARGET0_INT;
    intr_matrix_set(0, SOURCE_SYSTIMER_TARGET0, AMP_LINE_TICK);
    intr_matrix_set(0, SOURCE_FROM_CPU(0), AMP_LINE_DOORBELL);
    intr_matrix_set(1, SOURCE_FROM_CPU(1), AMP_LINE_DOORBELL);
    write_sr(ccompare0, read_sr(ccount) + AMP_CPU_MHZ * 1000);
    write_sr(intenable, BIT(AMP_LINE_TICK) | BIT(AMP_LINE_DOORBELL) | BIT(AMP_LINE_TIMER0));
}
