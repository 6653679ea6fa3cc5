/* Delivery A: core 1's code is part of this image, its memory is core 0's to prepare. */
#include "core0.h"

#define STACK_PATTERN 0xA5 /* FreeRTOS's: what is left of it shows how deep core 1's stack ever was */

/* Core 1 must be held. */
bool core1_release(void)
{
    if (AMP_HAS_FAULT(AMP_NEVER_RELEASED))
        return true;
    if (AMP_HAS_FAULT(AMP_RELEASED_TOO_EARLY))
        core1_run((uint32_t)amp_core1_start);
    memset(&amp_mailbox_to_core1, 0, sizeof amp_mailbox_to_core1);
    memset(&amp_mailbox_to_core0, 0, sizeof amp_mailbox_to_core0);
    memset(amp_core1_bss_start, 0, (uintptr_t)amp_core1_bss_end - (uintptr_t)amp_core1_bss_start);
    memset(amp_core1_stack_bottom, STACK_PATTERN, (uintptr_t)amp_core1_stack_top - (uintptr_t)amp_core1_stack_bottom);
    if (AMP_HAS_FAULT(AMP_RELEASED_TOO_EARLY))
        return true;
    core1_run((uint32_t)amp_core1_start);
    return true;
}

bool delivery_command(const char *command)
{
    (void)command;
    return false;
}
