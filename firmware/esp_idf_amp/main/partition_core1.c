/* Delivery B: the Rust crate is a program of its own in the partition "core1", which prepares its own memory. */
#include <string.h>
#include "esp_partition.h"
#include "esp_rom_crc.h"
#include "esp_rom_sys.h"

#include "core1_delivery.h"

extern uint8_t amp_shared_start[], amp_shared_end[]; /* amp/shared.ld */
void Cache_Invalidate_ICache_All(void);              /* ROM */
void Cache_Invalidate_DCache_All(void);

bool core1_prepare_and_run(void)
{
    const esp_partition_t *partition = esp_partition_find_first(0x40, 0x00, "core1");
    if (partition == NULL || !core1_map_program(partition->address)) {
        esp_rom_printf("amp: partition core1 cannot be mapped\n");
        return false;
    }
    Cache_Invalidate_ICache_All();
    Cache_Invalidate_DCache_All();
    const struct amp_program *program = (const struct amp_program *)AMP_PROGRAM_DATA;
    if (program->magic != AMP_PROGRAM_MAGIC || program->size < sizeof *program || program->size > partition->size ||
        program->crc != esp_rom_crc32_le(0, (const uint8_t *)(program + 1), program->size - sizeof *program)) {
        esp_rom_printf("amp: no program in partition core1\n");
        return false;
    }
    esp_rom_printf("amp: core 1 program version %d, %d bytes\n", (int)program->version, (int)program->size);
    memset(amp_shared_start, 0, (size_t)(amp_shared_end - amp_shared_start));
    core1_connect_doorbell();
    core1_run(program->entry);
    return true;
}
