/* The watchdogs that the hardware starts with: RTC_CNTL's and timer group 0's, both in their flash-boot mode. */
#include "openrom.h"

void openrom_watchdog_feed(void)
{
    TIMG_WDTWPROTECT(0) = WDT_WKEY;
    TIMG_WDTFEED(0) = 1;
    TIMG_WDTWPROTECT(0) = 0;
    RTC_CNTL_WDTWPROTECT = WDT_WKEY;
    RTC_CNTL_WDTFEED = BIT(31);
    RTC_CNTL_WDTWPROTECT = 0;
}

/* As ESP-IDF's second stage leaves them to an application: flash-boot mode over; the RTC watchdog gives the application
   9 s of 136 kHz ticks (stage 0 counts in units of two by eFuse default) to take it over; the super watchdog feeds
   itself. */
void openrom_watchdog_hand_over(void)
{
    openrom_watchdog_feed();
    RTC_CNTL_WDTWPROTECT = WDT_WKEY;
    RTC_CNTL_WDTCONFIG1 = 9 * 136000 / 2;
    RTC_CNTL_WDTCONFIG0 =
        (RTC_CNTL_WDTCONFIG0 & ~RTC_CNTL_WDT_FLASHBOOT_MOD_EN) | RTC_CNTL_WDT_STG0_RESET_RTC | RTC_CNTL_WDT_EN;
    RTC_CNTL_WDTWPROTECT = 0;
    TIMG_WDTWPROTECT(0) = WDT_WKEY;
    TIMG_WDTCONFIG0(0) &= ~TIMG_WDT_FLASHBOOT_MOD_EN;
    TIMG_WDTWPROTECT(0) = 0;
    RTC_CNTL_SWD_WPROTECT = SWD_WKEY;
    RTC_CNTL_SWD_CONF |= RTC_CNTL_SWD_AUTO_FEED_EN;
    RTC_CNTL_SWD_WPROTECT = 0;
}

/* No watchdog ends what comes now: a run that waits shall keep its last words. */
void openrom_watchdog_off(void)
{
    RTC_CNTL_WDTWPROTECT = WDT_WKEY;
    RTC_CNTL_WDTCONFIG0 &= ~(RTC_CNTL_WDT_EN | RTC_CNTL_WDT_FLASHBOOT_MOD_EN);
    RTC_CNTL_WDTWPROTECT = 0;
    for (int group = 0; group < 2; group++) {
        TIMG_WDTWPROTECT(group) = WDT_WKEY;
        TIMG_WDTCONFIG0(group) &= ~(TIMG_WDT_EN | TIMG_WDT_FLASHBOOT_MOD_EN);
        TIMG_WDTWPROTECT(group) = 0;
    }
    RTC_CNTL_SWD_WPROTECT = SWD_WKEY;
    RTC_CNTL_SWD_CONF |= RTC_CNTL_SWD_AUTO_FEED_EN;
    RTC_CNTL_SWD_WPROTECT = 0;
}
