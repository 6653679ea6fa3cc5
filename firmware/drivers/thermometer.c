/* A thermometer on I2C0, such as the LM75: register 0 is the temperature in degrees, 8 bits before the point and up to
   8 behind it. */
#include "drivers.h"

#define ADDRESS 0x48
#define TEMPERATURE 0

#define I2C_SCL_LOW_PERIOD REG(0x60013000)
#define I2C_CTR REG(0x60013004)
#define I2C_SDA_FORCE_OUT BIT(0)
#define I2C_SCL_FORCE_OUT BIT(1)
#define I2C_MS_MODE BIT(4)
#define I2C_TRANS_START BIT(5)
#define I2C_CONF_UPGATE BIT(11)
#define I2C_FIFO_CONF REG(0x60013018)
#define I2C_RX_FIFO_RST BIT(12)
#define I2C_TX_FIFO_RST BIT(13)
#define I2C_DATA REG(0x6001301C)
#define I2C_INT_CLR REG(0x60013024)
#define I2C_INT_ENA REG(0x60013028)
#define I2C_INT_STATUS REG(0x6001302C)
#define I2C_TRANS_COMPLETE BIT(7)
#define I2C_TIME_OUT BIT(8)
#define I2C_NACK BIT(10)
#define I2C_SCL_HIGH_PERIOD REG(0x60013038)
#define I2C_SCL_START_HOLD REG(0x60013040)
#define I2C_SCL_RSTART_SETUP REG(0x60013044)
#define I2C_SCL_STOP_HOLD REG(0x60013048)
#define I2C_SCL_STOP_SETUP REG(0x6001304C)
#define I2C_COMD(n) REG(0x60013058 + 4 * (n))
#define SOURCE_I2C_EXT0 42

#define HALF_BIT 200 /* cycles of the crystal at 100 kHz */
#define WAIT_HIGH 98

enum { WRITE = 1, STOP = 2, READ = 3, RSTART = 6 };
#define COMMAND(kind, count) ((kind) << 11 | (count))
#define ACK_CHECK BIT(8)
#define SEND_NACK BIT(10)

void thermometer_init(void)
{
    SYSTEM_PERIP_CLK_EN0 |= SYSTEM_I2C_EXT0_CLK_EN;
    I2C_SCL_LOW_PERIOD = HALF_BIT - 1;
    I2C_SCL_HIGH_PERIOD = (HALF_BIT - WAIT_HIGH) | WAIT_HIGH << 9;
    I2C_SCL_RSTART_SETUP = I2C_SCL_START_HOLD = HALF_BIT - 1;
    I2C_SCL_STOP_SETUP = I2C_SCL_STOP_HOLD = HALF_BIT - 1;
    I2C_CTR = I2C_MS_MODE | I2C_SDA_FORCE_OUT | I2C_SCL_FORCE_OUT | I2C_CONF_UPGATE;
    I2C_INT_ENA = I2C_TRANS_COMPLETE | I2C_TIME_OUT;
    intr_matrix_set(0, SOURCE_I2C_EXT0, LINE_I2C);
}

/* Returns the temperature in 1/256 degrees; false when nobody answers. */
static bool read_temperature(int32_t *result)
{
    I2C_FIFO_CONF |= I2C_RX_FIFO_RST | I2C_TX_FIFO_RST;
    I2C_FIFO_CONF &= ~(I2C_RX_FIFO_RST | I2C_TX_FIFO_RST);
    I2C_DATA = ADDRESS << 1;
    I2C_DATA = TEMPERATURE;
    I2C_DATA = ADDRESS << 1 | 1;
    I2C_COMD(0) = COMMAND(RSTART, 0);
    I2C_COMD(1) = COMMAND(WRITE, 2) | ACK_CHECK;
    I2C_COMD(2) = COMMAND(RSTART, 0);
    I2C_COMD(3) = COMMAND(WRITE, 1) | ACK_CHECK;
    I2C_COMD(4) = COMMAND(READ, 1);
    I2C_COMD(5) = COMMAND(READ, 1) | SEND_NACK;
    I2C_COMD(6) = COMMAND(STOP, 0);
    I2C_INT_CLR = ~0u;
    I2C_INT_ENA |= I2C_NACK;
    I2C_CTR |= I2C_CONF_UPGATE | I2C_TRANS_START;
    while (!(I2C_INT_STATUS & (I2C_TRANS_COMPLETE | I2C_TIME_OUT)) || !line_is_up(LINE_I2C))
        ;
    if (I2C_INT_STATUS & (I2C_NACK | I2C_TIME_OUT))
        return false;
    uint32_t high = I2C_DATA & 0xFF, low = I2C_DATA & 0xFF;
    *result = (int16_t)(high << 8 | low);
    return true;
}

void thermometer_show(void)
{
    static int32_t shown = INT32_MIN;
    int32_t now = INT32_MAX;
    if (!read_temperature(&now))
        now = INT32_MAX;
    if (now == shown)
        return;
    shown = now;
    if (now == INT32_MAX) {
        ets_printf("drivers: no thermometer\n");
        return;
    }
    uint32_t hundredths = (uint32_t)(now < 0 ? -now : now) * 100 / 256;
    ets_printf("drivers: %s%d.%02d C\n", now < 0 ? "-" : "", hundredths / 100, hundredths % 100);
}
