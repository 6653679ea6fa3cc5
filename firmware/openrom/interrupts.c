/* The interrupt matrix, interrupt levels and timers of the calling core. */
#include "openrom.h"

void API(intr_matrix_set)(int core, uint32_t source, uint32_t line)
{
    if (source < INTERRUPT_SOURCES)
        INTERRUPT_MAP(core, source) = line;
}

void API(ets_isr_unmask)(uint32_t lines) { write_sr(intenable, read_sr(intenable) | lines); }
void API(ets_isr_mask)(uint32_t lines) { write_sr(intenable, read_sr(intenable) & ~lines); }

uint32_t API(_xtos_ints_on)(uint32_t lines)
{
    uint32_t before = read_sr(intenable);
    write_sr(intenable, before | lines);
    return before;
}

uint32_t API(_xtos_ints_off)(uint32_t lines)
{
    uint32_t before = read_sr(intenable);
    write_sr(intenable, before & ~lines);
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
