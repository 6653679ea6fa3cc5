/* Core 1 must not outlive core 0. */
#include "esp_attr.h"
#include "esp_private/system_internal.h"

#include "app.h"

void __real_esp_restart_noos(void) __attribute__((noreturn));

/* Every way to a software reset leads here, esp_restart's and a panic's. With FreeRTOS on one core ESP-IDF resets
   core 0 alone: core 1 would run on, while the ROM and the bootloader use its memory. The linker puts this in between
   (--wrap). */
void IRAM_ATTR __attribute__((noreturn)) __wrap_esp_restart_noos(void)
{
    core1_hold();
    __real_esp_restart_noos();
}
