/* Buffers of Wi-Fi frames. The libraries give a description for each kind of them; kinds 1 to 10 are served here, the
   others as a function of the libraries says. */
#include "wifi/wifi.h"

struct buffer {
    uint32_t unused_0;
    struct part *first, *last;
    uint16_t parts, unused_14;
    uint8_t *start;
    uint16_t header_length, length;
    uint16_t unused_24;
    uint8_t kind, unused_27;
    uint32_t unused_28[3];
    struct buffer *next; /* in the list of free ones */
    struct tx_control *control;
};

/* A piece of a buffer as the MAC reads it: length in the low 12 bits. */
struct part {
    volatile uint32_t length;
    uint8_t *data;
};
#define PART_LENGTH 0xFFFu

/* What a buffer from the heap begins with; its data follow. */
struct dynamic_buffer {
    struct buffer buffer;
    struct part part;
    uint32_t unused_56;
    uint32_t control[9];
};
_Static_assert(sizeof(struct dynamic_buffer) == 96, "");
#define END_MARK 0xDEADBEEFu

struct kind {
    struct buffer *free;
    uint32_t flags;
    uint8_t number, unused_9[3];
    uint8_t headroom, unused_13;
    uint16_t used, most; /* of dynamic ones; most 0: they are not counted */
    uint8_t unused_18[2];
};
_Static_assert(sizeof(struct kind) == 20, "");

struct count {
    uint32_t allocated, recycled;
    uint16_t no_memory, none_free;
};

extern struct kind *g_eb_list_desc_ptr;
extern struct count *g_lmac_cnt_ptr;

enum place { UNKNOWN, HEAP, LIST };
static enum place place_of(uint32_t kind, uint32_t offset_of_other)
{
    if (kind <= 10 && BIT(kind) & 0x19C)
        return HEAP;
    if (kind <= 10 && BIT(kind) & 0x660)
        return LIST;
    if (kind == 1)
        return *(uint32_t *)(g_wifi_menuconfig_ptr + 8) ? HEAP : LIST;
    return PP_WDEV(offset_of_other, enum place, uint32_t)(kind);
}

static void set_length(struct part *part, uint32_t length)
{
    part->length = (part->length & ~PART_LENGTH) | (length & PART_LENGTH);
}

static struct buffer *from_list(const uint8_t *data, struct kind *kind, uint32_t number, uint32_t length)
{
    osi_mutex_lock(g_wifi_global_lock);
    struct buffer *buffer = kind->free;
    if (!buffer) {
        g_lmac_cnt_ptr[kind->number].none_free++;
        osi_mutex_unlock(g_wifi_global_lock);
        return NULL;
    }
    kind->free = buffer->next;
    buffer->next = NULL;
    g_lmac_cnt_ptr[number].allocated++;
    osi_mutex_unlock(g_wifi_global_lock);
    buffer->length = length;
    struct part *part = buffer->first;
    if (part) {
        part->data = buffer->start + kind->headroom;
        set_length(part, length + kind->headroom);
    }
    if (data)
        memcpy(part->data, data, length);
    buffer->control->flags |= kind->flags;
    ((uint32_t *)buffer->control)[1] |= 15;
    return buffer;
}

/* A buffer of a kind for `length` bytes, filled with `data` unless that is NULL. NULL: there is none. */
struct buffer *API(esf_buf_alloc)(const uint8_t *data, uint32_t kind, uint32_t length)
{
    switch (place_of(kind, 0x190)) {
    case HEAP:
        return PP_WDEV(0x18C, struct buffer *, struct kind *, uint32_t, const uint8_t *)(&g_eb_list_desc_ptr[kind],
                                                                                      length, data);
    case LIST: return from_list(data, &g_eb_list_desc_ptr[kind], kind, length);
    default: return NULL;
    }
}

static void *heap_memory(uint32_t number, uint32_t size)
{
    if (number <= 10 && BIT(number) & 0x41E)
        return osi_malloc_internal(size);
    if (number <= 10 && BIT(number) & 0x380)
        return osi_wifi_malloc(size);
    return PP_WDEV(0x194, void *, uint32_t)(number);
}

/* Whether one more buffer of this kind may be taken; counts it. */
static bool take_one(struct kind *kind)
{
    struct count *count = &g_lmac_cnt_ptr[kind->number];
    osi_mutex_lock(g_wifi_global_lock);
    bool free = kind->used < kind->most;
    if (free) {
        count->allocated++;
        kind->used++;
    } else
        count->none_free++;
    osi_mutex_unlock(g_wifi_global_lock);
    return free;
}

static void give_back(struct kind *kind)
{
    struct count *count = &g_lmac_cnt_ptr[kind->number];
    osi_mutex_lock(g_wifi_global_lock);
    if (kind->used) {
        kind->used--;
        count->allocated++;
    }
    count->no_memory++;
    osi_mutex_unlock(g_wifi_global_lock);
}

/* The same from the heap: the libraries call it, and come here through pp_wdev_funcs. */
struct buffer *API(esf_buf_alloc_dynamic)(struct kind *kind, uint32_t length, const uint8_t *data)
{
    uint32_t number = kind->number, headroom = kind->headroom;
    if (kind->most && !take_one(kind))
        return NULL;
    struct dynamic_buffer *made = heap_memory(number, sizeof *made + headroom + 4 + length);
    if (!made) {
        if (kind->most)
            give_back(kind);
        return NULL;
    }
    uint8_t *start = (uint8_t *)(made + 1);
    memset(made, 0, sizeof *made);
    made->control[0] = kind->flags;
    made->control[1] = 15;
    made->buffer.first = made->buffer.last = &made->part;
    made->buffer.parts = 1;
    made->buffer.start = start;
    made->buffer.control = (struct tx_control *)made->control;
    made->buffer.length = length;
    made->buffer.kind = number;
    made->part.data = start + headroom;
    if (headroom + length < PART_LENGTH + 1 - 4) {
        static const uint32_t mark = END_MARK;
        memcpy(start + headroom + length, &mark, sizeof mark);
        set_length(&made->part, headroom + length);
    } else
        set_length(&made->part, PART_LENGTH + 1 - 4);
    if (data)
        memcpy(made->part.data, data, length);
    return &made->buffer;
}

static void to_heap(struct buffer *buffer, uint32_t number)
{
    struct kind *kind = &g_eb_list_desc_ptr[number];
    osi_free(buffer);
    if (!kind->most)
        return;
    osi_mutex_lock(g_wifi_global_lock);
    if (kind->used)
        kind->used--;
    g_lmac_cnt_ptr[number].recycled++;
    osi_mutex_unlock(g_wifi_global_lock);
}

static void to_list(struct buffer *buffer, uint32_t number)
{
    struct kind *kind = &g_eb_list_desc_ptr[number];
    memset(buffer->control, 0, 36);
    osi_mutex_lock(g_wifi_global_lock);
    buffer->next = kind->free;
    kind->free = buffer;
    g_lmac_cnt_ptr[number].recycled++;
    osi_mutex_unlock(g_wifi_global_lock);
}

void API(esf_buf_recycle)(struct buffer *buffer)
{
    if (!buffer)
        return;
    uint32_t number = buffer->kind;
    switch (place_of(number, 0x134)) {
    case HEAP: to_heap(buffer, number); break;
    case LIST: to_list(buffer, number); break;
    default: break;
    }
}

bool API(config_is_cache_tx_buf_enabled)(void) { return *(uint32_t *)(g_wifi_menuconfig_ptr + 64) & BIT(1); }
