/* ESP images: the one at flash offset 0 that the chip's ROM loads, and applications, which a second-stage bootloader
 * would start. */
#include "openrom.h"

#define IMAGE_MAGIC 0xE9
#define IMAGE_CHIP_ESP32S3 9
#define IMAGE_SEGMENTS_MAX 16
#define IMAGE_SPI_MODES 11
#define SEGMENT_LENGTH_MAX 0x100000
#define LOWEST_LOADED 0x10000000 /* second stages skip segments for lower addresses: 0 is padding */
#define CHECKSUM_SEED 0xEF

struct image_header {
    uint8_t magic;
    uint8_t segment_count;
    uint8_t spi_mode;
    uint8_t spi_speed_size;
    uint32_t entry;
    uint8_t wp_pin;
    uint8_t spi_drive[3];
    uint16_t chip_id;
    uint8_t min_revision;
    uint16_t min_revision_full;
    uint16_t max_revision_full;
    uint8_t reserved[4];
    uint8_t hash_appended;
} __attribute__((packed));
_Static_assert(sizeof(struct image_header) == 24, "the header is 24 bytes in flash");

struct segment_header {
    uint32_t address;
    uint32_t length;
};

/* While loading, flash is seen through the MMU with virtual page n = physical page n: an entry never changes its
   meaning, so no cache line can be stale. */
static const void *flash(uint32_t offset)
{
    uint32_t page = offset / MMU_PAGE_SIZE;
    if (MMU_TABLE(page) != page)
        MMU_TABLE(page) = page;
    return (const void *)(DROM_BASE + offset);
}

/* Work through a range of flash page by page. */
static void for_each_page(uint32_t offset, uint32_t length,
                          void (*use)(void *context, const uint8_t *data, uint32_t length), void *context)
{
    while (length > 0) {
        uint32_t part = MMU_PAGE_SIZE - offset % MMU_PAGE_SIZE;
        if (part > length)
            part = length;
        use(context, flash(offset), part);
        offset += part;
        length -= part;
    }
}

static void copy_part(void *context, const uint8_t *data, uint32_t length)
{
    uint8_t **to = context;
    memcpy(*to, data, length);
    *to += length;
}

static void checksum_part(void *context, const uint8_t *data, uint32_t length)
{
    uint8_t *sum = context;
    uint32_t word = 0;
    for (; length >= 4; length -= 4, data += 4) /* segments begin at multiples of four */
        word ^= *(const uint32_t *)data;
    word ^= word >> 16;
    *sum ^= (uint8_t)(word ^ word >> 8);
    while (length--)
        *sum ^= *data++;
}

static void hash_part(void *context, const uint8_t *data, uint32_t length)
{
    ets_sha_update(context, data, length, false);
}

/* Applications are so large that the watchdogs would not wait for the hash. */
static void hash_application_part(void *context, const uint8_t *data, uint32_t length)
{
    openrom_watchdog_feed();
    hash_part(context, data, length);
}

static void read_flash(void *to, uint32_t offset, uint32_t length)
{
    uint8_t *next = to;
    for_each_page(offset, length, copy_part, &next);
}

static bool within(uint32_t address, uint32_t length, uint32_t start, uint32_t end)
{
    return address >= start && address < end && length <= end - address;
}

/* RAM that may be loaded. Instruction addresses take whole words only. */
static bool loadable(uint32_t address, uint32_t length)
{
    return within(address, length, IRAM_BASE, IRAM_END) || within(address, length, DRAM_BASE, DRAM_END) ||
           within(address, length, DRAM_END, DRAM_END + 0x10000) || /* the data cache's, where it is small */
           within(address, length, 0x50000000, 0x50002000) ||       /* RTC slow memory */
           within(address, length, 0x600FE000, 0x60100000);         /* RTC fast memory */
}

/* What the ROM itself uses while it loads: the stack from here on, and its data. */
static bool overlaps_rom(uint32_t address, uint32_t length)
{
    uint32_t start = ((uint32_t)__builtin_frame_address(0) & ~0xFu) - 0x300, end = (uint32_t)_rom_data_end;
    uint32_t data = address >= IRAM_BASE && address < IRAM_END ? address - IRAM_MINUS_DRAM : address;
    if (data >= end || data + length <= start)
        return false;
    ets_printf("region 0x%08x-0x%08x overlaps 0x%08x-0x%08x, can't load\n", address, address + length, start, end);
    return true;
}

static bool flash_mapped(uint32_t address)
{
    return (address >= DROM_BASE && address < DROM_BASE + FLASH_WINDOW_SIZE) ||
           (address >= IROM_BASE && address < IROM_BASE + FLASH_WINDOW_SIZE);
}

struct mapping {
    uint32_t address, offset, length;
};

/* Both windows go through one table: entry n is page n of either, so two segments may want the same entry. */
static bool map_pages(const struct mapping *mapping)
{
    uint32_t first = mapping->address % FLASH_WINDOW_SIZE / MMU_PAGE_SIZE;
    uint32_t last = (mapping->address % FLASH_WINDOW_SIZE + mapping->length - 1) / MMU_PAGE_SIZE;
    for (uint32_t entry = first; entry <= last; entry++) {
        uint32_t page = mapping->offset / MMU_PAGE_SIZE + (entry - first);
        if (MMU_TABLE(entry) != MMU_INVALID && MMU_TABLE(entry) != page) {
            ets_printf("openrom: segment 0x%08x needs MMU entry %d, which another segment has\n", mapping->address,
                       entry);
            return false;
        }
        MMU_TABLE(entry) = page;
    }
    return true;
}

static bool check_hash(uint32_t start, uint32_t length, bool application)
{
    static struct sha_context sha BEFORE_RTOS; /* not on the stack: small, and only core 0 loads */
    uint8_t calculated[32], expected[32];
    ets_sha_enable();
    ets_sha_init(&sha, SHA2_256_TYPE);
    for_each_page(start, length, application ? hash_application_part : hash_part, &sha);
    ets_sha_finish(&sha, calculated);
    read_flash(expected, start + length, sizeof expected);
    if (memcmp(calculated, expected, sizeof expected) == 0)
        return true;
    ets_printf("SHA-256 comparison failed:\nCalculated: ");
    for (size_t i = 0; i < sizeof calculated; i++)
        ets_printf("%02x", calculated[i]);
    ets_printf("\nExpected: ");
    for (size_t i = 0; i < sizeof expected; i++)
        ets_printf("%02x", expected[i]);
    ets_printf("\n");
    return false;
}

/* The chip's ROM says in which line it gave up. */
__attribute__((noreturn)) static void give_up(void)
{
    ets_printf("ets_main.c 329 \n");
    openrom_stop();
}

static uint8_t clock_divider(const struct image_header *header)
{
    uint8_t clock = header->spi_speed_size & 0xF;
    return clock == 0xF ? 1 : clock + 2;
}

static void print_mode(const struct image_header *header)
{
    static const char *const modes[] = {"QIO",     "QOUT",    "DIO",  "DOUT",    "FAST_RD", "SLOW_RD",
                                        "OPI_STR", "OPI_DTR", "OOUT", "OIO_STR", "OIO_DTR"};
    ets_printf("mode:%s, clock div:%d\n", modes[header->spi_mode], clock_divider(header));
}

static bool valid_header(const struct image_header *header)
{
    uint32_t clock = header->spi_speed_size & 0xF;
    return header->magic == IMAGE_MAGIC && header->segment_count != 0xFF &&
           header->spi_mode < IMAGE_SPI_MODES && (clock <= 2 || clock == 0xF);
}

static void read_header(struct image_header *header, uint32_t start)
{
    for (;;) {
        read_flash(header, start, sizeof *header);
        if (valid_header(header))
            break;
        /* again and again, until a watchdog resets the chip */
        ets_printf("invalid header: 0x%08x\n", load_word(header));
    }
    if (header->segment_count > IMAGE_SEGMENTS_MAX) {
        ets_printf("Invalid image block count: %d (max %d)\n", header->segment_count, IMAGE_SEGMENTS_MAX);
        give_up();
    }
    if (header->chip_id != IMAGE_CHIP_ESP32S3) {
        ets_printf("Invalid chip id. Expected %d read %d. Bootloader for wrong chip?\n", IMAGE_CHIP_ESP32S3,
                   header->chip_id);
        give_up();
    }
}

static void load_segment(const struct segment_header *segment, uint32_t offset)
{
    ets_printf("load:0x%08x,len:0x%x\n", segment->address, segment->length);
    if ((segment->address | segment->length) % 4 != 0 || segment->length >= SEGMENT_LENGTH_MAX) {
        ets_printf("Invalid image block, can't boot.\n");
        give_up();
    }
    if (segment->length == 0)
        return;
    if (!loadable(segment->address, segment->length)) {
        /* on the chip a store that the bus refuses */
        ets_printf("openrom: segment 0x%08x,len:0x%x does not fit the RAM that can be loaded\n", segment->address,
                   segment->length);
        openrom_stop();
    }
    if (overlaps_rom(segment->address, segment->length))
        give_up();
    read_flash((void *)segment->address, offset, segment->length);
}

static void map_segment(struct mapping *mapping, const struct segment_header *segment, uint32_t offset)
{
    if ((segment->address - offset) % MMU_PAGE_SIZE != 0) {
        ets_printf("openrom: segment 0x%08x lies at flash 0x%x: a page cannot map that\n", segment->address, offset);
        openrom_stop();
    }
    *mapping = (struct mapping){segment->address, offset, segment->length};
    ets_printf("map:0x%08x,len:0x%x\n", segment->address, segment->length);
}

entry_point *openrom_load_image(uint32_t start, bool application)
{
    static struct mapping mappings[IMAGE_SEGMENTS_MAX] BEFORE_RTOS;
    uint32_t mapping_count = 0;
    struct image_header header;

    if (application) {
        openrom_clock_pll_80mhz(); /* first, as the real second stage does: applications are large */
        openrom_flash_take_size();
    }
    Cache_Mask_All();
    ROM_Boot_Cache_Init();
    read_header(&header, start);
    if (!application)
        ets_printf("SPIWP:0x%02x\n", header.wp_pin);
    print_mode(&header);
    if (!application)
        openrom_flash_configure(header.spi_mode, clock_divider(&header), header.wp_pin, header.spi_drive);
    uint32_t autoload = rom_Cache_Suspend_DCache();
    Cache_Invalidate_DCache_All();
    Cache_Resume_DCache(autoload);

    uint32_t offset = start + sizeof header;
    uint8_t sum = CHECKSUM_SEED;
    for (uint32_t i = 0; i < header.segment_count; i++) {
        struct segment_header segment;
        read_flash(&segment, offset, sizeof segment);
        offset += sizeof segment;
        if (application && segment.length > FLASH_WINDOW_SIZE - offset) {
            ets_printf("openrom: segment %d of the image at 0x%x is cut off: len 0x%x\n", i, start, segment.length);
            openrom_stop();
        }
        if (application)
            openrom_watchdog_feed();
        if (application && flash_mapped(segment.address))
            map_segment(&mappings[mapping_count++], &segment, offset);
        else if (!application || segment.address >= LOWEST_LOADED)
            load_segment(&segment, offset);
        for_each_page(offset, segment.length, checksum_part, &sum);
        offset += segment.length;
    }

    /* The checksum is the last byte of a 16-byte line, after at least one byte of padding; the hash covers all up to
     * it. */
    offset |= 15;
    uint8_t stored = *(const uint8_t *)flash(offset);
    if (sum != stored) {
        ets_printf("Checksum failure. Calculated 0x%02x stored 0x%02x\n", sum, stored);
        give_up();
    }
    /* the chip's ROM looks for a hash whatever the header says: flashing tools change it without hashing anew */
    if ((header.hash_appended || !application) && !check_hash(start, offset + 1 - start, application)) {
        if (application)
            openrom_stop();
        ets_printf("Attempting to boot anyway...\n");
    }

    Cache_MMU_Init();
    if (application) {
        for (uint32_t i = 0; i < mapping_count; i++)
            if (!map_pages(&mappings[i]))
                openrom_stop();
        Cache_Enable_ICache(0);
        EXTMEM_ICACHE_CTRL1 &= ~(EXTMEM_SHUT_CORE0_BUS | EXTMEM_SHUT_CORE1_BUS);
        openrom_watchdog_hand_over();
    }
    ets_printf("entry 0x%08x\n", header.entry);
    return (entry_point *)header.entry;
}
