/* From reset to the loaded image: core 0 boots, core 1 waits for the address that core 0 gives it. */
#include "openrom.h"

#define STRAP_SPI_BOOT BIT(3) /* GPIO0 was high at reset */

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

/* Like the chip, wait here: out of a failed boot leads only the flash-boot watchdog, which nobody feeds from now on. */
void openrom_stop(void)
{
    uart_tx_wait_idle(0);
    for (;;) {
    }
}

__attribute__((noreturn)) void openrom_core0(void)
{
    openrom_clock_init();
    openrom_uart_init();
    ets_install_uart_printf();
    openrom_spiflash_init();

    uint32_t strap = GPIO_STRAP;
    bool spi_boot = strap & STRAP_SPI_BOOT;
    uint32_t reason = rtc_get_reset_reason(0);
    ets_printf("ESP-ROM:esp32s3-twincore\nBuild:open ROM, not the chip's own\nrst:0x%x (%s),boot:0x%x (%s)\n", reason,
               reset_name(reason), strap, spi_boot ? "SPI_FAST_FLASH_BOOT" : "DOWNLOAD(USB/UART0)");
    if (!spi_boot && openrom_host_boot.magic != HOST_BOOT_MAGIC) {
        ets_printf("waiting for download\nopenrom: there is no download mode here; GPIO0 must be high at reset to boot "
                   "from flash\n");
        openrom_stop();
    }

    bool application = openrom_host_boot.magic == HOST_BOOT_MAGIC;
    entry_point *entry = openrom_load_image(application ? openrom_host_boot.flash_offset : 0, application);
    if (entry == NULL)
        openrom_stop();
    uart_tx_wait_idle(0);
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
