/* A target on I2C1: eight registers for a controller on the board. The first byte written says which; the bytes behind
 * it go there, and a read begins there. */
#include "drivers.h"

#define ADDRESS 0x28
#define COUNT 8

#define I2C1_CTR REG(0x60027004)
#define I2C_SDA_FORCE_OUT BIT(0)
#define I2C_SCL_FORCE_OUT BIT(1)
#define I2C_CONF_UPGATE BIT(11)
#define I2C_SLV_TX_AUTO_START_EN BIT(12)
#define I2C1_SR REG(0x60027008)
#define I2C_RXFIFO_CNT(sr) ((sr) >> 8 & 0x3F)
#define I2C_STRETCH_CAUSE(sr) ((sr) >> 14 & 3)
#define I2C1_SLAVE_ADDR REG(0x60027010)
#define I2C1_DATA REG(0x6002701C)
#define I2C1_INT_RAW REG(0x60027020)
#define I2C1_INT_CLR REG(0x60027024)
#define I2C_TRANS_COMPLETE BIT(7)
#define I2C_SLAVE_STRETCH BIT(16)
#define I2C1_SCL_STRETCH_CONF REG(0x60027084)
#define I2C_STRETCH_PROTECT_NUM 0x3FFu
#define I2C_SLAVE_SCL_STRETCH_EN BIT(10)
#define I2C_SLAVE_SCL_STRETCH_CLR BIT(11)

enum cause { ADDRESS_MATCH, TX_EMPTY, RX_FULL };

static uint8_t content[COUNT];
static uint32_t place;
static bool is_placed;

void registers_init(void)
{
    SYSTEM_PERIP_CLK_EN0 |= SYSTEM_I2C_EXT1_CLK_EN;
    I2C1_CTR = I2C_SDA_FORCE_OUT | I2C_SCL_FORCE_OUT | I2C_SLV_TX_AUTO_START_EN;
    I2C1_SLAVE_ADDR = ADDRESS;
    I2C1_SCL_STRETCH_CONF = I2C_STRETCH_PROTECT_NUM | I2C_SLAVE_SCL_STRETCH_EN;
    I2C1_CTR |= I2C_CONF_UPGATE;
    I2C1_INT_CLR = ~0u;
}

static void take(void)
{
    while (I2C_RXFIFO_CNT(I2C1_SR) > 0) {
        uint8_t byte = (uint8_t)I2C1_DATA;
        if (!is_placed) {
            place = byte % COUNT;
            is_placed = true;
            continue;
        }
        content[place] = byte;
        ets_printf("drivers: register %d is %d\n", place, byte);
        place = (place + 1) % COUNT;
    }
}

/* Each byte that the controller reads is asked for by itself: SCL stays low until it is there. */
void registers_poll(void)
{
    uint32_t events = I2C1_INT_RAW & (I2C_TRANS_COMPLETE | I2C_SLAVE_STRETCH);
    I2C1_INT_CLR = events;
    if (events)
        take();
    if (events & I2C_TRANS_COMPLETE)
        is_placed = false;
    if (!(events & I2C_SLAVE_STRETCH))
        return;
    if (I2C_STRETCH_CAUSE(I2C1_SR) != RX_FULL) {
        I2C1_DATA = content[place];
        place = (place + 1) % COUNT;
    }
    I2C1_SCL_STRETCH_CONF |= I2C_SLAVE_SCL_STRETCH_CLR;
}
