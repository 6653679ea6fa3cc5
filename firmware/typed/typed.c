/* One variable of every kind that debug information describes, for tests that read them by name. It never runs. */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum phase { PHASE_IDLE, PHASE_RUN = 4, PHASE_STOP = -1 };
enum small { SMALL_A, SMALL_B } __attribute__((packed));

struct point {
    int16_t x, y;
};
struct node {
    struct node *next;
    int32_t value;
};
struct message {
    uint32_t sequence;
    enum phase kind;
    union {
        uint32_t word;
        uint8_t bytes[4];
    };
    struct {
        uint32_t low : 4;
        int32_t middle : 12;
        enum small mode : 8;
    } bits;
};

#define KEEP __attribute__((used))
KEEP struct {
    _Atomic uint32_t sent;
    volatile uint32_t taken;
    struct message slots[4];
} typed_mailbox = {.sent = 7, .slots = {[2] = {.sequence = 0xCAFE, .kind = PHASE_STOP, .bits = {5, -3, SMALL_B}}}};
KEEP int8_t typed_signed = -5;
KEEP uint64_t typed_long = 0x0123456789ABCDEF;
KEEP bool typed_flag = true;
KEEP float typed_float = 1.5f;
KEEP double typed_double = -0.25;
KEEP enum phase typed_phase = PHASE_RUN;
KEEP enum small typed_small = SMALL_B;
KEEP char typed_text[12] = "core 1";
KEEP int16_t typed_grid[2][3] = {{1, 2, 3}, {4, -5, 6}};
KEEP struct point typed_points[] = {{1, -2}, {3, 4}};
KEEP static struct node last = {0, 30}, first = {&last, 20};
KEEP struct node *typed_list = &first;
KEEP struct point *typed_array = typed_points;
KEEP struct node *typed_null;
KEEP void *typed_void = &typed_long;
KEEP const char *typed_name = "heart";

/* A function, so that there is something to begin with. */
KEEP void typed_start(void)
{
    for (;;)
        ;
}
