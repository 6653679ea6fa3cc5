/* The console: amp's commands, a line each. */
#include <string.h>
#include "driver/uart.h"
#include "esp_partition.h"
#include "esp_rom_sys.h"
#include "esp_system.h"

#include "app.h"

#define CONSOLE CONFIG_ESP_CONSOLE_UART_NUM
#define RECEIVE_BYTES 1024
#define SECTOR_BYTES 0x1000

void console_start(void) { ESP_ERROR_CHECK(uart_driver_install(CONSOLE, RECEIVE_BYTES, 0, 0, NULL, 0)); }

void console_receive(void *to, uint32_t length) { uart_read_bytes(CONSOLE, to, length, portMAX_DELAY); }

/* What many fear for a loop on the other core: a sector is erased and written, and the caches wait. */
static void write_storage(void)
{
    const esp_partition_t *storage =
        esp_partition_find_first(ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_ANY, "storage");
    if (storage == NULL) {
        esp_rom_printf("amp: no partition storage\n");
        return;
    }
    ESP_ERROR_CHECK(esp_partition_erase_range(storage, 0, SECTOR_BYTES));
    ESP_ERROR_CHECK(esp_partition_write(storage, 0, "core 0 was here", 16));
    esp_rom_printf("amp: storage written\n");
}

static void obey(const char *command)
{
    if (strcmp(command, "ping") == 0) {
        esp_rom_printf("pong\n");
    } else if (strcmp(command, "stats") == 0) {
        esp_rom_printf("amp: loop last %d min %d max %d cycles, overruns %d\n", (int)amp_loop_last_cycles,
                       (int)amp_loop_min_cycles, (int)amp_loop_max_cycles, (int)amp_loop_overruns);
    } else if (strcmp(command, "restart1") == 0) {
        start_core1();
    } else if (strcmp(command, "reset") == 0) {
        esp_rom_printf("amp: reset\n");
        esp_restart();
    } else if (strcmp(command, "crash0") == 0) {
        *(volatile uint32_t *)0 = 0;
    } else if (strcmp(command, "crash1") == 0) {
        send_to_core1(AMP_CRASH, 0);
    } else if (strcmp(command, "store") == 0) {
        write_storage();
    } else if (!delivery_command(command)) {
        esp_rom_printf("amp: unknown command %s\n", command);
    }
}

void console_poll(void)
{
    static char line[16];
    static uint32_t length;
    char c;
    while (uart_read_bytes(CONSOLE, &c, 1, 0) == 1) {
        if (c == '\n' || c == '\r') {
            line[length] = 0;
            if (length > 0)
                obey(line);
            length = 0;
        } else if (length < sizeof line - 1) {
            line[length++] = c;
        }
    }
}
