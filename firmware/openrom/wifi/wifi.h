/* What the Wi-Fi functions share with an application's libraries: README.md here. Nobody says how the libraries call
   these structures' members; the names are after what the members do. */
#ifndef WIFI_H
#define WIFI_H

#include "openrom.h"

/* A member of a table of which only some places are known. */
#define AT_BYTE(offset, member)                                                                                        \
    struct {                                                                                                           \
        uint8_t before_byte_##offset[offset];                                                                          \
        member;                                                                                                        \
    }
#define AT_WORD(number, member)                                                                                        \
    struct {                                                                                                           \
        uint32_t before_word_##number[number];                                                                         \
        member;                                                                                                        \
    }

#define LOW_BITS(count) ((1u << (count)) - 1)

/* An event for the task. */
struct event {
    uint32_t signal;
    uint32_t argument;
};

/* Part of a frame's memory. */
struct part {
    uint32_t length : 12; /* of the memory from its start, headroom included */
    uint32_t others : 20; /* the libraries' and the hardware's */
    uint8_t *data;
};

struct schedule {
    uint8_t rate; /* the first to be tried */
    uint8_t others[11];
};

/* What is to be known for sending a frame. */
struct control {
    uint32_t flags;
    uint32_t given_out; /* GIVEN_OUT once it is */
    uint8_t others_8[2];
    uint16_t answer_us;
    uint8_t rate; /* wifi_phy_rate_t */
    uint8_t others_13;
    uint16_t total_us;
    uint32_t rate_kind;
    uint32_t others_20[2];
    const struct schedule *schedule;
    uint32_t others_32;
};
#define GIVEN_OUT LOW_BITS(4)

struct buffer {
    uint32_t others_0;
    struct part *first, *last;
    uint16_t parts, others_14;
    uint8_t *start; /* headroom, then data */
    uint16_t header_length, length;
    uint16_t others_24;
    uint8_t kind, others_27;
    uint32_t others_28[3];
    struct buffer *next; /* in the list of free ones */
    struct control *control;
};

/* A kind of buffers. */
struct description {
    struct buffer *free;
    uint32_t flags;
    uint8_t number, others_9[3];
    uint8_t headroom, others_13;
    uint16_t used;
    uint16_t most; /* 0: not counted */
    uint16_t others_18;
};

/* How often a kind of buffers was... */
struct counts {
    uint32_t given_out, given_back;
    uint16_t no_memory, none_free;
};

/* How to send to a station. */
struct connection {
    uint8_t others_0[8];
    uint8_t management_rate, rate; /* while they are fixed */
    uint8_t others_10;
    uint8_t fixed; /* bits, see schedules.c */
    uint8_t others_12[84];
    const struct schedule *management_schedule, *schedule, *unanswered_schedule;
    uint8_t others_108[22];
    uint8_t is_basic_only, others_131[4], takes_long_range;
};

_Static_assert(offsetof(struct control, schedule) == 28 && sizeof(struct control) == 36, "control structure");
_Static_assert(offsetof(struct buffer, kind) == 26 && sizeof(struct buffer) == 48, "buffer");
_Static_assert(sizeof(struct description) == 20 && sizeof(struct counts) == 12, "kinds of buffers");
_Static_assert(offsetof(struct connection, schedule) == 100 && offsetof(struct connection, is_basic_only) == 130 &&
                   offsetof(struct connection, takes_long_range) == 135,
               "connection");

/* wifi_osi_funcs_t of ESP-IDF's esp_private/wifi_os_adapter.h */
union system_functions {
    AT_WORD(10, uint32_t (*interrupts_off)(void *lock));
    AT_WORD(11, void (*interrupts_back)(void *lock, uint32_t state));
    AT_WORD(12, void (*yield_from_interrupt)(void));
    AT_WORD(16, int32_t (*give_semaphore)(void *semaphore));
    AT_WORD(21, int32_t (*lock)(void *mutex));
    AT_WORD(22, int32_t (*unlock)(void *mutex));
    AT_WORD(25, int32_t (*send)(void *queue, struct event *event, uint32_t ticks));
    AT_WORD(26, int32_t (*send_from_interrupt)(void *queue, struct event *event, int32_t *woke_a_task));
    AT_WORD(29, int32_t (*receive)(void *queue, struct event *event, uint32_t ticks));
    AT_WORD(30, uint32_t (*waiting)(void *queue));
    AT_WORD(38, void (*delete_task)(void *task));
    AT_WORD(40, uint32_t (*ticks_of_ms)(uint32_t ms));
    AT_WORD(44, void (*free)(void *memory));
    AT_WORD(86, void *(*malloc_internal)(size_t size));
    AT_WORD(90, void *(*malloc_wifi)(size_t size));
    AT_WORD(95, void (*delete_wifi_queue)(void *queue));
};
#define SUCCESS 1
#define FOR_EVER UINT32_MAX

/* The libraries' own functions. What those named after a signal are about is not known. */
union wdev_functions {
    AT_BYTE(0x5C, void (*choose_management_schedule)(struct connection *connection, struct control *control));
    AT_BYTE(0x60, bool (*prefers_long_range)(void));
    AT_BYTE(0xB0, void (*signal_0_to_4)(uint32_t signal));
    AT_BYTE(0xC8, void (*signal_18)(uint8_t argument));
    AT_BYTE(0x12C, uint32_t (*answer_us)(uint8_t rate));
    AT_BYTE(0x134, uint32_t (*where_to_give_back)(uint8_t kind));
    AT_BYTE(0x164, void (*signal_8)(uint32_t argument));
    AT_BYTE(0x168, void (*signal_17)(uint32_t signal));
    AT_BYTE(0x16C, void (*signal_16)(uint32_t one));
    AT_BYTE(0x170, void (*received)(uint32_t argument));
    AT_BYTE(0x174, void (*signal_22)(uint32_t signal));
    AT_BYTE(0x178, void (*signal_23)(uint32_t signal));
    AT_BYTE(0x17C, void (*signal_24)(uint32_t signal));
    AT_BYTE(0x180, void (*signal_25)(uint32_t signal));
    AT_BYTE(0x18C, struct buffer *(*alloc_dynamic)(struct description *kind, uint32_t length, const uint8_t *data));
    AT_BYTE(0x190, uint32_t (*where_to_take)(uint8_t kind));
    AT_BYTE(0x194, void *(*malloc_other)(uint8_t number));
    AT_BYTE(0x1AC, void (*signal_29)(uint32_t, uint32_t, uint32_t, uint32_t));
    AT_BYTE(0x230, void (*signal_26)(uint32_t argument));
    AT_BYTE(0x2CC, void (*other_signal)(uint32_t signal, uint32_t argument));
};

union net80211_functions {
    AT_BYTE(0xB0, void (*log)(uint32_t module, uint32_t subsystem, uint32_t level, const char *format, ...));
};

union menuconfig {
    AT_BYTE(8, uint32_t kind_1_is_from_heap);
    AT_BYTE(64, uint32_t options);
};
#define CACHE_TX_BUFFERS BIT(1)

/* Public variables, at the mask ROM's addresses (openrom.ld): the libraries set them. */
extern const union system_functions *g_osi_funcs_p;
extern const union wdev_functions *pp_wdev_funcs;
extern const union net80211_functions *net80211_funcs;
extern const union menuconfig *g_wifi_menuconfig_ptr;
extern void *g_wifi_global_lock, *g_intr_lock_mux;

#endif
