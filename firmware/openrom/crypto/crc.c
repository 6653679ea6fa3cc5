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

/* The CRC of MAC addresses in eFuses: that of Maxim's one-wire chips, neither started nor ended inverted. */
uint8_t API(esp_crc8)(const uint8_t *data, uint32_t length)
{
    uint8_t crc = 0;
    while (length--) {
        crc ^= *data++;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0x8C & -(crc & 1));
    }
    return crc;
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
    while (length > 0) {
        /* the sums stay within 32 bits for this long */
        size_t part = length < 5552 ? length : 5552;
        length -= part;
        while (part-- > 0) {
            low += *data++;
            high += low;
        }
        low %= 65521;
        high %= 65521;
    }
    return high << 16 | low;
}
