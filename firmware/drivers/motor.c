/* A motor with an encoder: MCPWM0 drives a half bridge at GPIO6 (high side) and GPIO7 (low side), PCNT's unit 0 counts
 * the steps of the encoder's phases at GPIO15 and GPIO16, MCPWM0 captures how long phase A takes; while GPIO18 is high,
 * the bridge is switched off. */
#include "drivers.h"

#define HIGH_SIDE 6
#define LOW_SIDE 7
#define PHASE_A 15
#define PHASE_B 16
#define OVERLOAD 18

#define PCNT_SIG_CH0_IN0 33
#define PCNT_SIG_CH1_IN0 34
#define PCNT_CTRL_CH0_IN0 35
#define PCNT_CTRL_CH1_IN0 36
#define PWM0_OUT0A 160
#define PWM0_OUT0B 161
#define PWM0_F0 163
#define PWM0_CAP0 166

/* 160 MHz / 16: a clock of 10 MHz, 500 of them a period. */
#define PWM_CLK_CFG REG(0x6001E000)
#define PRESCALE 15
#define PERIOD 500
#define QUARTER (PERIOD / 4)
#define DEAD_TIME 2 /* 200 ns */
#define PWM_TIMER0_CFG0 REG(0x6001E004)
#define PWM_TIMER0_CFG1 REG(0x6001E008)
#define PWM_TIMER_RUN_UP (2 | 1 << 3)
#define PWM_CMPR0_VALUE0 REG(0x6001E040)
#define PWM_GEN0_A REG(0x6001E050)
#define PWM_HIGH_AT_ZERO_LOW_AT_A (2 | 1 << 4)
#define PWM_DB0_CFG REG(0x6001E058)
#define PWM_DB_FED_OUTINVERT BIT(14)
#define PWM_DB0_FED_CFG REG(0x6001E05C)
#define PWM_DB0_RED_CFG REG(0x6001E060)
#define PWM_TZ0_CFG0 REG(0x6001E068)
#define PWM_F0_OST BIT(7)
#define PWM_OST_LOW (1 << 12 | 1 << 14 | 1 << 20 | 1 << 22) /* both outputs, whichever way the timer counts */
#define PWM_TZ0_CFG1 REG(0x6001E06C)
#define PWM_CLR_OST BIT(0)
#define PWM_FAULT_DETECT REG(0x6001E0E4)
#define PWM_F0_EN_HIGH (BIT(0) | BIT(3))
#define PWM_CAP_TIMER_CFG REG(0x6001E0E8)
#define PWM_CAP_TIMER_EN BIT(0)
#define PWM_CAP_CH0_CFG REG(0x6001E0F0)
#define PWM_CAP_EN_RISING (BIT(0) | BIT(2))
#define PWM_CAP_CH0 REG(0x6001E0FC)
#define PWM_INT_ENA REG(0x6001E110)
#define PWM_INT_RAW REG(0x6001E114)
#define PWM_INT_CLR REG(0x6001E11C)
#define PWM_FAULT0_CLR_INT BIT(12)
#define PWM_TZ0_OST_INT BIT(24)
#define PWM_CAP0_INT BIT(27)
#define PWM_CLK REG(0x6001E120)
#define SOURCE_PWM0 31

/* Each edge of each phase is a step: that of A counts down while B is high, that of B up while A is high. */
#define PCNT_U0_CONF0 REG(0x60017000)
#define PCNT_QUADRATURE (2 << 18 | 1 << 16 | 1 << 22 | 1 << 26 | 2 << 24 | 1 << 30)
#define PCNT_THR_H_LIM_EN BIT(12)
#define PCNT_THR_L_LIM_EN BIT(13)
#define PCNT_U0_CONF2 REG(0x60017008)
#define PCNT_U0_CNT REG(0x60017030)
#define PCNT_INT_ENA REG(0x60017048)
#define PCNT_INT_CLR REG(0x6001704C)
#define PCNT_U0_STATUS REG(0x60017050)
#define PCNT_H_LIM BIT(5)
#define PCNT_CTRL REG(0x60017060)
#define SOURCE_PCNT 41
#define STEPS_A_TURN 100

#define STANDS_MS 100

static int32_t turns;

static void input(uint32_t pin)
{
    IO_MUX_GPIO(pin) = IO_MUX_MCU_SEL_GPIO | IO_MUX_FUN_IE | IO_MUX_FUN_WPD;
}

static void bridge_init(void)
{
    PWM_CLK = 1;
    PWM_CLK_CFG = PRESCALE;
    PWM_TIMER0_CFG0 = (PERIOD - 1) << 8;
    PWM_CMPR0_VALUE0 = QUARTER;
    PWM_GEN0_A = PWM_HIGH_AT_ZERO_LOW_AT_A;
    PWM_DB0_CFG = PWM_DB_FED_OUTINVERT; /* A's rising edges come later; B is A upside down, its falling ones do */
    PWM_DB0_RED_CFG = PWM_DB0_FED_CFG = DEAD_TIME - 1;
    PWM_TZ0_CFG0 = PWM_F0_OST | PWM_OST_LOW;
    GPIO_FUNC_IN_SEL_CFG(PWM0_F0) = GPIO_SIG_IN_SEL | OVERLOAD;
    PWM_FAULT_DETECT = PWM_F0_EN_HIGH;
    PWM_INT_ENA = PWM_TZ0_OST_INT | PWM_FAULT0_CLR_INT;
    intr_matrix_set(0, SOURCE_PWM0, LINE_PWM);
    for (int n = 0; n < 2; n++) {
        IO_MUX_GPIO(HIGH_SIDE + n) = IO_MUX_MCU_SEL_GPIO;
        GPIO_FUNC_OUT_SEL_CFG(HIGH_SIDE + n) = PWM0_OUT0A + n;
        GPIO_ENABLE_W1TS = BIT(HIGH_SIDE + n);
    }
}

static void encoder_init(void)
{
    GPIO_FUNC_IN_SEL_CFG(PCNT_SIG_CH0_IN0) = GPIO_FUNC_IN_SEL_CFG(PCNT_CTRL_CH1_IN0) = GPIO_SIG_IN_SEL | PHASE_A;
    GPIO_FUNC_IN_SEL_CFG(PCNT_SIG_CH1_IN0) = GPIO_FUNC_IN_SEL_CFG(PCNT_CTRL_CH0_IN0) = GPIO_SIG_IN_SEL | PHASE_B;
    PCNT_U0_CONF0 = PCNT_QUADRATURE | PCNT_THR_H_LIM_EN | PCNT_THR_L_LIM_EN;
    PCNT_U0_CONF2 = STEPS_A_TURN | (uint32_t)-STEPS_A_TURN << 16;
    PCNT_CTRL = 0;
    PCNT_INT_ENA = 1;
    intr_matrix_set(0, SOURCE_PCNT, LINE_PCNT);
    GPIO_FUNC_IN_SEL_CFG(PWM0_CAP0) = GPIO_SIG_IN_SEL | PHASE_A;
    PWM_CAP_TIMER_CFG = PWM_CAP_TIMER_EN;
    PWM_CAP_CH0_CFG = PWM_CAP_EN_RISING;
}

void motor_init(void)
{
    SYSTEM_PERIP_CLK_EN0 |= SYSTEM_PCNT_CLK_EN | SYSTEM_PWM0_CLK_EN;
    input(PHASE_A);
    input(PHASE_B);
    input(OVERLOAD);
    encoder_init();
    bridge_init();
}

void motor_start(void) { PWM_TIMER0_CFG1 = PWM_TIMER_RUN_UP; }

/* The counter starts anew at either limit. */
static void count_turns(void)
{
    if (!line_is_up(LINE_PCNT))
        return;
    turns += PCNT_U0_STATUS & PCNT_H_LIM ? 1 : -1;
    PCNT_INT_CLR = 1;
}

static void watch_overload(void)
{
    if (!line_is_up(LINE_PWM))
        return;
    uint32_t raw = PWM_INT_RAW & (PWM_TZ0_OST_INT | PWM_FAULT0_CLR_INT);
    PWM_INT_CLR = raw;
    if (raw & PWM_TZ0_OST_INT)
        ets_printf("drivers: motor off at step %d\n", turns * STEPS_A_TURN + (int16_t)PCNT_U0_CNT);
    if (raw & PWM_FAULT0_CLR_INT) {
        PWM_TZ0_CFG1 = PWM_CLR_OST;
        PWM_TZ0_CFG1 = 0;
        ets_printf("drivers: motor on\n");
    }
}

/* Tells the speed when two periods after one another agree: one may have gone by unseen. */
static void watch_speed(void)
{
    static uint32_t still_ms, last_at, last_hz, told_hz = 1;
    uint32_t hz = 0;
    if (PWM_INT_RAW & PWM_CAP0_INT) {
        PWM_INT_CLR = PWM_CAP0_INT;
        uint32_t at = PWM_CAP_CH0, period = at - last_at;
        hz = (CPU_MHZ * 1000000 + period / 2) / period;
        last_at = at;
        still_ms = 0;
    } else if (++still_ms < STANDS_MS) {
        return;
    }
    if (hz == last_hz && hz != told_hz) {
        told_hz = hz;
        if (hz == 0)
            ets_printf("drivers: motor stands\n");
        else
            ets_printf("drivers: motor at %d Hz\n", hz);
    }
    last_hz = hz;
}

/* Called every millisecond: phase A rises less often. */
void motor_poll(void)
{
    count_turns();
    watch_overload();
    watch_speed();
}
