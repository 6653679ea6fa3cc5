/* ESP-IDF's watchdog layer, which it leaves to the ROM: for timer groups 0 and 1 and the RTC's watchdog. */
#include "openrom.h"

enum { RWDT, MWDT0, MWDT1 };
#define FLASHBOOT_RTC BIT(12)
#define FLASHBOOT_TIMG BIT(14)
#define TIMG_WDT_CONF_UPDATE_EN BIT(22)
#define RTC_RESET_LENGTHS (7u << 16 | 7u << 13)
#define TIMG_RESET_LENGTHS (7u << 18 | 7u << 15)
#define RTC_CNTL_INT_CLR REG(0x6000804C)
#define RTC_CNTL_INT_ENA REG(0x60008040)
#define RTC_CNTL_WDT_INT BIT(3)
#define TIMG_INT_ENA(group) REG(0x6001F070 + 0x1000 * (group))
#define TIMG_INT_CLR(group) REG(0x6001F07C + 0x1000 * (group))
#define TIMG_WDT_INT BIT(2)
#define EFUSE_RD_REPEAT_DATA1 REG(0x60007034)
#define EFUSE_WDT_DELAY_SEL(value) ((value) >> 16 & 3)

struct wdt_hal {
    uint32_t instance;
    void *registers; /* follows from the instance */
};

static bool is_rtc(const struct wdt_hal *hal) { return hal->instance == RWDT; }
static uint32_t group(const struct wdt_hal *hal) { return hal->instance == MWDT1; }
static volatile uint32_t *config(const struct wdt_hal *hal)
{
    return is_rtc(hal) ? &RTC_CNTL_WDTCONFIG0 : &TIMG_WDTCONFIG0(group(hal));
}

/* A timer group takes a new configuration over when it is told to. */
static void change(const struct wdt_hal *hal, uint32_t clear, uint32_t set)
{
    *config(hal) = (*config(hal) & ~clear) | set;
    if (!is_rtc(hal))
        *config(hal) |= TIMG_WDT_CONF_UPDATE_EN;
}

void API(wdt_hal_write_protect_disable)(struct wdt_hal *hal)
{
    if (is_rtc(hal))
        RTC_CNTL_WDTWPROTECT = WDT_WKEY;
    else
        TIMG_WDTWPROTECT(group(hal)) = WDT_WKEY;
}

void API(wdt_hal_write_protect_enable)(struct wdt_hal *hal)
{
    if (is_rtc(hal))
        RTC_CNTL_WDTWPROTECT = 0;
    else
        TIMG_WDTWPROTECT(group(hal)) = 0;
}

void API(wdt_hal_feed)(struct wdt_hal *hal)
{
    if (is_rtc(hal))
        RTC_CNTL_WDTFEED = BIT(31);
    else
        TIMG_WDTFEED(group(hal)) = 1;
}

void API(wdt_hal_handle_intr)(struct wdt_hal *hal)
{
    API(wdt_hal_feed)(hal);
    if (is_rtc(hal))
        RTC_CNTL_INT_CLR = RTC_CNTL_WDT_INT;
    else
        TIMG_INT_CLR(group(hal)) = TIMG_WDT_INT;
}

void API(wdt_hal_enable)(struct wdt_hal *hal)
{
    API(wdt_hal_feed)(hal);
    change(hal, 0, BIT(31));
}

void API(wdt_hal_disable)(struct wdt_hal *hal) { change(hal, BIT(31), 0); }
bool API(wdt_hal_is_enabled)(struct wdt_hal *hal) { return *config(hal) >> 31; }

void API(wdt_hal_set_flashboot_en)(struct wdt_hal *hal, bool enable)
{
    uint32_t bit = is_rtc(hal) ? FLASHBOOT_RTC : FLASHBOOT_TIMG;
    change(hal, bit, enable ? bit : 0);
}

/* action: 0 off, 1 interrupt, 2 reset a core, 3 reset the system, 4 reset all (RTC only). */
void API(wdt_hal_config_stage)(struct wdt_hal *hal, uint32_t stage, uint32_t ticks, uint32_t action)
{
    if (is_rtc(hal)) {
        /* the hardware multiplies again, by what its fuse says */
        (&RTC_CNTL_WDTCONFIG1)[stage] = ticks >> (1 + EFUSE_WDT_DELAY_SEL(EFUSE_RD_REPEAT_DATA1));
        change(hal, 7u << (28 - 3 * stage), action << (28 - 3 * stage));
    } else {
        (&TIMG_WDTCONFIG0(group(hal)))[2 + stage] = ticks;
        change(hal, 3u << (29 - 2 * stage), action << (29 - 2 * stage));
    }
}

static void all_off(struct wdt_hal *hal, bool interrupt)
{
    API(wdt_hal_write_protect_disable)(hal);
    API(wdt_hal_feed)(hal);
    API(wdt_hal_disable)(hal);
    API(wdt_hal_set_flashboot_en)(hal, false);
    for (uint32_t stage = 0; stage < 4; stage++)
        API(wdt_hal_config_stage)(hal, stage, 0, 0);
    volatile uint32_t *enable = is_rtc(hal) ? &RTC_CNTL_INT_ENA : &TIMG_INT_ENA(group(hal));
    uint32_t bit = is_rtc(hal) ? RTC_CNTL_WDT_INT : TIMG_WDT_INT;
    API(wdt_hal_handle_intr)(hal);
    *enable = interrupt ? *enable | bit : *enable & ~bit;
}

void API(wdt_hal_init)(struct wdt_hal *hal, uint32_t instance, uint32_t prescaler, bool interrupt)
{
    hal->instance = instance;
    hal->registers = instance == RWDT ? (void *)0x60008000 : (void *)(0x6001F000 + 0x1000 * group(hal));
    all_off(hal, interrupt);
    if (!is_rtc(hal))
        (&TIMG_WDTCONFIG0(group(hal)))[1] = prescaler << 16;
    change(hal, 0, is_rtc(hal) ? RTC_RESET_LENGTHS : TIMG_RESET_LENGTHS);
    API(wdt_hal_write_protect_enable)(hal);
}

void API(wdt_hal_deinit)(struct wdt_hal *hal)
{
    all_off(hal, false);
    API(wdt_hal_write_protect_enable)(hal);
    hal->registers = NULL;
}
