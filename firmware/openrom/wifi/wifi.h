/* What the Wi-Fi functions of the ROM share with the Wi-Fi libraries of an application: variables at published
   addresses, tables of functions that the libraries fill in, and the layout of their structures as far as it is used.
 */
#ifndef OPENROM_WIFI_H
#define OPENROM_WIFI_H

#include "openrom.h"

/* wifi_osi_funcs_t of ESP-IDF's esp_private/wifi_os_adapter.h: the words of it that are called from here. */
extern void **g_osi_funcs_p;
#define OSI(word, result, ...) ((result(*)(__VA_ARGS__))g_osi_funcs_p[word])
#define osi_int_disable OSI(10, uint32_t, void *)
#define osi_int_restore OSI(11, void, void *, uint32_t)
#define osi_task_yield_from_isr OSI(12, void, void)
#define osi_semphr_give OSI(16, int, void *)
#define osi_mutex_lock OSI(21, int, void *)
#define osi_mutex_unlock OSI(22, int, void *)
#define osi_queue_send OSI(25, int, void *, void *, uint32_t)
#define osi_queue_send_from_isr OSI(26, int, void *, void *, void *)
#define osi_queue_recv OSI(29, int, void *, void *, uint32_t)
#define osi_queue_msg_waiting OSI(30, uint32_t, void *)
#define osi_task_delete OSI(38, void, void *)
#define osi_task_ms_to_ticks OSI(40, uint32_t, uint32_t)
#define osi_free OSI(44, void, void *)
#define osi_malloc_internal OSI(86, void *, uint32_t)
#define osi_wifi_malloc OSI(90, void *, uint32_t)
#define osi_delete_wifi_queue OSI(95, void, void *)
#define OSI_FOREVER 0xFFFFFFFFu

/* The libraries' own functions, which the ROM calls by their place in these tables. */
extern void **pp_wdev_funcs, **net80211_funcs;
#define PP_WDEV(offset, result, ...) ((result(*)(__VA_ARGS__))pp_wdev_funcs[(offset) / 4])
#define NET80211(offset, result, ...) ((result(*)(__VA_ARGS__))net80211_funcs[(offset) / 4])
/* the libraries' log: module, subsystem, level, format */
#define wifi_log NET80211(0xB0, void, uint32_t, uint32_t, uint32_t, const char *, ...)
#define WIFI_LOG_PP 6
#define WIFI_LOG_ALL 0x800

extern void *g_intr_lock_mux, *g_wifi_global_lock;
extern uint8_t *g_wifi_menuconfig_ptr;

/* How a frame is to be sent; its buffer points to one. */
struct tx_control {
    uint32_t flags;
    uint8_t unused_4[6];
    uint16_t reply_us; /* what the answer to it takes */
    uint8_t rate;      /* wifi_phy_rate_t (esp_wifi_types.h) */
    uint8_t unused_13;
    uint16_t total_us; /* the frame and the answer */
    uint32_t bits;
    uint8_t unused_20[8];
    const uint8_t *schedule;
};

#endif
