/* Registers of the analog blocks (PLL, bias, ADC), behind an internal I2C bus on the chip. Nothing here stands for the
   analog parts: they read back what was written. */
#include "openrom.h"

static uint8_t registers[16][32];

static uint8_t *analog(uint8_t block, uint8_t number)
{
    return &registers[block % 16][number % 32]; /* the blocks' addresses are 0x61 to 0x6F */
}

static uint8_t field_mask(uint8_t msb, uint8_t lsb) { return (uint8_t)((2u << msb) - (1u << lsb)); }

uint8_t API(rom_i2c_readReg)(uint8_t block, uint8_t host, uint8_t number)
{
    (void)host;
    return *analog(block, number);
}

uint8_t API(rom_i2c_readReg_Mask)(uint8_t block, uint8_t host, uint8_t number, uint8_t msb, uint8_t lsb)
{
    (void)host;
    return (uint8_t)((*analog(block, number) & field_mask(msb, lsb)) >> lsb);
}

void API(rom_i2c_writeReg)(uint8_t block, uint8_t host, uint8_t number, uint8_t value)
{
    (void)host;
    *analog(block, number) = value;
}

void API(rom_i2c_writeReg_Mask)(uint8_t block, uint8_t host, uint8_t number, uint8_t msb, uint8_t lsb, uint8_t value)
{
    (void)host;
    uint8_t *where = analog(block, number), mask = field_mask(msb, lsb);
    *where = (uint8_t)((*where & ~mask) | (value << lsb & mask));
}
