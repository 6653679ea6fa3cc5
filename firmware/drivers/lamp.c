/* A button between GPIO4 and ground switches a lamp at GPIO5. */
#include "drivers.h"

#define BUTTON 4
#define LAMP 5
#define STABLE_MS 5

#define GPIO_IN REG(0x6000403C)

void lamp_init(void)
{
    IO_MUX_GPIO(BUTTON) = IO_MUX_MCU_SEL_GPIO | IO_MUX_FUN_IE | IO_MUX_FUN_WPU;
    IO_MUX_GPIO(LAMP) = IO_MUX_MCU_SEL_GPIO;
    GPIO_FUNC_OUT_SEL_CFG(LAMP) = GPIO_FUNC_OUT_SEL_GPIO;
    GPIO_OUT_W1TC = BIT(LAMP);
    GPIO_ENABLE_W1TS = BIT(LAMP);
}

/* Called every millisecond: a press counts once it has lasted. */
void lamp_poll(void)
{
    static uint32_t held_ms;
    static bool is_on;
    held_ms = GPIO_IN >> BUTTON & 1 ? 0 : held_ms + 1;
    if (held_ms != STABLE_MS)
        return;
    is_on = !is_on;
    if (is_on)
        GPIO_OUT_W1TS = BIT(LAMP);
    else
        GPIO_OUT_W1TC = BIT(LAMP);
    ets_printf("drivers: lamp %s\n", is_on ? "on" : "off");
}
