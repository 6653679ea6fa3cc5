/* Registers of the analog blocks (PLL, bias, ADC), behind an internal I2C bus on the chip. */
#include "openrom.h"

#define I2C_CTRL(master) REG(0x6000E000 + 4 * (master))
#define I2C_ADDRESS_SHIFT 8
#define I2C_DATA_SHIFT 16
#define I2C_WRITE BIT(24)
#define I2C_BUSY BIT(25)
#define I2C_READ BIT(26)

static uint8_t transfer(uint32_t master, uint32_t what)
{
    I2C_CTRL(master & 1) = what;
    while (I2C_CTRL(master & 1) & I2C_BUSY) {
    }
    return (uint8_t)(I2C_CTRL(master & 1) >> I2C_DATA_SHIFT);
}

static uint8_t field_mask(uint8_t msb, uint8_t lsb) { return (uint8_t)((2u << msb) - (1u << lsb)); }

uint8_t API(rom_i2c_readReg)(uint8_t block, uint8_t host, uint8_t number)
{
    return transfer(host, block | (uint32_t)number << I2C_ADDRESS_SHIFT | I2C_READ);
}

uint8_t API(rom_i2c_readReg_Mask)(uint8_t block, uint8_t host, uint8_t number, uint8_t msb, uint8_t lsb)
{
    return (uint8_t)((API(rom_i2c_readReg)(block, host, number) & field_mask(msb, lsb)) >> lsb);
}

void API(rom_i2c_writeReg)(uint8_t block, uint8_t host, uint8_t number, uint8_t value)
{
    transfer(host, block | (uint32_t)number << I2C_ADDRESS_SHIFT | (uint32_t)value << I2C_DATA_SHIFT | I2C_WRITE);
}

void API(rom_i2c_writeReg_Mask)(uint8_t block, uint8_t host, uint8_t number, uint8_t msb, uint8_t lsb, uint8_t value)
{
    uint8_t mask = field_mask(msb, lsb), old = API(rom_i2c_readReg)(block, host, number);
    API(rom_i2c_writeReg)(block, host, number, (uint8_t)((old & ~mask) | (value << lsb & mask)));
}

uint8_t API(rom_chip_i2c_readReg)(uint8_t block, uint8_t host, uint8_t number)
{
    return API(rom_i2c_readReg)(block, host, number);
}

void API(rom_chip_i2c_writeReg)(uint8_t block, uint8_t host, uint8_t number, uint8_t value)
{
    API(rom_i2c_writeReg)(block, host, number, value);
}
