/* Core 1's release and its end, in the order the real design has. */
#include "core0.h"

/* Stops core 1 wherever it is. Its clock stays on: the reset needs it. */
void core1_hold(void)
{
    SYSTEM_CORE_1_CONTROL_0 |= SYSTEM_CONTROL_CORE_1_RUNSTALL;
    SYSTEM_CORE_1_CONTROL_0 |= SYSTEM_CONTROL_CORE_1_RESETING;
    SYSTEM_CPU_INTR_FROM_CPU(0) = 0;
    SYSTEM_CPU_INTR_FROM_CPU(1) = 0;
}

/* Core 1 must be held, and its memory ready. Address first; then the stall, the clock, the reset. The ROM on core 1
   finds the address and jumps to it. */
void core1_run(uint32_t boot_address)
{
    ets_set_appcpu_boot_addr(boot_address);

    RTC_CNTL_SW_CPU_STALL &= ~RTC_CNTL_SW_STALL_APPCPU_C1;
    RTC_CNTL_OPTIONS0 &= ~RTC_CNTL_SW_STALL_APPCPU_C0;

    SYSTEM_CORE_1_CONTROL_0 |= SYSTEM_CONTROL_CORE_1_CLKGATE_EN;
    SYSTEM_CORE_1_CONTROL_0 &= ~SYSTEM_CONTROL_CORE_1_RUNSTALL;
    SYSTEM_CORE_1_CONTROL_0 |= SYSTEM_CONTROL_CORE_1_RESETING;
    SYSTEM_CORE_1_CONTROL_0 &= ~SYSTEM_CONTROL_CORE_1_RESETING;
}
