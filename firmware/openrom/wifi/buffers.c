/* Memory for frames: from lists that the libraries filled, or from the heap. */
#include "wifi.h"

enum place { NOWHERE, HEAP, LIST };

/* Kinds whose place is known here, and those whose number says which heap. */
#define LIST_KINDS (BIT(5) | BIT(6) | BIT(9) | BIT(10))
#define HEAP_KINDS (BIT(2) | BIT(3) | BIT(4) | BIT(7) | BIT(8))
#define INTERNAL_NUMBERS (BIT(1) | BIT(2) | BIT(3) | BIT(4) | BIT(10))
#define WIFI_NUMBERS (BIT(7) | BIT(8) | BIT(9))
#define EITHER_KIND 1 /* as configured */

/* The length of a part that takes more: its field has 12 bits. */
#define MOST_OF_A_PART 4092u
#define END_MARK 0xDEADBEEFu /* behind the data, where there is room */

/* What precedes the memory of a buffer from the heap. */
struct heap_buffer {
    struct buffer buffer;
    struct part part;
    uint32_t unused;
    struct control control;
    uint8_t memory[];
};
_Static_assert(sizeof(struct heap_buffer) == 96, "buffer from the heap");

extern struct description *g_eb_list_desc_ptr;
extern struct counts *g_lmac_cnt_ptr;

static void lock(void) { g_osi_funcs_p->lock(g_wifi_global_lock); }
static void unlock(void) { g_osi_funcs_p->unlock(g_wifi_global_lock); }

static bool is_in(uint32_t set, uint32_t number) { return number < 32 && (set & BIT(number)); }

/* Where a kind of buffers comes from and goes to; what the libraries answer may be none of these places. */
static uint32_t place_of(uint8_t kind, uint32_t (*ask)(uint8_t kind))
{
    if (kind == EITHER_KIND)
        return g_wifi_menuconfig_ptr->kind_1_is_from_heap ? HEAP : LIST;
    if (is_in(HEAP_KINDS, kind))
        return HEAP;
    return is_in(LIST_KINDS, kind) ? LIST : ask(kind);
}

static struct buffer *take_from_list(uint8_t kind)
{
    struct description *description = &g_eb_list_desc_ptr[kind];
    lock();
    struct buffer *buffer = description->free;
    if (buffer) {
        description->free = buffer->next;
        buffer->next = NULL;
        g_lmac_cnt_ptr[kind].given_out++;
    } else {
        g_lmac_cnt_ptr[description->number].none_free++;
    }
    unlock();
    return buffer;
}

static struct buffer *alloc_from_list(const uint8_t *data, uint8_t kind, uint32_t length)
{
    const struct description *description = &g_eb_list_desc_ptr[kind];
    struct buffer *buffer = take_from_list(kind);
    if (!buffer)
        return NULL;
    buffer->length = (uint16_t)length;
    struct part *part = buffer->first;
    if (part) {
        part->data = buffer->start + description->headroom;
        part->length = length + description->headroom;
        if (data)
            memcpy(part->data, data, length);
    }
    buffer->control->flags |= description->flags;
    buffer->control->given_out |= GIVEN_OUT;
    return buffer;
}

struct buffer *API(esf_buf_alloc)(const uint8_t *data, uint8_t kind, uint32_t length)
{
    switch (place_of(kind, pp_wdev_funcs->where_to_take)) {
    case HEAP:
        return pp_wdev_funcs->alloc_dynamic(&g_eb_list_desc_ptr[kind], length, data);
    case LIST:
        return alloc_from_list(data, kind, length);
    }
    return NULL;
}

/* Count a buffer that is about to be allocated; false when there are as many as may be. */
static bool reserve(struct description *description)
{
    if (description->most == 0)
        return true;
    struct counts *counts = &g_lmac_cnt_ptr[description->number];
    lock();
    bool is_free = description->used < description->most;
    if (is_free) {
        counts->given_out++;
        description->used++;
    } else {
        counts->none_free++;
    }
    unlock();
    return is_free;
}

/* There was no memory for a buffer that had been counted. That "given out" grows once more is the chip's way. */
static void take_reservation_back(struct description *description)
{
    if (description->most == 0)
        return;
    struct counts *counts = &g_lmac_cnt_ptr[description->number];
    lock();
    if (description->used) {
        description->used--;
        counts->given_out++;
    }
    counts->no_memory++;
    unlock();
}

static struct heap_buffer *allocate(uint8_t number, size_t size)
{
    if (is_in(INTERNAL_NUMBERS, number))
        return g_osi_funcs_p->malloc_internal(size);
    if (is_in(WIFI_NUMBERS, number))
        return g_osi_funcs_p->malloc_wifi(size);
    return pp_wdev_funcs->malloc_other(number);
}

struct buffer *API(esf_buf_alloc_dynamic)(struct description *description, uint32_t length, const uint8_t *data)
{
    if (!reserve(description))
        return NULL;
    uint32_t used = description->headroom + length;
    struct heap_buffer *all = allocate(description->number, sizeof *all + used + sizeof END_MARK);
    if (!all) {
        take_reservation_back(description);
        return NULL;
    }
    memset(all, 0, sizeof *all);
    all->buffer = (struct buffer){
        .first = &all->part,
        .last = &all->part,
        .parts = 1,
        .start = all->memory,
        .length = (uint16_t)length,
        .kind = description->number,
        .control = &all->control,
    };
    all->control.flags = description->flags;
    all->control.given_out = GIVEN_OUT;
    all->part.data = all->memory + description->headroom;
    all->part.length = MOST_OF_A_PART;
    if (used < MOST_OF_A_PART) {
        all->part.length = used;
        memcpy(all->part.data + length, &(uint32_t){END_MARK}, sizeof END_MARK);
    }
    if (data)
        memcpy(all->part.data, data, length);
    return &all->buffer;
}

static void free_to_heap(struct buffer *buffer, uint8_t kind)
{
    struct description *description = &g_eb_list_desc_ptr[kind];
    g_osi_funcs_p->free(buffer);
    if (description->most == 0)
        return;
    lock();
    if (description->used)
        description->used--;
    g_lmac_cnt_ptr[kind].given_back++;
    unlock();
}

static void put_into_list(struct buffer *buffer, uint8_t kind)
{
    struct description *description = &g_eb_list_desc_ptr[kind];
    memset(buffer->control, 0, sizeof *buffer->control);
    lock();
    buffer->next = description->free;
    description->free = buffer;
    g_lmac_cnt_ptr[kind].given_back++;
    unlock();
}

void API(esf_buf_recycle)(struct buffer *buffer)
{
    if (!buffer)
        return;
    uint8_t kind = buffer->kind;
    switch (place_of(kind, pp_wdev_funcs->where_to_give_back)) {
    case HEAP:
        free_to_heap(buffer, kind);
        break;
    case LIST:
        put_into_list(buffer, kind);
        break;
    }
}

bool API(config_is_cache_tx_buf_enabled)(void) { return g_wifi_menuconfig_ptr->options & CACHE_TX_BUFFERS; }
