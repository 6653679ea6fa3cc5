/* Rates, and how long a frame takes at them. */
#include "wifi.h"

/* Rates by wifi_phy_rate_t of ESP-IDF's esp_wifi_types.h: 11b with its long and its short preamble, OFDM, HT20 with its
   long and its short interval between symbols. */
enum {
    RATE_2M_SHORT = 5, FIRST_OFDM = 8, RATE_24M, RATE_12M, RATE_6M, FIRST_HT = 16, LONG_RANGE_250K = 41,
    LONG_RANGE_500K, RATES = 44,
};

#define FRACTION 18
/* A bit's time, us * 2^FRACTION, at n/d Mbit/s. */
#define BIT_TIME(n, d) ((1u << FRACTION) * (d) / (n))

/* The libraries read this table too. */
struct rate {
    uint32_t bit_time;
    uint16_t acknowledgement_us; /* by an acknowledgement at this rate */
    uint8_t answered_at;         /* the rate of the acknowledgement of a frame at this rate */
    uint8_t zero;
};

static const struct rate rates[RATES] = {
    {BIT_TIME(1, 1), 314, 0, 0},
    {BIT_TIME(2, 1), 258, 5, 0},
    {BIT_TIME(11, 2), 223, 6, 0},
    {BIT_TIME(11, 1), 213, 7, 0},
    {BIT_TIME(1, 1), 314, 4, 0},
    {BIT_TIME(2, 1), 162, 5, 0},
    {BIT_TIME(11, 2), 127, 6, 0},
    {BIT_TIME(11, 1), 117, 7, 0},

    {BIT_TIME(48, 1), 44, RATE_24M, 0},
    {BIT_TIME(24, 1), 44, RATE_24M, 0},
    {BIT_TIME(12, 1), 48, RATE_12M, 0},
    {BIT_TIME(6, 1), 60, RATE_6M, 0},
    {BIT_TIME(54, 1), 44, RATE_24M, 0},
    {BIT_TIME(36, 1), 44, RATE_24M, 0},
    {BIT_TIME(18, 1), 48, RATE_12M, 0},
    {BIT_TIME(9, 1), 60, RATE_6M, 0},

    {BIT_TIME(13, 2), 60, RATE_6M, 0},
    {BIT_TIME(13, 1), 48, RATE_12M, 0},
    {BIT_TIME(39, 2), 48, RATE_12M, 0},
    {BIT_TIME(26, 1), 44, RATE_24M, 0},
    {BIT_TIME(39, 1), 44, RATE_24M, 0},
    {BIT_TIME(52, 1), 44, RATE_24M, 0},
    {BIT_TIME(117, 2), 44, RATE_24M, 0},
    {BIT_TIME(65, 1), 44, RATE_24M, 0},

    {BIT_TIME(130, 18), 60, RATE_6M, 0},
    {BIT_TIME(130, 9), 48, RATE_12M, 0},
    {BIT_TIME(390, 18), 48, RATE_12M, 0},
    {BIT_TIME(260, 9), 44, RATE_24M, 0},
    {BIT_TIME(390, 9), 44, RATE_24M, 0},
    {BIT_TIME(520, 9), 44, RATE_24M, 0},
    {BIT_TIME(1170, 18), 44, RATE_24M, 0},
    {BIT_TIME(650, 9), 44, RATE_24M, 0},

    {BIT_TIME(1, 2), 522, LONG_RANGE_500K, 0},
    {BIT_TIME(1, 4), 746, LONG_RANGE_250K, 0},
};

/* Nothing here looks into these two: they are the libraries'. */
static uint8_t libraries_bytes[4], libraries_table[204];

__attribute__((section(".wifi_pointers"), used)) static const void *const wifi_pointers[] = {
    rates,
    libraries_bytes,
    libraries_table,
};

#define ANSWER_IS_ASKED_FOR BIT(19)
#define NO_ANSWER (BIT(10) | BIT(1))
#define OFDM_EXTRA_BITS 22u /* SERVICE and tail */
#define OFDM_SYMBOL_US 4u

static const struct rate *rate_of(uint8_t rate) { return &rates[rate < RATES ? rate : RATES - 1]; }

static uint32_t answer_us(const struct control *control)
{
    if (control->flags & ANSWER_IS_ASKED_FOR)
        return pp_wdev_funcs->answer_us(control->rate);
    if (control->flags & NO_ANSWER)
        return 0;
    return rate_of(rate_of(control->rate)->answered_at)->acknowledgement_us;
}

static uint32_t gap_us(uint8_t rate) { return rate < FIRST_OFDM ? 10 : 16; }

static uint32_t preamble_us(uint8_t rate)
{
    if (rate == LONG_RANGE_250K || rate == LONG_RANGE_500K)
        return 288;
    return rate < RATE_2M_SHORT ? 192 : rate < FIRST_OFDM ? 96 : rate < FIRST_HT ? 20 : 36;
}

static uint32_t data_us(uint8_t rate, uint16_t bytes)
{
    uint64_t bits = 8u * bytes + (rate < FIRST_OFDM ? 0 : OFDM_EXTRA_BITS);
    uint64_t time = bits * rate_of(rate)->bit_time;
    uint32_t us = (uint32_t)((time + LOW_BITS(FRACTION)) >> FRACTION);
    return rate < FIRST_OFDM ? us : (us + OFDM_SYMBOL_US - 1) / OFDM_SYMBOL_US * OFDM_SYMBOL_US;
}

void API(ppCalFrameTimes)(struct buffer *buffer)
{
    struct control *control = buffer->control;
    uint8_t rate = control->rate;
    uint32_t answer = answer_us(control);
    control->answer_us = (uint16_t)answer;
    control->total_us = (uint16_t)(answer + gap_us(rate) + preamble_us(rate) +
                                   data_us(rate, (uint16_t)(buffer->header_length + buffer->length)));
}
