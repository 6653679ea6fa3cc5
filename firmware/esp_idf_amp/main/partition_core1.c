/* Delivery B: the Rust crate is a program of its own in the partition "core1", which prepares its own memory. A new one
   comes over the console and takes its place while this application runs on. */
#include <stdlib.h>
#include <string.h>
#include "esp_partition.h"
#include "esp_rom_crc.h"
#include "esp_rom_sys.h"

#include "app.h"

#define PARTITION_TYPE 0x40
#define PAGE_BYTES 0x10000
#define SECTOR_BYTES 0x1000
#define PROGRAM_MAX 0x4000u

extern uint8_t amp_shared_start[], amp_shared_end[];              /* amp/shared.ld */
int Cache_Invalidate_Addr(uint32_t address, uint32_t byte_count); /* ROM */

static const esp_partition_t *find_partition(void)
{
    const esp_partition_t *partition = esp_partition_find_first(PARTITION_TYPE, ESP_PARTITION_SUBTYPE_ANY, "core1");
    if (partition == NULL)
        esp_rom_printf("amp: no partition core1\n");
    return partition;
}

static bool is_whole(const struct amp_program *program, uint32_t limit)
{
    return program->magic == AMP_PROGRAM_MAGIC && program->size >= sizeof *program && program->size <= limit &&
           program->crc == esp_rom_crc32_le(0, (const uint8_t *)(program + 1), program->size - sizeof *program);
}

bool core1_prepare_and_run(void)
{
    const esp_partition_t *partition = find_partition();
    if (partition == NULL)
        return false;
    if (!core1_map_program(partition->address)) {
        esp_rom_printf("amp: partition core1 cannot be mapped\n");
        return false;
    }
    Cache_Invalidate_Addr(AMP_PROGRAM_TEXT, PAGE_BYTES);
    Cache_Invalidate_Addr(AMP_PROGRAM_DATA, PAGE_BYTES);
    const struct amp_program *program = (const struct amp_program *)AMP_PROGRAM_DATA;
    if (!is_whole(program, partition->size)) {
        esp_rom_printf("amp: no program in partition core1\n");
        return false;
    }
    esp_rom_printf("amp: core 1 program version %d, %d bytes\n", (int)program->version, (int)program->size);
    memset(amp_shared_start, 0, (size_t)(amp_shared_end - amp_shared_start));
    core1_connect_doorbell();
    core1_run(program->entry);
    return true;
}

/* Core 1 goes on with what it has until the new program has come whole. */
static void replace_program(uint32_t size)
{
    const esp_partition_t *partition = find_partition();
    if (partition == NULL)
        return;
    if (size < sizeof(struct amp_program) || size > PROGRAM_MAX || size % sizeof(uint32_t)) {
        esp_rom_printf("amp: a program has at most %d bytes, and whole words\n", (int)PROGRAM_MAX);
        return;
    }
    struct amp_program *program = malloc(size);
    if (program == NULL) {
        esp_rom_printf("amp: no memory for %d bytes\n", (int)size);
        return;
    }
    esp_rom_printf("amp: send %d bytes\n", (int)size);
    console_receive(program, size);
    if (is_whole(program, size)) {
        core1_hold();
        ESP_ERROR_CHECK(esp_partition_erase_range(partition, 0, (size + SECTOR_BYTES - 1) & ~(SECTOR_BYTES - 1)));
        ESP_ERROR_CHECK(esp_partition_write(partition, 0, program, size));
        esp_rom_printf("amp: program written\n");
        start_core1();
    } else {
        esp_rom_printf("amp: program refused\n");
    }
    free(program);
}

bool delivery_command(const char *command)
{
    if (strncmp(command, "load ", 5) != 0)
        return false;
    replace_program(strtoul(command + 5, NULL, 10));
    return true;
}
