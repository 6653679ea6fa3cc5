/* Pins: the GPIO matrix and the pads' function. */
#include "openrom.h"

#define GPIO_FUNC_IN_SEL_CFG(signal) REG(0x60004154 + 4 * (signal))
#define IN_SEL_INVERT BIT(6)
#define IN_SEL_MATRIX BIT(7)
#define OUT_SEL_INVERT BIT(9)
#define OUT_SEL_ENABLE_INVERT BIT(11)
#define IO_MUX_PULLDOWN BIT(7)
#define IO_MUX_PULLUP BIT(8)
#define IO_MUX_INPUT BIT(9)
#define IO_MUX_DRIVE_SHIFT 10
#define IO_MUX_MCU_SEL (7u << 12)

static void change_pad(uint32_t pin, uint32_t clear, uint32_t set)
{
    IO_MUX_GPIO(pin) = (IO_MUX_GPIO(pin) & ~clear) | set;
}

void API(rom_gpio_matrix_in)(uint32_t pin, uint32_t signal, bool invert)
{
    GPIO_FUNC_IN_SEL_CFG(signal) = pin | IN_SEL_MATRIX | (invert ? IN_SEL_INVERT : 0);
}

void API(rom_gpio_matrix_out)(uint32_t pin, uint32_t signal, bool invert, bool enable_invert)
{
    GPIO_FUNC_OUT_SEL_CFG(pin) = signal | (invert ? OUT_SEL_INVERT : 0) | (enable_invert ? OUT_SEL_ENABLE_INVERT : 0);
    if (pin < 32)
        GPIO_ENABLE_W1TS = BIT(pin);
    else
        REG(0x60004030) = BIT(pin - 32); /* ENABLE1_W1TS */
}

void API(rom_gpio_pad_select_gpio)(uint32_t pin) { change_pad(pin, IO_MUX_MCU_SEL, IO_MUX_MCU_SEL_GPIO); }
void API(rom_gpio_pad_set_drv)(uint32_t pin, uint32_t drive)
{
    change_pad(pin, 3u << IO_MUX_DRIVE_SHIFT, drive << IO_MUX_DRIVE_SHIFT);
}
void API(rom_gpio_pad_pullup)(uint32_t pin) { change_pad(pin, IO_MUX_PULLDOWN, IO_MUX_PULLUP); }
void API(rom_gpio_pad_pulldown)(uint32_t pin) { change_pad(pin, IO_MUX_PULLUP, IO_MUX_PULLDOWN); }
void API(rom_gpio_pad_input_enable)(uint32_t pin) { change_pad(pin, 0, IO_MUX_INPUT); }
void API(rom_gpio_pad_input_disable)(uint32_t pin) { change_pad(pin, IO_MUX_INPUT, 0); }

/* RTC_CNTL_PAD_HOLD keeps pads 0 to 21, RTC_CNTL_DIG_PAD_HOLD those above, a bit each. */
static volatile uint32_t *hold_register(uint32_t pin, uint32_t *bit)
{
    *bit = BIT(pin <= 21 ? pin : pin - 21);
    return pin <= 21 ? &REG(0x600080D8) : &REG(0x600080DC);
}
void API(rom_gpio_pad_hold)(uint32_t pin)
{
    uint32_t bit;
    *hold_register(pin, &bit) |= bit;
}
void API(rom_gpio_pad_unhold)(uint32_t pin)
{
    uint32_t bit;
    *hold_register(pin, &bit) &= ~bit;
}

void API(rom_gpio_output_set)(uint32_t set, uint32_t clear, uint32_t enable, uint32_t disable)
{
    GPIO_OUT_W1TS = set;
    GPIO_OUT_W1TC = clear;
    GPIO_ENABLE_W1TS = enable;
    REG(0x60004028) = disable; /* ENABLE_W1TC */
}
uint32_t API(rom_gpio_input_get)(void) { return REG(0x6000403C); }
void API(rom_gpio_bypass_matrix_in)(uint32_t signal) { GPIO_FUNC_IN_SEL_CFG(signal) &= ~IN_SEL_MATRIX; }

#define GPIO_PIN(pin) REG(0x60004074 + 4 * (pin))
#define GPIO_PINS 49
#define PIN_INT_TYPE_SHIFT 7
#define PIN_INT_TYPE (7u << PIN_INT_TYPE_SHIFT)
#define PIN_WAKEUP_ENABLE BIT(10)
void API(rom_gpio_pin_wakeup_enable)(uint32_t pin, uint32_t type)
{
    GPIO_PIN(pin) = (GPIO_PIN(pin) & ~PIN_INT_TYPE) | type << PIN_INT_TYPE_SHIFT | PIN_WAKEUP_ENABLE;
}
void API(rom_gpio_pin_wakeup_disable)(void)
{
    for (uint32_t pin = 0; pin < GPIO_PINS; pin++)
        if (GPIO_PIN(pin) & PIN_WAKEUP_ENABLE)
            GPIO_PIN(pin) &= ~(PIN_INT_TYPE | PIN_WAKEUP_ENABLE);
}

void API(rom_gpio_output_enable)(uint32_t pin)
{
    if (pin < 32)
        GPIO_ENABLE_W1TS = BIT(pin);
    else
        REG(0x60004030) = BIT(pin - 32);
}
void API(rom_gpio_output_disable)(uint32_t pin)
{
    if (pin < 32)
        REG(0x60004028) = BIT(pin);
    else
        REG(0x60004034) = BIT(pin - 32); /* ENABLE1_W1TC */
}
