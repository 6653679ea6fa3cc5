/* Resets, clocks and core 1's boot address. */
#include "openrom.h"

static uint32_t ticks_per_us;

void openrom_clock_init(void)
{
    /* A reset of this core alone does not touch the clocks, on which the other core may depend. */
    if ((SYSTEM_SYSCLK_CONF & SYSTEM_SOC_CLK_SEL) == SYSTEM_SOC_CLK_SEL_PLL) {
        ets_update_cpu_frequency(80 + 80 * (SYSTEM_CPU_PER_CONF & SYSTEM_CPUPERIOD_SEL));
        return;
    }
    /* Any other leaves the CPU on half the crystal's 40 MHz. */
    SYSTEM_SYSCLK_CONF &= ~(SYSTEM_PRE_DIV_CNT | SYSTEM_SOC_CLK_SEL);
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
uint32_t API(ets_get_xtal_freq)(void) { return XTAL_HZ; }

/* 80 MHz from the PLL; otherwise the bus runs with the CPU. */
uint32_t API(ets_get_apb_freq)(void)
{
    return (SYSTEM_SYSCLK_CONF & SYSTEM_SOC_CLK_SEL) == SYSTEM_SOC_CLK_SEL_PLL ? 80000000 : ticks_per_us * 1000000;
}

void API(ets_delay_us)(uint32_t us)
{
    uint32_t start = read_sr(ccount), ticks = us * ticks_per_us;
    while (read_sr(ccount) - start < ticks) {
    }
}

uint32_t API(rtc_get_reset_reason)(int core) { return RTC_CNTL_RESET_STATE >> (core ? 6 : 0) & 0x3F; }

void API(software_reset)(void)
{
    RTC_CNTL_OPTIONS0 |= RTC_CNTL_SW_SYS_RST;
    for (;;) {
    }
}

void API(software_reset_cpu)(int core) { RTC_CNTL_OPTIONS0 |= core ? RTC_CNTL_SW_APPCPU_RST : RTC_CNTL_SW_PROCPU_RST; }

/* Locks that a system offers to ROM code which may run on both cores; nothing here shares anything that needs them. */
void API(ets_apb_backup_init_lock_func)(void (*lock)(void), void (*unlock)(void)) { (void)lock, (void)unlock; }
void API(esp_rom_newlib_init_common_mutexes)(void *lock, void *recursive) { (void)lock, (void)recursive; }

/* The flash's pins as burnt: none, which means the default ones. */
uint32_t API(ets_efuse_get_spiconfig)(void) { return 0; }
uint32_t API(ets_efuse_get_wp_pad)(void) { return 0; }

/* The security settings as burnt; nothing else than the unset ones is modelled, but they are looked up all the same. */
#define EFUSE_RD_REPEAT_DATA(n) REG(0x60007030 + 4 * (n))
static uint32_t efuse_bits(int word, int lo, int count) { return EFUSE_RD_REPEAT_DATA(word) >> lo & (BIT(count) - 1); }
bool API(ets_efuse_secure_boot_enabled)(void) { return efuse_bits(2, 20, 1); }
bool API(ets_efuse_secure_boot_aggressive_revoke_enabled)(void) { return efuse_bits(2, 21, 1); }
bool API(ets_efuse_download_modes_disabled)(void) { return efuse_bits(3, 0, 1); }
bool API(ets_efuse_legacy_spi_boot_mode_disabled)(void) { return efuse_bits(3, 1, 1); }
bool API(ets_efuse_usb_download_mode_disabled)(void) { return efuse_bits(3, 4, 1); }
bool API(ets_efuse_security_download_modes_enabled)(void) { return efuse_bits(3, 5, 1); }
uint32_t API(ets_efuse_get_uart_print_control)(void) { return efuse_bits(3, 6, 2); }
bool API(ets_efuse_flash_octal_mode)(void) { return efuse_bits(3, 9, 1); }
bool API(ets_efuse_force_send_resume)(void) { return efuse_bits(3, 13, 1); }
/* Flash encryption is on when an odd number of the count's bits is burnt. */
bool API(ets_efuse_cache_encryption_enabled)(void)
{
    uint32_t count = efuse_bits(1, 18, 3);
    return (count ^ count >> 1 ^ count >> 2) & 1;
}
/* 6 bytes, first byte of the address first. */
void API(ets_efuse_get_mac)(uint8_t *mac)
{
    uint32_t low = REG(0x60007044), high = REG(0x60007048);
    for (int i = 0; i < 6; i++)
        mac[i] = (uint8_t)(i < 2 ? high >> (8 - 8 * i) : low >> (40 - 8 * i));
}
/* The words that would be burnt, and their check words. */
void API(ets_efuse_clear_program_registers)(void)
{
    for (uint32_t n = 0; n < 11; n++)
        REG(0x60007000 + 4 * n) = 0;
}
uint32_t API(ets_efuse_read)(void)
{
    REG(0x600071CC) = 0x5AA5; /* CONF: read */
    REG(0x600071D4) = 1;      /* CMD: READ_CMD */
    while (REG(0x600071D4) & 1) {
    }
    return 0;
}

void API(ets_set_appcpu_boot_addr)(uint32_t address) { SYSTEM_CORE_1_CONTROL_1 = address; }

/* Why it woke, a bit a reason: SLP_WAKEUP_CAUSE, valid after a reset from deep sleep. */
uint32_t API(rtc_get_wakeup_cause)(void) { return REG(0x60008130) & 0x1FFFF; }

/* Where core 0 goes on after deep sleep: the register that this is kept in. */
void API(esp_rom_set_rtc_wake_addr)(entry_point *address, size_t length)
{
    (void)length;
    REG(0x600080C8) = (uint32_t)address; /* STORE6 */
}
entry_point *API(esp_rom_get_rtc_wake_addr)(void) { return (entry_point *)REG(0x600080C8); }

bool API(ets_is_print_boot)(void) { return true; }
void API(ets_install_lock)(void (*lock)(void), void (*unlock)(void)) { (void)lock, (void)unlock; }
uint32_t API(ets_get_xtal_div)(void) { return (SYSTEM_SYSCLK_CONF & SYSTEM_PRE_DIV_CNT) + 1; }
