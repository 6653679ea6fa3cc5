/* Rates of Wi-Fi frames, and how long frames take on the air (IEEE 802.11-2016, 15 to 19). */
#include "wifi/wifi.h"

enum rate { SHORT_PREAMBLE = 5, OFDM = 8, HT = 16, LONG_RANGE_250K = 41, LONG_RANGE_500K = 42 };
#define FLAG_BROADCAST 0x402u   /* nobody answers */
#define FLAG_REPLY_ASKED BIT(19) /* the libraries know how long the answer takes */

/* Microseconds a bit in units of 2^-18, what an acknowledgement takes, and at which rate it is answered. */
struct speed {
    uint32_t bit_time;
    uint16_t acknowledgement_us;
    uint8_t answered_at, unused_7;
};
#define AT(mbit_per_s, acknowledgement_us, answered_at)                                                                \
    {(uint32_t)(262144 / (mbit_per_s)), acknowledgement_us, answered_at, 0}
#define RATES 44
static const struct speed speeds[RATES] = {
    AT(1.0, 314, 0), AT(2.0, 258, 5), AT(5.5, 223, 6), AT(11.0, 213, 7),
    AT(1.0, 314, 4), AT(2.0, 162, 5), AT(5.5, 127, 6), AT(11.0, 117, 7), /* short preamble */
    AT(48.0, 44, 9), AT(24.0, 44, 9), AT(12.0, 48, 10), AT(6.0, 60, 11),
    AT(54.0, 44, 9), AT(36.0, 44, 9), AT(18.0, 48, 10), AT(9.0, 60, 11),
    AT(6.5, 60, 11), AT(13.0, 48, 10), AT(19.5, 48, 10), AT(26.0, 44, 9), /* MCS 0 to 7 */
    AT(39.0, 44, 9), AT(52.0, 44, 9), AT(58.5, 44, 9), AT(65.0, 44, 9),
    AT(65 / 9.0, 60, 11), AT(130 / 9.0, 48, 10), AT(195 / 9.0, 48, 10), AT(260 / 9.0, 44, 9), /* short interval */
    AT(390 / 9.0, 44, 9), AT(520 / 9.0, 44, 9), AT(65.0, 44, 9), AT(650 / 9.0, 44, 9),
    AT(0.5, 522, LONG_RANGE_500K), AT(0.25, 746, LONG_RANGE_250K),
};

/* Places that the libraries look at through the addresses of the interface. */
static uint8_t instances[204], last_descriptor_reset[4];
__attribute__((section(".wifi_pointers"), used)) static const void *const wifi_pointers[] = {
    speeds, last_descriptor_reset, instances};

static const struct speed *speed_of(uint32_t rate)
{
    return &speeds[rate < RATES ? rate : RATES - 1];
}

static uint32_t preamble_us(uint32_t rate)
{
    if (rate == LONG_RANGE_250K || rate == LONG_RANGE_500K)
        return 288;
    return rate < SHORT_PREAMBLE ? 192 : rate < OFDM ? 96 : rate < HT ? 20 : 36;
}

/* Write into a frame's control structure how long its answer takes, and all of it. */
void API(ppCalFrameTimes)(uint8_t *buffer)
{
    struct tx_control *control = *(struct tx_control **)(buffer + 44);
    uint32_t rate = control->rate;
    if (control->flags & FLAG_REPLY_ASKED)
        control->reply_us = PP_WDEV(0x12C, uint32_t, uint32_t)(rate);
    else if (control->flags & FLAG_BROADCAST)
        control->reply_us = 0;
    else
        control->reply_us = speed_of(speed_of(rate)->answered_at)->acknowledgement_us;
    uint32_t bytes = (uint16_t)(*(uint16_t *)(buffer + 20) + *(uint16_t *)(buffer + 22));
    uint32_t bits = 8 * bytes + (rate < OFDM ? 0 : 22); /* OFDM: with service and tail bits */
    uint32_t data_us = ((uint64_t)bits * speed_of(rate)->bit_time + 0x3FFFF) >> 18;
    if (rate >= OFDM)
        data_us = (data_us + 3) & ~3u; /* whole symbols */
    uint32_t between_frames_us = rate < OFDM ? 10 : 16;
    control->total_us = control->reply_us + between_frames_us + preamble_us(rate) + data_us;
}

struct rate_control {
    uint8_t unused_0[20];
    uint32_t connected; /* a bit for each connection */
};
extern struct rate_control *trc_ctl_ptr;
extern void *g_per_conn_trc[19];
#define STATION_ALONE 17 /* behind those of the connections */
#define GROUP 18

/* The rate control of a connection: of interface 0 (station) or another one. */
void *API(rc_get_trc_by_index)(uint8_t interface, uint8_t index)
{
    if ((interface == 0 || index != 0) && trc_ctl_ptr->connected >> (index & 31) & 1)
        return g_per_conn_trc[index];
    return g_per_conn_trc[interface == 0 ? STATION_ALONE : GROUP];
}

extern const uint8_t *BasicOFDMSched_ptr, *rcLoRaSchedTbl_ptr, *rc11BSchedTbl_ptr, *ap_no_lr_ptr;
#define SCHEDULE_LENGTH 12

/* The schedule of rates for a frame of long-range kind: the peer's, or the slow 11b one. */
static const uint8_t *long_range_schedule(const struct tx_control *control)
{
    uint32_t bits = control->bits;
    bool asks = bits & BIT(19);
    if (!asks && bits & BIT(16))
        return rcLoRaSchedTbl_ptr + SCHEDULE_LENGTH;
    if (!asks && (!(bits & BIT(17)) || *ap_no_lr_ptr))
        return rc11BSchedTbl_ptr + 3 * SCHEDULE_LENGTH;
    return PP_WDEV(0x60, bool, void)() ? rcLoRaSchedTbl_ptr + SCHEDULE_LENGTH : control->schedule;
}

/* Choose the schedule of rates for a frame, and its first rate. */
void API(rcGetSched)(uint8_t *trc, struct tx_control *control)
{
    uint32_t flags = control->flags;
    if (!trc || flags & BIT(25))
        return;
    bool management = flags & BIT(3);
    uint8_t fixed = trc[11];
    control->schedule = *(const uint8_t **)(trc + (management ? 96 : 100));
    if (fixed & (management ? BIT(0) : BIT(1))) {
        control->rate = trc[management ? 8 : 9];
        return;
    }
    bool long_range = fixed & BIT(7);
    if (management && flags & BIT(1))
        control->schedule = *(const uint8_t **)(trc + 104);
    else if (management && !long_range)
        PP_WDEV(0x5C, void, void *, void *)(trc, control);
    else if (!management && long_range)
        control->schedule = long_range_schedule(control);
    else if (!management && flags & 0x200800 && trc[130])
        control->schedule = trc[135] ? rcLoRaSchedTbl_ptr : BasicOFDMSched_ptr;
    control->rate = control->schedule[0];
}
