/* Core 1's release and its end, in the order the real design has. */
#include "core0.h"

#define STACK_PATTERN 0xA5 /* FreeRTOS's: what is left of it shows how deep core 1's stack ever was */

/* Stops core 1 wherever it is. Its clock stays on: the reset needs it. */
void core1_hold(void)
{
    SYSTEM_CORE_1_CONTROL_0 |= SYSTEM_CONTROL_CORE_1_RUNSTALL;
    SYSTEM_CORE_1_CONTROL_0 |= SYSTEM_CONTROL_CORE_1_RESETING;
    SYSTEM_CPU_INTR_FROM_CPU(0) = 0;
    SYSTEM_CPU_INTR_FROM_CPU(1) = 0;
}

/* Core 1 must be held: its memory is prepared here. Address first; then the stall, the clock, the reset. The ROM on
   core 1 finds the address and jumps to it. */
void core1_release(void)
{
    memset(&amp_mailbox_to_core1, 0, sizeof amp_mailbox_to_core1);
    memset(&amp_mailbox_to_core0, 0, sizeof amp_mailbox_to_core0);
    memset(amp_core1_bss_start, 0, (uintptr_t)amp_core1_bss_end - (uintptr_t)amp_core1_bss_start);
    memset(amp_core1_stack_bottom, STACK_PATTERN, (uintptr_t)amp_core1_stack_top - (uintptr_t)amp_core1_stack_bottom);

    ets_set_appcpu_boot_addr((uint32_t)amp_core1_start);

    RTC_CNTL_SW_CPU_STALL &= ~RTC_CNTL_SW_STALL_APPCPU_C1;
    RTC_CNTL_OPTIONS0 &= ~RTC_CNTL_SW_STALL_APPCPU_C0;

    SYSTEM_CORE_1_CONTROL_0 |= SYSTEM_CONTROL_CORE_1_CLKGATE_EN;
    SYSTEM_CORE_1_CONTROL_0 &= ~SYSTEM_CONTROL_CORE_1_RUNSTALL;
    SYSTEM_CORE_1_CONTROL_0 |= SYSTEM_CONTROL_CORE_1_RESETING;
    SYSTEM_CORE_1_CONTROL_0 &= ~SYSTEM_CONTROL_CORE_1_RESETING;
}
