/* The interrupt matrix; interrupt levels and timers of the calling core; handlers of exceptions and of interrupts of
   level 1, which the ROM's vectors call. */
#include "openrom.h"
#include "boot/panic.h"

#define INTERRUPTS 32
#define EXCEPTIONS 64
#define LEVEL_1_INTERRUPTS 0x000637FFu /* XCHAL_INTLEVEL1_MASK of the ESP32-S3 */
#define CAUSE_LEVEL_1_INTERRUPT 4

typedef void interrupt_handler(void *argument, struct exception_frame *frame);
typedef void exception_handler(struct exception_frame *frame);

/* One table for both cores. NULL: not handled. */
static struct {
    interrupt_handler *handler;
    void *argument;
} interrupts[INTERRUPTS] BEFORE_RTOS;
static exception_handler *exceptions[EXCEPTIONS] BEFORE_RTOS;

/* What is enabled, and what of it may be let through: INTENABLE is both. */
static uint32_t enabled[2] BEFORE_RTOS, masked[2] BEFORE_RTOS;

void API(intr_matrix_set)(int core, uint32_t source, uint32_t line)
{
    if (source < INTERRUPT_SOURCES)
        INTERRUPT_MAP(core, source) = line;
}

/* Between reading and writing, an interrupt must not change them. */
static uint32_t enter(void)
{
    uint32_t ps;
    __asm__ volatile("rsil %0, 15" : "=a"(ps)::"memory");
    return ps;
}
static void leave(uint32_t ps) { write_sr(ps, ps); }

static uint32_t change_enabled(uint32_t set, uint32_t clear)
{
    uint32_t ps = enter(), core = core_number(), before = read_sr(intenable);
    enabled[core] = ((before | (enabled[core] & masked[core])) | set) & ~clear;
    write_sr(intenable, enabled[core] & ~masked[core]);
    leave(ps);
    return before;
}

uint32_t API(_xtos_ints_on)(uint32_t lines) { return change_enabled(lines, 0); }
uint32_t API(_xtos_ints_off)(uint32_t lines) { return change_enabled(0, lines); }
void API(ets_isr_unmask)(uint32_t lines) { change_enabled(lines, 0); }
void API(ets_isr_mask)(uint32_t lines) { change_enabled(0, lines); }

/* Which of the enabled interrupts are let through; all until told otherwise. Returns what it was. */
uint32_t API(_xtos_set_vpri)(uint32_t priority)
{
    uint32_t ps = enter(), core = core_number(), before = ~masked[core];
    uint32_t all = read_sr(intenable) | (enabled[core] & masked[core]);
    masked[core] = ~priority;
    enabled[core] = all;
    write_sr(intenable, all & priority);
    leave(ps);
    return before;
}

/* Both return the old PS, which _xtos_restore_intlevel takes. */
uint32_t API(_xtos_set_intlevel)(uint32_t level)
{
    uint32_t ps = read_sr(ps);
    write_sr(ps, (ps & ~0xFu) | (level & 0xF));
    return ps;
}
void API(_xtos_restore_intlevel)(uint32_t ps) { write_sr(ps, (read_sr(ps) & ~0xFu) | (ps & 0xF)); }

uint32_t API(xthal_get_ccount)(void) { return read_sr(ccount); }
uint32_t API(xthal_get_interrupt)(void) { return read_sr(interrupt); }
void API(xthal_set_intclear)(uint32_t lines) { write_sr(intclear, lines); }

uint32_t API(xthal_get_ccompare)(int timer)
{
    return timer == 0 ? read_sr(ccompare0) : timer == 1 ? read_sr(ccompare1) : read_sr(ccompare2);
}
void API(xthal_set_ccompare)(int timer, uint32_t value)
{
    if (timer == 0)
        write_sr(ccompare0, value);
    else if (timer == 1)
        write_sr(ccompare1, value);
    else
        write_sr(ccompare2, value);
}

/* Both cores have levels of their own: a lock is only against interrupts of the calling one. */
static uint32_t locked_ps[2];
void API(ets_intr_lock)(void)
{
    uint32_t ps = API(_xtos_set_intlevel)(3);
    locked_ps[core_number()] = ps;
}
void API(ets_intr_unlock)(void) { API(_xtos_restore_intlevel)(locked_ps[core_number()]); }

/* Returns the handler that was there, NULL when none was or there is no such interrupt. Without a handler of its own,
   an interrupt is not handled. */
void *API(_xtos_set_interrupt_handler_arg)(uint32_t number, interrupt_handler *handler, void *argument)
{
    if (number >= INTERRUPTS)
        return NULL;
    void *before = interrupts[number].handler;
    interrupts[number].handler = handler;
    interrupts[number].argument = argument;
    return before;
}
void *API(_xtos_set_interrupt_handler)(uint32_t number, interrupt_handler *handler)
{
    return API(_xtos_set_interrupt_handler_arg)(number, handler, (void *)number);
}
void API(ets_isr_attach)(int number, interrupt_handler *handler, void *argument)
{
    API(_xtos_set_interrupt_handler_arg)((uint32_t)number, handler, argument);
}

static void unhandled(struct exception_frame *frame) { openrom_panic(frame); }

/* Returns the handler that was there, of which there always is one; NULL when there is no such exception. */
exception_handler *API(_xtos_set_exception_handler)(uint32_t cause, exception_handler *handler)
{
    if (cause >= EXCEPTIONS)
        return NULL;
    exception_handler *before = exceptions[cause] ? exceptions[cause] : unhandled;
    exceptions[cause] = handler;
    return before;
}

/* Called by the vectors; what it returns to goes on where the frame says. */
void openrom_exception(struct exception_frame *frame)
{
    if (frame->exccause != CAUSE_LEVEL_1_INTERRUPT) {
        exception_handler *handler = frame->exccause < EXCEPTIONS ? exceptions[frame->exccause] : NULL;
        (handler ? handler : unhandled)(frame);
        return;
    }
    uint32_t pending;
    while ((pending = read_sr(interrupt) & read_sr(intenable) & LEVEL_1_INTERRUPTS) != 0) {
        uint32_t number = (uint32_t)__builtin_ctz(pending);
        write_sr(intclear, 1u << number);
        if (interrupts[number].handler == NULL) {
            /* it would come again and again */
            ets_printf("openrom: nothing handles interrupt %d, which is now disabled\n", number);
            change_enabled(0, 1u << number);
            continue;
        }
        interrupts[number].handler(interrupts[number].argument, frame);
    }
}
