/* Core 0's ends of the mailboxes: see amp.h for the protocol. */
#include <stddef.h>
#include "core0.h"

static uint32_t check_of(const struct amp_message *message)
{
    return message->sequence ^ message->kind ^ message->value ^ AMP_CHECK;
}

/* Returns the message's sequence number, or 0 when the mailbox is full. */
int amp_mailbox_send(struct amp_mailbox *mailbox, enum amp_kind kind, uint32_t value)
{
    uint32_t sent = mailbox->sent; /* only this side writes it */
    if (sent - __atomic_load_n(&mailbox->taken, __ATOMIC_ACQUIRE) == AMP_MAILBOX_SLOTS)
        return 0;
    struct amp_message *slot = &mailbox->slots[++sent % AMP_MAILBOX_SLOTS];
    struct amp_message message = {.sequence = sent, .kind = kind, .value = value};
    message.check = check_of(&message);
    *slot = message;
    __atomic_store_n(&mailbox->sent, sent, __ATOMIC_RELEASE);
    return (int)sent;
}

/* Returns 1 with a message, 0 without, -1 for one that does not match its check word (and is gone). */
int amp_mailbox_take(struct amp_mailbox *mailbox, struct amp_message *message)
{
    uint32_t taken = mailbox->taken; /* only this side writes it */
    if (taken == __atomic_load_n(&mailbox->sent, __ATOMIC_ACQUIRE))
        return 0;
    *message = mailbox->slots[++taken % AMP_MAILBOX_SLOTS];
    __atomic_store_n(&mailbox->taken, taken, __ATOMIC_RELEASE);
    return message->sequence == taken && message->check == check_of(message) ? 1 : -1;
}
