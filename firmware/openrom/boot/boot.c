/* From reset to the loaded image: core 0 boots, core 1 waits for the address that core 0 gives it. */
#include "openrom.h"

#define ASSIST_DEBUG_CORE_0_RCD_PDEBUGPC REG(0x600CE05C)
#define RTC_DISABLE_ROM_LOG BIT(0) /* in RTC_CNTL_STORE4 */
#define STRAP_GPIO46 BIT(2)        /* high at reset */
#define RESET_DEEP_SLEEP 5

/* The first words of the ROM's data window, so that a host finds them without symbols. Zero as built: normal boot. */
__attribute__((section(".host_boot"), used)) const volatile struct host_boot openrom_host_boot = {0, 0};

/* The causes of RTC_CNTL_RESET_STATE as the banner of the chip names them: logs are searched for these. */
static const char *reset_name(uint32_t reason)
{
    switch (reason) {
    case 1: return "POWERON";
    case 3: return "RTC_SW_SYS_RST";
    case 5: return "DSLEEP";
    case 7: return "TG0WDT_SYS_RST";
    case 8: return "TG1WDT_SYS_RST";
    case 9: return "RTCWDT_SYS_RST";
    case 10: return "INTRUSION_RST";
    case 11: return "TG0WDT_CPU_RST";
    case 12: return "RTC_SW_CPU_RST";
    case 13: return "RTCWDT_CPU_RST";
    case 15: return "BROWNOUT_RST";
    case 16: return "RTCWDT_RTC_RST";
    case 17: return "TG1WDT_CPU_RST";
    case 18: return "SUPER_WDT_RST";
    case 19: return "GLITCH_RTC_RST";
    case 20: return "EFUSE_RST";
    case 21: return "USB_UART_CHIP_RESET";
    case 22: return "USB_JTAG_CHIP_RESET";
    case 23: return "POWER_GLITCH_RESET";
    default: return "NO_MEAN";
    }
}

/* What the strapping pins ask for: bit 3 is GPIO0, which boots from flash where it was high at reset. */
enum boot_mode { DOWNLOAD, SPI_FLASH_BOOT, SPI_DOWNLOAD_BOOT, UART0_BOOT, SPI_FAST_FLASH_BOOT };
static enum boot_mode boot_mode(uint32_t strap)
{
    if (strap & BIT(3))
        return SPI_FAST_FLASH_BOOT;
    switch (strap & 7) {
    case 4:
    case 5: return SPI_FLASH_BOOT;
    case 6: return SPI_DOWNLOAD_BOOT;
    case 7: return UART0_BOOT;
    default: return DOWNLOAD;
    }
}
static const char *const boot_mode_name[] = {"DOWNLOAD(USB/UART0)", "SPI_FLASH_BOOT", "SPI_DOWNLOAD_BOOT",
                                             "UART0_BOOT", "SPI_FAST_FLASH_BOOT"};

/* eFuses, a pin and a word that survives resets silence the console. */
bool API(ets_is_print_boot)(void)
{
    switch (ets_efuse_get_uart_print_control()) {
    case 0: return true;
    case 1: return !(GPIO_STRAP & STRAP_GPIO46);
    case 2: return GPIO_STRAP & STRAP_GPIO46;
    default: return false;
    }
}
static void choose_consoles(void)
{
    bool silent = RTC_CNTL_STORE4 & RTC_DISABLE_ROM_LOG;
    g_uart_print = !silent && API(ets_is_print_boot)();
    g_usb_print = !silent && !ets_efuse_usb_print_is_disabled();
}

/* Like the chip, wait here: out of a failed boot leads only the flash-boot watchdog, which nobody feeds from now on. */
void openrom_stop(void)
{
    usb_uart_device_tx_flush();
    for (;;) {
    }
}

static void wait_for_download(enum boot_mode mode)
{
    ets_printf(mode == DOWNLOAD            ? "waiting for download\n"
               : mode == SPI_DOWNLOAD_BOOT ? "wait spi download\n"
                                           : "wait uart0 download\n");
    ets_printf("openrom: the download protocol is not there; GPIO0 must be high at reset to boot from flash\n");
    openrom_stop();
}

__attribute__((noreturn)) void openrom_core0(void)
{
    uint32_t reason = rtc_get_reset_reason(0);
    if (reason == RESET_DEEP_SLEEP) {
        entry_point *wake = esp_rom_get_rtc_wake_addr();
        if (wake)
            wake();
    }
    uint32_t saved_pc = ASSIST_DEBUG_CORE_0_RCD_PDEBUGPC;
    assist_debug_clock_enable();
    assist_debug_record_enable();
    openrom_clock_init();
    openrom_cache_init();
    openrom_uart_init();
    choose_consoles();
    ets_install_uart_printf();
    openrom_flash_init();
    dsps_fft2r_w_table_fc32_1024 = openrom_fft_table;

    uint32_t strap = GPIO_STRAP & 0x3F;
    enum boot_mode mode = boot_mode(strap);
    ets_printf("ESP-ROM:esp32s3-20210327\nBuild:open ROM\nrst:0x%x (%s),boot:0x%x (%s)\n", reason,
               reset_name(reason), strap, boot_mode_name[mode]);
    if (saved_pc)
        ets_printf("Saved PC:0x%08x\n", saved_pc);

    bool application = openrom_host_boot.magic == HOST_BOOT_MAGIC;
    if (!application && mode != SPI_FLASH_BOOT && mode != SPI_FAST_FLASH_BOOT)
        wait_for_download(mode);
    entry_point *entry = openrom_load_image(application ? openrom_host_boot.flash_offset : 0, application);
    usb_uart_device_tx_flush();
    entry();
    ets_printf("user code done\n");
    openrom_stop();
}

__attribute__((noreturn)) void openrom_core1(void)
{
    /* The register keeps its value when only core 1 is reset, so a stale address is taken at once: the chip does the
     * same. */
    uint32_t address;
    while ((address = SYSTEM_CORE_1_CONTROL_1) == 0) {
    }
    ((entry_point *)address)();
    for (;;) {
    }
}
