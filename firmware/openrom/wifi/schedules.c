/* At which rates a frame is tried: schedules, by the connection that it belongs to. */
#include "wifi.h"

/* Connections: of stations by their index, then what is used for all others. */
enum { OTHERS_OF_INTERFACE_0 = 17, OTHERS, CONNECTIONS };

/* control->flags */
#define UNANSWERED BIT(1)
#define MANAGEMENT BIT(3)
#define BASIC (BIT(21) | BIT(11))
#define HAS_SCHEDULE BIT(25)
/* control->rate_kind */
#define TO_LONG_RANGE BIT(16)
#define MAY_BE_LONG_RANGE BIT(17)
#define UNDECIDED BIT(19)
/* connection->fixed */
#define MANAGEMENT_FIXED BIT(0)
#define FIXED BIT(1)
#define LONG_RANGE BIT(7)

union connections {
    AT_BYTE(20, uint32_t are_there); /* a bit for each index */
};

extern struct connection *g_per_conn_trc[CONNECTIONS];
extern const union connections *trc_ctl_ptr;
extern const struct schedule *rcLoRaSchedTbl_ptr, *rc11BSchedTbl_ptr, *BasicOFDMSched_ptr;
extern const uint8_t *ap_no_lr_ptr;

struct connection *API(rc_get_trc_by_index)(uint8_t interface, uint8_t index)
{
    bool is_one_of_many = interface == 0 || index != 0;
    if (is_one_of_many && (trc_ctl_ptr->are_there & BIT(index % 32)))
        return g_per_conn_trc[index];
    return g_per_conn_trc[interface == 0 ? OTHERS_OF_INTERFACE_0 : OTHERS];
}

static void choose_for_management(struct connection *connection, struct control *control)
{
    if (control->flags & UNANSWERED)
        control->schedule = connection->unanswered_schedule;
    else if (!(connection->fixed & LONG_RANGE))
        pp_wdev_funcs->choose_management_schedule(connection, control);
}

static void choose_by_long_range(struct control *control)
{
    uint32_t kind = control->rate_kind;
    bool is_decided = !(kind & UNDECIDED);
    if (is_decided && (kind & TO_LONG_RANGE))
        control->schedule = &rcLoRaSchedTbl_ptr[1];
    else if (is_decided && (!(kind & MAY_BE_LONG_RANGE) || *ap_no_lr_ptr))
        control->schedule = &rc11BSchedTbl_ptr[3];
    else if (pp_wdev_funcs->prefers_long_range())
        control->schedule = &rcLoRaSchedTbl_ptr[1];
}

static void choose_schedule(struct connection *connection, struct control *control)
{
    if (control->flags & MANAGEMENT)
        choose_for_management(connection, control);
    else if (connection->fixed & LONG_RANGE)
        choose_by_long_range(control);
    else if ((control->flags & BASIC) && connection->is_basic_only)
        control->schedule = connection->takes_long_range ? rcLoRaSchedTbl_ptr : BasicOFDMSched_ptr;
}

void API(rcGetSched)(struct connection *connection, struct control *control)
{
    if (!connection || (control->flags & HAS_SCHEDULE))
        return;
    bool is_management = control->flags & MANAGEMENT;
    control->schedule = is_management ? connection->management_schedule : connection->schedule;
    if (connection->fixed & (is_management ? MANAGEMENT_FIXED : FIXED)) {
        control->rate = is_management ? connection->management_rate : connection->rate;
        return;
    }
    choose_schedule(connection, control);
    control->rate = control->schedule->rate;
}
