/* Delivery A: the Rust crate is part of this application, whose start-up has placed and cleared its statics. */
#include <string.h>
#include "app.h"

#define STACK_PATTERN 0xA5

bool core1_prepare_and_run(void)
{
    memset(&amp_mailbox_to_core1, 0, sizeof amp_mailbox_to_core1);
    memset(&amp_mailbox_to_core0, 0, sizeof amp_mailbox_to_core0);
    memset(amp_core1_stack_bottom, STACK_PATTERN, (uintptr_t)amp_core1_stack_top - (uintptr_t)amp_core1_stack_bottom);
    core1_connect_doorbell();
    core1_run((uint32_t)amp_core1_start);
    return true;
}

bool delivery_command(const char *command)
{
    (void)command;
    return false;
}
