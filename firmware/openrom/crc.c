/* The ROM's CRCs: started and ended with all bits inverted, bit by bit (small before fast). */
#include "openrom.h"

uint32_t API(crc32_le)(uint32_t crc, const uint8_t *data, uint32_t length)
{
    crc = ~crc;
    while (length--) {
        crc ^= *data++;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xEDB88320u & -(crc & 1));
    }
    return ~crc;
}

uint32_t API(crc32_be)(uint32_t crc, const uint8_t *data, uint32_t length)
{
    crc = ~crc;
    while (length--) {
        crc ^= (uint32_t)*data++ << 24;
        for (int bit = 0; bit < 8; bit++)
            crc = crc << 1 ^ (0x04C11DB7u & -(crc >> 31));
    }
    return ~crc;
}

uint16_t API(crc16_le)(uint16_t crc, const uint8_t *data, uint32_t length)
{
    crc = ~crc;
    while (length--) {
        crc ^= *data++;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0x8408 & -(crc & 1));
    }
    return ~crc;
}

uint16_t API(crc16_be)(uint16_t crc, const uint8_t *data, uint32_t length)
{
    crc = ~crc;
    while (length--) {
        crc ^= *data++ << 8;
        for (int bit = 0; bit < 8; bit++)
            crc = crc << 1 ^ (0x1021 & -(crc >> 15));
    }
    return ~crc;
}

uint8_t API(crc8_le)(uint8_t crc, const uint8_t *data, uint32_t length)
{
    crc = ~crc;
    while (length--) {
        crc ^= *data++;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xE0 & -(crc & 1));
    }
    return ~crc;
}

uint8_t API(crc8_be)(uint8_t crc, const uint8_t *data, uint32_t length)
{
    crc = ~crc;
    while (length--) {
        crc ^= *data++;
        for (int bit = 0; bit < 8; bit++)
            crc = crc << 1 ^ (0x07 & -(crc >> 7));
    }
    return ~crc;
}

/* Those of miniz start from nothing when there is no data. */
unsigned long API(mz_crc32)(unsigned long crc, const uint8_t *data, size_t length)
{
    return data ? API(crc32_le)((uint32_t)crc, data, (uint32_t)length) : 0;
}

unsigned long API(mz_adler32)(unsigned long sum, const uint8_t *data, size_t length)
{
    if (!data)
        return 1;
    uint32_t low = sum & 0xFFFF, high = sum >> 16 & 0xFFFF;
    while (length-- > 0) {
        low = (low + *data++) % 65521;
        high = (high + low) % 65521;
    }
    return high << 16 | low;
}
