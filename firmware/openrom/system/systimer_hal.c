/* ESP-IDF's layer over SYSTIMER, which it leaves to the ROM. It counts at 16 MHz; the interface is in microseconds. */
#include "openrom.h"

#define TICKS_PER_US (SYSTIMER_HZ / 1000000)
#define UNIT_OP(unit) REG(0x60023004 + 4 * (unit))
#define UNIT_OP_VALUE_VALID BIT(29)
#define UNIT_OP_UPDATE BIT(30)
#define UNIT_LOAD_HI(unit) REG(0x6002300C + 8 * (unit))
#define UNIT_LOAD_LO(unit) REG(0x60023010 + 8 * (unit))
#define UNIT_LOAD(unit) REG(0x6002305C + 4 * (unit))
#define UNIT_VALUE_HI(unit) REG(0x60023040 + 8 * (unit))
#define UNIT_VALUE_LO(unit) REG(0x60023044 + 8 * (unit))
#define TARGET_HI(alarm) REG(0x6002301C + 8 * (alarm))
#define TARGET_LO(alarm) REG(0x60023020 + 8 * (alarm))
#define TARGET_CONF(alarm) REG(0x60023034 + 4 * (alarm))
#define TARGET_PERIOD 0x3FFFFFFu
#define COMP_LOAD(alarm) REG(0x60023050 + 4 * (alarm))
#define TARGET_WORK_EN(alarm) BIT(24 - (alarm))
#define UNIT_WORK_EN(unit) BIT(30 - (unit))

struct systimer_hal {
    void *registers;
};

static void enable_alarm(uint32_t alarm, bool on)
{
    SYSTIMER_CONF = on ? SYSTIMER_CONF | TARGET_WORK_EN(alarm) : SYSTIMER_CONF & ~TARGET_WORK_EN(alarm);
}

void API(systimer_hal_init)(struct systimer_hal *hal)
{
    hal->registers = (void *)0x60023000;
    SYSTIMER_CONF |= SYSTIMER_CONF_CLK_EN;
}

/* The halves are latched together; an interrupt in between may latch anew, which the second look at the low half shows.
 */
uint64_t API(systimer_hal_get_counter_value)(struct systimer_hal *hal, uint32_t unit)
{
    (void)hal;
    UNIT_OP(unit) = UNIT_OP_UPDATE;
    while ((UNIT_OP(unit) & UNIT_OP_VALUE_VALID) == 0) {
    }
    uint32_t low = UNIT_VALUE_LO(unit), high, again;
    for (;; low = again) {
        high = UNIT_VALUE_HI(unit);
        again = UNIT_VALUE_LO(unit);
        if (again == low)
            return (uint64_t)high << 32 | low;
    }
}

uint64_t API(systimer_hal_get_time)(struct systimer_hal *hal, uint32_t unit)
{
    return API(systimer_hal_get_counter_value)(hal, unit) / TICKS_PER_US;
}

void API(systimer_hal_set_alarm_target)(struct systimer_hal *hal, uint32_t alarm, uint64_t us)
{
    (void)hal;
    uint64_t ticks = us * TICKS_PER_US;
    enable_alarm(alarm, false);
    TARGET_HI(alarm) = (uint32_t)(ticks >> 32);
    TARGET_LO(alarm) = (uint32_t)ticks;
    COMP_LOAD(alarm) = 1;
    enable_alarm(alarm, true);
}

void API(systimer_hal_set_alarm_period)(struct systimer_hal *hal, uint32_t alarm, uint32_t us)
{
    (void)hal;
    enable_alarm(alarm, false);
    TARGET_CONF(alarm) = (TARGET_CONF(alarm) & ~TARGET_PERIOD) | (us * TICKS_PER_US & TARGET_PERIOD);
    COMP_LOAD(alarm) = 1;
    enable_alarm(alarm, true);
}

uint64_t API(systimer_hal_get_alarm_value)(struct systimer_hal *hal, uint32_t alarm)
{
    (void)hal;
    return (uint64_t)TARGET_HI(alarm) << 32 | TARGET_LO(alarm);
}

void API(systimer_hal_enable_alarm_int)(struct systimer_hal *hal, uint32_t alarm)
{
    (void)hal;
    SYSTIMER_INT_ENA |= BIT(alarm);
}

/* Nothing to do: SYSTIMER's clock comes from the crystal. */
void API(systimer_hal_on_apb_freq_update)(struct systimer_hal *hal, uint32_t apb_ticks) { (void)hal, (void)apb_ticks; }

void API(systimer_hal_counter_value_advance)(struct systimer_hal *hal, uint32_t unit, int64_t us)
{
    uint64_t value = API(systimer_hal_get_counter_value)(hal, unit) + (uint64_t)us * TICKS_PER_US;
    UNIT_LOAD_HI(unit) = (uint32_t)(value >> 32);
    UNIT_LOAD_LO(unit) = (uint32_t)value;
    UNIT_LOAD(unit) = 1;
}

void API(systimer_hal_enable_counter)(struct systimer_hal *hal, uint32_t unit)
{
    (void)hal;
    SYSTIMER_CONF |= UNIT_WORK_EN(unit);
}

/* mode: 0 once, 1 periodic. */
void API(systimer_hal_select_alarm_mode)(struct systimer_hal *hal, uint32_t alarm, uint32_t mode)
{
    (void)hal;
    uint32_t conf = TARGET_CONF(alarm) & ~SYSTIMER_TARGET0_PERIOD_MODE;
    TARGET_CONF(alarm) = mode ? conf | SYSTIMER_TARGET0_PERIOD_MODE : conf;
}

void API(systimer_hal_connect_alarm_counter)(struct systimer_hal *hal, uint32_t alarm, uint32_t unit)
{
    (void)hal;
    uint32_t conf = TARGET_CONF(alarm) & ~SYSTIMER_TARGET0_TIMER_UNIT_SEL;
    TARGET_CONF(alarm) = unit ? conf | SYSTIMER_TARGET0_TIMER_UNIT_SEL : conf;
}
