/* Where a partition lies in flash. */
#include "core0.h"

#define PARTITION_TABLE 0x8000
#define PARTITION_MAGIC 0x50AA
#define PARTITIONS_MAX 16

bool find_partition(const char *name, struct partition *found)
{
    for (uint32_t i = 0; i < PARTITIONS_MAX; i++) {
        esp_rom_spiflash_read(PARTITION_TABLE + i * sizeof *found, found, sizeof *found);
        if (found->magic != PARTITION_MAGIC)
            break;
        if (strncmp(found->name, name, sizeof found->name) == 0)
            return true;
    }
    ets_printf("amp: no partition %s\n", name);
    return false;
}
