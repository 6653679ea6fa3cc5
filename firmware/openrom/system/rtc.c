/* Resets and their reasons, the way back from deep sleep, core 1's boot address. */
#include "openrom.h"

#define RTC_CNTL_PWC REG(0x60008090)
#define RTC_CNTL_PAD_FORCE_HOLD BIT(21)
#define RTC_CNTL_DIG_ISO REG(0x60008094)
#define RTC_CNTL_STORE5 REG(0x600080C4)
#define RTC_CNTL_STORE6 REG(0x600080C8)
#define RTC_CNTL_STORE7 REG(0x600080CC)
#define RTC_CNTL_STATE0 REG(0x60008018)
#define RTC_CNTL_APB2RTC_BRIDGE_SEL BIT(22)
#define RTC_CNTL_SWD_RESET_FLAG BIT(0)
#define RTC_CNTL_SWD_RST_FLAG_CLR BIT(28)
#define RTC_CNTL_JTAG_RESET_FLAG_PROCPU BIT(20)
#define RTC_CNTL_JTAG_RESET_FLAG_APPCPU BIT(21)
#define RTC_CNTL_CLR_DG_PAD_AUTOHOLD BIT(10)
#define RTC_CNTL_DG_PAD_FORCE_HOLD BIT(15)
#define RTC_FAST_MEMORY_SIZE 0x2000u

uint32_t API(rtc_get_reset_reason)(int core) { return RTC_CNTL_RESET_STATE >> (core ? 6 : 0) & 0x3F; }

/* The reset state, as the chip's ROM returns it: the causes of waking are elsewhere (SLP_WAKEUP_CAUSE). */
uint32_t API(rtc_get_wakeup_cause)(void) { return RTC_CNTL_RESET_STATE & 0x1FFFF; }

bool API(analog_super_wdt_reset_happened)(void) { return RTC_CNTL_SWD_CONF & RTC_CNTL_SWD_RESET_FLAG; }
void API(clear_super_wdt_reset_flag)(void)
{
    if (!API(analog_super_wdt_reset_happened)())
        return;
    RTC_CNTL_SWD_WPROTECT = SWD_WKEY;
    RTC_CNTL_SWD_CONF |= RTC_CNTL_SWD_RST_FLAG_CLR;
    RTC_CNTL_SWD_CONF &= ~RTC_CNTL_SWD_RST_FLAG_CLR;
    RTC_CNTL_SWD_WPROTECT = 0;
}
bool API(jtag_cpu_reset_happened)(int core)
{
    return RTC_CNTL_RESET_STATE & (core ? RTC_CNTL_JTAG_RESET_FLAG_APPCPU : RTC_CNTL_JTAG_RESET_FLAG_PROCPU);
}

void API(software_reset)(void)
{
    RTC_CNTL_OPTIONS0 |= RTC_CNTL_SW_SYS_RST;
    for (;;) {
    }
}
void API(software_reset_cpu)(int core) { RTC_CNTL_OPTIONS0 |= core ? RTC_CNTL_SW_APPCPU_RST : RTC_CNTL_SW_PROCPU_RST; }

void API(ets_set_appcpu_boot_addr)(uint32_t address) { SYSTEM_CORE_1_CONTROL_1 = address; }

/* Where core 0 goes on after deep sleep: only if the code there is still what it was. */
void API(esp_rom_set_rtc_wake_addr)(entry_point *address, size_t length)
{
    if (length % 4 != 0) {
        RTC_CNTL_STORE5 = 0;
        RTC_CNTL_STORE6 = 0;
        RTC_CNTL_STORE7 = 0;
        return;
    }
    RTC_CNTL_STORE5 = length;
    RTC_CNTL_STORE6 = (uint32_t)address;
    RTC_CNTL_STORE7 = length ? crc32_le(0, (const uint8_t *)address, length) : 0;
}
entry_point *API(esp_rom_get_rtc_wake_addr)(void)
{
    uint32_t address = RTC_CNTL_STORE6, length = RTC_CNTL_STORE5;
    if (length == 0 || length % 4 != 0 || length > RTC_FAST_MEMORY_SIZE ||
        crc32_le(0, (const uint8_t *)address, length) != RTC_CNTL_STORE7)
        return NULL;
    return (entry_point *)address;
}

/* Whether the RTC's registers are reached through the bridge of core 0's bus (0) or past it. Returns what was asked. */
uint32_t API(rtc_select_apb_bridge)(uint32_t selected)
{
    if (selected)
        RTC_CNTL_STATE0 |= RTC_CNTL_APB2RTC_BRIDGE_SEL;
    else
        RTC_CNTL_STATE0 &= ~RTC_CNTL_APB2RTC_BRIDGE_SEL;
    return selected;
}

void API(rtc_unhold_all_pads)(void)
{
    RTC_CNTL_PWC &= ~RTC_CNTL_PAD_FORCE_HOLD;
    RTC_CNTL_DIG_ISO &= ~RTC_CNTL_DG_PAD_FORCE_HOLD;
    RTC_CNTL_DIG_ISO |= RTC_CNTL_CLR_DG_PAD_AUTOHOLD;
}

/* The watchdogs that run while booting, as far as the ROM started them. */
void API(disable_default_watchdog)(void)
{
    RTC_CNTL_WDTCONFIG0 &= ~RTC_CNTL_WDT_FLASHBOOT_MOD_EN;
    TIMG_WDTCONFIG0(0) &= ~TIMG_WDT_FLASHBOOT_MOD_EN;
}

/* Where the ROM would start a program that was loaded over a serial line. */
static entry_point *user_start;
void API(ets_set_user_start)(entry_point *start) { user_start = start; }
