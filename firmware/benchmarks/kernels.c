/* The work: three loops of the kind that firmware spends its time in. One object, linked for both machines. */
#include "bench.h"

#define BYTES 65536
#define NODES 4096
#define STRIDE 2897 /* odd: the ring passes through all nodes, far from the order of their addresses */

struct node {
    struct node *next;
    uint32_t value;
};

static uint32_t crc_table[256];
static uint8_t bytes[BYTES];
static struct node nodes[NODES];

void bench_prepare(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xEDB88320u & -(crc & 1));
        crc_table[i] = crc;
    }
    uint32_t random = 12345;
    for (uint32_t i = 0; i < BYTES; i++) {
        random = random * 1664525u + 1013904223u;
        bytes[i] = random >> 24;
    }
    for (uint32_t i = 0; i < NODES; i++) {
        nodes[i * STRIDE % NODES].next = &nodes[(i + 1) * STRIDE % NODES];
        nodes[i * STRIDE % NODES].value = i * 7;
    }
}

/* CRC-32 of 64 KiB by table. */
static uint32_t crc_kernel(uint32_t rounds)
{
    uint32_t crc = ~0u;
    while (rounds--)
        for (uint32_t i = 0; i < BYTES; i++)
            crc = crc_table[(crc ^ bytes[i]) & 255] ^ crc >> 8;
    return ~crc;
}

/* A walk along a linked list of 4096 nodes. */
static uint32_t list_kernel(uint32_t rounds)
{
    const struct node *node = nodes;
    uint32_t sum = 0;
    while (rounds--)
        for (uint32_t i = 0; i < NODES; i++) {
            sum = sum * 3 + node->value;
            node = node->next;
        }
    return sum;
}

/* A state machine over 64 KiB: a switch and branches that depend on data. */
static uint32_t state_kernel(uint32_t rounds)
{
    uint32_t counts[8] = {0};
    uint32_t state = 0;
    while (rounds--)
        for (uint32_t i = 0; i < BYTES; i++) {
            uint8_t byte = bytes[i];
            switch (state) {
            case 0: state = byte < 32 ? 1 : byte < 64 ? 2 : byte > 250 ? 7 : 0; break;
            case 1: counts[1]++, state = byte & 1 ? 3 : 0; break;
            case 2: counts[2] += byte, state = byte & 2 ? 4 : 5; break;
            case 3: counts[3]++, state = byte == 0 ? 6 : byte < 128 ? 0 : 3; break;
            case 4: counts[4] ^= byte, state = byte >> 5; break;
            case 5: counts[5] += 2, state = byte & 3; break;
            case 6: counts[6]++, state = 0; break;
            default: counts[7]--, state = byte & 7; break;
            }
        }
    uint32_t sum = 0;
    for (int i = 0; i < 8; i++)
        sum = sum * 31 + counts[i];
    return sum;
}

uint32_t bench_kernel(uint32_t kernel, uint32_t rounds)
{
    switch (kernel) {
    case 0: return crc_kernel(rounds);
    case 1: return list_kernel(rounds);
    default: return state_kernel(rounds);
    }
}
