/* Drives one device on each of several buses and tells what it finds; what has not changed is not told again. */
#include "drivers.h"

#define PERIOD_MS 100

static void watchdogs_off(void)
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

/* The chip's ROM leaves the CPU at this too, but counts its delays by 40. */
static void set_clock(void)
{
    SYSTEM_SYSCLK_CONF = (SYSTEM_SYSCLK_CONF & ~SYSTEM_PRE_DIV_CNT) | (XTAL_MHZ / CPU_MHZ - 1);
    ets_update_cpu_frequency(CPU_MHZ);
}

void drivers_main(void)
{
    watchdogs_off();
    set_clock();
    ets_printf("drivers: up\n");
    thermometer_init();
    registers_init();
    echo_init();
    lamp_init();
    modem_init();
    bus_init();
    sound_init();
    motor_init();
    sound_start();
    motor_start();
    for (uint32_t ms = 0;; ms++) {
        if (ms % PERIOD_MS == 0) {
            thermometer_show();
            bus_send((uint8_t)(ms / PERIOD_MS));
            modem_ask();
        }
        registers_poll();
        echo_poll();
        lamp_poll();
        modem_poll();
        bus_poll();
        sound_poll();
        motor_poll();
        ets_delay_us(1000);
    }
}
