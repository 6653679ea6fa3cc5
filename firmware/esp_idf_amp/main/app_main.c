/* Core 0 under ESP-IDF: it reserves core 1's memory, releases core 1, then talks to it. It prints what firmware/amp
   prints, so that the same suites take its image. */
#include <stdio.h>

#include "esp_rom_sys.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "heap_memory_layout.h"

#include "core1_delivery.h"

#define PERIOD_MS 100

/* Shared words, and core 1's region behind them: amp/shared.ld and region.ld. ESP-IDF's heap leaves this alone. */
SOC_RESERVE_MEMORY_REGION(0x3FCCFE00, 0x3FCD8000, amp_core1);

static void start_core1(void)
{
    core1_hold();
    if (core1_prepare_and_run())
        esp_rom_printf("amp: core 1 released\n");
}

static void receive_messages(void)
{
    struct amp_message message;
    int result;
    while ((result = amp_mailbox_take(&amp_mailbox_to_core0, &message)) != 0) {
        if (result < 0)
            esp_rom_printf("amp: torn message %d\n", (int)message.sequence);
        else if (message.kind == AMP_HELLO)
            esp_rom_printf("amp: core 1 alive\n");
        else if (message.kind == AMP_PONG)
            esp_rom_printf("amp: got pong %d\n", (int)message.value);
        else
            esp_rom_printf("amp: unknown message kind %d\n", (int)message.kind);
    }
}

static void send_ping(uint32_t number)
{
    if (amp_mailbox_send(&amp_mailbox_to_core1, AMP_PING, number) == 0) {
        esp_rom_printf("amp: mailbox to core 1 full\n");
        return;
    }
    esp_rom_printf("amp: sent ping %d\n", (int)number);
    core1_ring();
}

/* The console's driver is not installed: reading does not block. */
static void read_console(void)
{
    int c = getchar();
    if (c == 'r')
        start_core1();
    else if (c == 'p')
        esp_rom_printf("pong\n");
}

void app_main(void)
{
    esp_rom_printf("amp: core 0 up at %d MHz\n", CONFIG_ESP_DEFAULT_CPU_FREQ_MHZ);
    start_core1();
    for (uint32_t turn = 1;; turn++) {
        vTaskDelay(pdMS_TO_TICKS(1));
        receive_messages();
        read_console();
        if (turn % PERIOD_MS == 0)
            send_ping(turn / PERIOD_MS);
        if (turn % PERIOD_MS == PERIOD_MS / 2)
            esp_rom_printf("amp: heartbeat %d\n", (int)__atomic_load_n(&amp_heartbeat, __ATOMIC_RELAXED));
    }
}
