/* What the drivers share, the registers that only they use, and the ROM functions that they call. */
#ifndef DRIVERS_H
#define DRIVERS_H

#include <stdbool.h>
#include "esp32s3.h"

#define read_sr(name)                                                                                                  \
    ({                                                                                                                 \
        uint32_t value_;                                                                                               \
        __asm__ volatile("rsr." #name " %0" : "=a"(value_));                                                           \
        value_;                                                                                                        \
    })

/* The core's level-triggered interrupt lines that the drivers wait at; they stay disabled, a driver looks for them. */
enum line { LINE_PWM = 1, LINE_I2C, LINE_TWAI, LINE_I2S, LINE_PCNT, LINE_SPI = 8 };
static inline bool line_is_up(enum line line) { return read_sr(interrupt) >> line & 1; }

#define XTAL_MHZ 40
#define CPU_MHZ 20 /* and APB's frequency, as long as both run from the crystal */

#define SYSTEM_PERIP_CLK_EN0 REG(0x600C0018)
#define SYSTEM_I2S0_CLK_EN BIT(4)
#define SYSTEM_I2C_EXT0_CLK_EN BIT(7)
#define SYSTEM_PCNT_CLK_EN BIT(10)
#define SYSTEM_SPI3_CLK_EN BIT(16)
#define SYSTEM_PWM0_CLK_EN BIT(17)
#define SYSTEM_I2C_EXT1_CLK_EN BIT(18)
#define SYSTEM_TWAI_CLK_EN BIT(19)
#define SYSTEM_PERIP_CLK_EN1 REG(0x600C001C)
#define SYSTEM_PERIP_RST_EN0 REG(0x600C0020)
#define SYSTEM_PERIP_RST_EN1 REG(0x600C0024)
#define SYSTEM_DMA BIT(6)

#define GPIO_FUNC_IN_SEL_CFG(signal) REG(0x60004154 + 4 * (signal))
#define GPIO_SIG_IN_SEL BIT(7)
#define IO_MUX_FUN_WPD BIT(7)
#define IO_MUX_FUN_WPU BIT(8)
#define IO_MUX_FUN_IE BIT(9)

/* thermometer.c: I2C0 */
void thermometer_init(void);
void thermometer_show(void);

/* registers.c: I2C1 as a target */
void registers_init(void);
void registers_poll(void);

/* echo.c: SPI3 as a slave */
void echo_init(void);
void echo_poll(void);

/* lamp.c: GPIO */
void lamp_init(void);
void lamp_poll(void);

/* modem.c: UART1 */
void modem_init(void);
void modem_ask(void);
void modem_poll(void);

/* bus.c: TWAI */
void bus_init(void);
void bus_send(uint8_t count);
void bus_poll(void);

/* sound.c: I2S0 with DMA */
void sound_init(void);
void sound_start(void);
void sound_poll(void);

/* motor.c: MCPWM0 and PCNT */
void motor_init(void);
void motor_start(void);
void motor_poll(void);

/* ROM */
int ets_printf(const char *format, ...);
void ets_delay_us(uint32_t us);
void ets_update_cpu_frequency(uint32_t mhz);
void intr_matrix_set(int core, uint32_t source, uint32_t line);

#endif
