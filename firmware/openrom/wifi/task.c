/* Wi-Fi's task: takes events from its queue and hands them to the libraries. */
#include "wifi.h"

/* Those that are treated unlike others. */
enum {
    TRANSMIT = 5, CONFIGURE, TIMER, ALWAYS_SENT_LAST, RECEIVED = 13, COMPLAIN, END, LAST_FROM_TASKS = 17,
    LAST_COUNTED = 32,
};
enum { ALWAYS_SENT_FIRST = CONFIGURE };

#define MOST_EVENTS 149u  /* that may wait when one more received frame is told */
#define MOST_RECEIVED 48u /* frames that may wait to be taken */
#define SEND_MS 10
enum { OK, NOT_SENT };

enum { LOG_MODULE = 6, LOG_SUBSYSTEM = 0x800, LOG_ERROR = 1, LOG_WARNING };
#define log(level, ...) net80211_funcs->log(LOG_MODULE, LOG_SUBSYSTEM, level, __VA_ARGS__)

union receiver {
    AT_BYTE(0x3B4, uint32_t waiting);
};

extern void *xphyQueue, *s_pp_task_create_sem, *s_pp_task_del_sem, *pp_task_hdl, *s_wifi_queue;
extern uint8_t *pp_sig_cnt_ptr; /* how many events of each signal wait */
extern const union receiver *pTxRx;
extern void (*g_net80211_tx_func)(void);
extern void (*g_config_func)(uint32_t argument);
extern void (*g_timer_func)(uint32_t argument);

static uint32_t interrupts_off(void) { return g_osi_funcs_p->interrupts_off(g_intr_lock_mux); }
static void interrupts_back(uint32_t state) { g_osi_funcs_p->interrupts_back(g_intr_lock_mux, state); }

/* Most events only say that there is something to do: one that waits is enough. */
static bool is_one_enough(uint32_t signal) { return signal < ALWAYS_SENT_FIRST || signal > ALWAYS_SENT_LAST; }

/* False when one waits and that is enough; else it is counted. Received frames are not: how many wait is pTxRx's. */
static bool is_to_be_sent(uint32_t signal)
{
    uint32_t state = interrupts_off();
    bool is_needed = pp_sig_cnt_ptr[signal] == 0 || !is_one_enough(signal);
    if (is_needed && signal != RECEIVED)
        pp_sig_cnt_ptr[signal]++;
    interrupts_back(state);
    return is_needed;
}

static void no_longer_waits(uint32_t signal)
{
    uint32_t state = interrupts_off();
    pp_sig_cnt_ptr[signal]--;
    interrupts_back(state);
}

static bool is_too_busy_to_receive(void)
{
    return g_osi_funcs_p->waiting(xphyQueue) > MOST_EVENTS || pTxRx->waiting > MOST_RECEIVED;
}

static int send(struct event *event)
{
    if (event->signal == RECEIVED && is_too_busy_to_receive())
        return NOT_SENT;
    if (g_osi_funcs_p->send(xphyQueue, event, g_osi_funcs_p->ticks_of_ms(SEND_MS)) == SUCCESS)
        return OK;
    log(LOG_WARNING, "event %d was not sent", event->signal);
    return NOT_SENT;
}

static int send_from_interrupt(struct event *event)
{
    int32_t woke_a_task = 0;
    if (g_osi_funcs_p->send_from_interrupt(xphyQueue, event, &woke_a_task) != SUCCESS)
        return NOT_SENT;
    if (woke_a_task)
        g_osi_funcs_p->yield_from_interrupt();
    return OK;
}

int API(pp_post)(uint32_t signal, uint32_t argument)
{
    struct event event = {signal, argument};
    if (!is_to_be_sent(signal))
        return OK;
    return signal <= LAST_FROM_TASKS ? send(&event) : send_from_interrupt(&event);
}

static void handle(uint32_t signal, uint32_t argument)
{
    const union wdev_functions *functions = pp_wdev_funcs;
    switch (signal) {
    case 0 ... TRANSMIT - 1: functions->signal_0_to_4(signal); break;
    case TRANSMIT: g_net80211_tx_func(); break;
    case CONFIGURE:
        if (g_config_func)
            g_config_func(argument);
        break;
    case TIMER:
        if (g_timer_func)
            g_timer_func(argument);
        break;
    case 8: functions->signal_8(argument); break;
    case RECEIVED: functions->received(argument); break;
    case COMPLAIN: log(LOG_ERROR, "event 14: %x", argument); break;
    case 16: functions->signal_16(1); break;
    case 17: functions->signal_17(signal); break;
    case 18: functions->signal_18((uint8_t)argument); break;
    case 22: functions->signal_22(signal); break;
    case 23: functions->signal_23(signal); break;
    case 24: functions->signal_24(signal); break;
    case 25: functions->signal_25(signal); break;
    case 26: functions->signal_26(argument); break;
    case 29: functions->signal_29(0, 0, 0, 1); break;
    case END:
    case 19 ... 21: break;
    default: functions->other_signal(signal, argument);
    }
}

static void end_task(void)
{
    if (s_pp_task_del_sem)
        g_osi_funcs_p->give_semaphore(s_pp_task_del_sem);
    g_osi_funcs_p->delete_wifi_queue(s_wifi_queue);
    s_wifi_queue = NULL;
    pp_task_hdl = NULL;
    g_osi_funcs_p->delete_task(NULL);
}

void API(ppTask)(void *unused)
{
    (void)unused;
    bool is_to_end = false;
    g_osi_funcs_p->give_semaphore(s_pp_task_create_sem);
    do {
        struct event event;
        if (g_osi_funcs_p->receive(xphyQueue, &event, FOR_EVER) != SUCCESS)
            continue;
        if (event.signal <= LAST_COUNTED && event.signal != RECEIVED)
            no_longer_waits(event.signal);
        is_to_end |= event.signal == END;
        handle(event.signal, event.argument);
    } while (!is_to_end || g_osi_funcs_p->waiting(xphyQueue) != 0);
    end_task();
}
