/* The Wi-Fi task: what wakes it, and what it hands on. The work itself is done by functions of the application. */
#include "wifi/wifi.h"

enum { POSTED, NOT_POSTED };
enum signal {
    LAST_OF_QUEUES = 4,
    NET80211_TX = 5,
    CONFIG = 6,
    TIMER = 7,
    REPEATABLE_FIRST = 6, /* several of these may wait at a time, only one of each other */
    REPEATABLE_LAST = 8,
    RECEIVED = 13, /* not counted */
    END = 15,
    LAST_OF_TASKS = 17, /* those above come from interrupts */
    LAST_NAMED = 29,
    LAST_COUNTED = 32,
};
#define MOST_WAITING 149 /* events in the queue, and frames, beyond which a received frame is not announced */
#define MOST_FRAMES 48
#define QUEUE_WAIT_MS 10

struct event {
    uint32_t signal, argument;
};

extern void *xphyQueue, *s_wifi_queue, *s_pp_task_create_sem, *s_pp_task_del_sem, *pp_task_hdl;
extern volatile uint8_t *pp_sig_cnt_ptr;
extern uint8_t *pTxRx;
extern void (*g_net80211_tx_func)(void), (*g_timer_func)(uint32_t), (*g_config_func)(uint32_t);

static int post_from_interrupt(struct event *event)
{
    uint32_t woken = 0;
    uint32_t state = osi_int_disable(g_intr_lock_mux);
    bool waits = pp_sig_cnt_ptr[event->signal];
    if (!waits)
        pp_sig_cnt_ptr[event->signal]++;
    osi_int_restore(g_intr_lock_mux, state);
    if (waits)
        return POSTED;
    int sent = osi_queue_send_from_isr(xphyQueue, event, &woken);
    if (woken)
        osi_task_yield_from_isr();
    return sent == 1 ? POSTED : NOT_POSTED;
}

/* Put a signal with its argument into the queue of the Wi-Fi task, unless it waits there already. */
int API(pp_post)(uint32_t signal, uint32_t argument)
{
    struct event event = {signal, argument};
    if (signal > LAST_OF_TASKS)
        return post_from_interrupt(&event);
    uint32_t state = osi_int_disable(g_intr_lock_mux);
    bool waits = pp_sig_cnt_ptr[signal] && !(signal >= REPEATABLE_FIRST && signal <= REPEATABLE_LAST);
    if (!waits && signal != RECEIVED)
        pp_sig_cnt_ptr[signal]++;
    osi_int_restore(g_intr_lock_mux, state);
    if (waits)
        return POSTED;
    if (signal == RECEIVED &&
        (osi_queue_msg_waiting(xphyQueue) > MOST_WAITING || *(uint32_t *)(pTxRx + 0x3B4) > MOST_FRAMES))
        return NOT_POSTED;
    if (osi_queue_send(xphyQueue, &event, osi_task_ms_to_ticks(QUEUE_WAIT_MS)) == 1)
        return POSTED;
    wifi_log(WIFI_LOG_PP, WIFI_LOG_ALL, 2, "pp q full: %d-%x\n", signal, argument);
    return NOT_POSTED;
}

static void uncount(uint32_t signal)
{
    uint32_t state = osi_int_disable(g_intr_lock_mux);
    pp_sig_cnt_ptr[signal]--;
    osi_int_restore(g_intr_lock_mux, state);
}

/* Hand an event to the function that the libraries have for its signal. */
static void dispatch(const struct event *event)
{
    /* places in pp_wdev_funcs of what gets the argument, from signal 8 on; 0: nothing, or not so simple */
    static const uint16_t handlers[] = {0x164, 0,     0,     0,     0,     0x170, 0,     0,     0,     0x168, 0,   
                                        0,     0,     0,     0x174, 0x178, 0x17C, 0x180, 0x230, 0,     0,     0};
    uint32_t signal = event->signal, argument = event->argument;
    if (signal <= LAST_OF_QUEUES)
        PP_WDEV(0xB0, void, uint32_t)(signal);
    else if (signal == NET80211_TX)
        g_net80211_tx_func();
    else if (signal == CONFIG || signal == TIMER) {
        void (*function)(uint32_t) = signal == CONFIG ? g_config_func : g_timer_func;
        if (function)
            function(argument);
    } else if (signal == 14)
        wifi_log(WIFI_LOG_PP, WIFI_LOG_ALL, 1, "assErt: %d", argument);
    else if (signal == 16)
        PP_WDEV(0x16C, void, uint32_t)(1);
    else if (signal == 18)
        PP_WDEV(0xC8, void, uint32_t)((uint8_t)argument);
    else if (signal == LAST_NAMED)
        PP_WDEV(0x1AC, void, uint32_t, uint32_t, uint32_t, uint32_t)(0, 0, 0, 1);
    else if (signal > LAST_NAMED || (signal >= 9 && signal <= 12) || signal == 27 || signal == 28)
        PP_WDEV(0x2CC, void, uint32_t, uint32_t)(signal, argument);
    else if (handlers[signal - 8])
        PP_WDEV(handlers[signal - 8], void, uint32_t)(argument);
}

/* The Wi-Fi task, until the signal END came and nothing waits any more. */
void API(ppTask)(void *unused)
{
    (void)unused;
    bool ends = false;
    osi_semphr_give(s_pp_task_create_sem);
    do {
        struct event event;
        if (osi_queue_recv(xphyQueue, &event, OSI_FOREVER) != 1)
            continue;
        if (event.signal <= LAST_COUNTED && event.signal != RECEIVED)
            uncount(event.signal);
        if (event.signal == END)
            ends = true;
        else
            dispatch(&event);
    } while (!ends || osi_queue_msg_waiting(xphyQueue) != 0);
    if (s_pp_task_del_sem)
        osi_semphr_give(s_pp_task_del_sem);
    osi_delete_wifi_queue(s_wifi_queue);
    s_wifi_queue = NULL;
    pp_task_hdl = NULL;
    osi_task_delete(NULL);
}
