/* Core 0 under ESP-IDF: it reserves core 1's memory, releases core 1, then talks to it and keeps itself busy. It prints
   what firmware/amp prints and obeys the same commands, so that the same suites take its image. */
#include "esp_rom_sys.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "heap_memory_layout.h"

#include "app.h"

#define PERIOD_MS 100
#define LOAD_BYTES 1024
#define LOAD_STACK_BYTES 2048

/* Shared words, and core 1's region behind them: amp/shared.ld and region.ld. ESP-IDF's heap leaves this alone. */
SOC_RESERVE_MEMORY_REGION(0x3FCCFE00, 0x3FCD8000, amp_core1);

uint32_t amp_load_rounds; /* CRCs that the load has computed */
uint32_t amp_load_crc;    /* the last of them: all rounds must give the same */

void start_core1(void)
{
    core1_hold();
    if (core1_prepare_and_run())
        esp_rom_printf("amp: core 1 released\n");
}

void send_to_core1(enum amp_kind kind, uint32_t value)
{
    if (amp_mailbox_send(&amp_mailbox_to_core1, kind, value) == 0) {
        esp_rom_printf("amp: mailbox to core 1 full\n");
        return;
    }
    if (kind == AMP_PING)
        esp_rom_printf("amp: sent ping %d\n", (int)value);
    core1_ring();
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

/* Takes the time that the idle task leaves: memory traffic and, after each round, an interrupt on core 1. */
static void load(void *unused)
{
    static uint8_t data[LOAD_BYTES];
    (void)unused;
    for (uint32_t i = 0; i < LOAD_BYTES; i++)
        data[i] = (uint8_t)(i * 37);
    for (;;) {
        uint32_t crc = ~0u;
        for (uint32_t i = 0; i < LOAD_BYTES; i++) {
            crc ^= data[i];
            for (int bit = 0; bit < 8; bit++)
                crc = crc >> 1 ^ (0xEDB88320u & -(crc & 1));
        }
        amp_load_crc = ~crc;
        amp_load_rounds++;
        core1_ring();
    }
}

void app_main(void)
{
    console_start();
    esp_rom_printf("amp: core 0 up at %d MHz\n", CONFIG_ESP_DEFAULT_CPU_FREQ_MHZ);
    start_core1();
    xTaskCreate(load, "load", LOAD_STACK_BYTES, NULL, tskIDLE_PRIORITY, NULL);
    for (uint32_t turn = 1;; turn++) {
        vTaskDelay(pdMS_TO_TICKS(1));
        receive_messages();
        console_poll();
        if (turn % PERIOD_MS == 0)
            send_to_core1(AMP_PING, turn / PERIOD_MS);
        if (turn % PERIOD_MS == PERIOD_MS / 2)
            esp_rom_printf("amp: heartbeat %d\n", (int)__atomic_load_n(&amp_heartbeat, __ATOMIC_RELAXED));
    }
}
