/* Something of every kind that debug information describes; make it again as fuzz/README says. */
#include <stdint.h>

enum state { IDLE, BUSY = 7, BROKEN = -1 };
union word { uint32_t whole; uint8_t bytes[4]; float number; };
typedef struct message {
	struct message *next;
	uint16_t length : 12, kind : 4;
	volatile enum state state;
	union word payload[3];
	int8_t (*check)(const struct message *, const char *name);
} message_t;

message_t mailbox[2][4];
static _Atomic uint32_t counter;
const double factor = 0.5;
char text[16] = "debug";

static inline int twice(int number) { return 2 * number; }

int8_t check(const message_t *message, const char *name)
{
	int total = 0;
	for (int i = 0; i < message->length; i++)
		total += twice(name[i]);
	counter++;
	return total & 1 ? -1 : 1;
}

void start(void)
{
	mailbox[1][2].check = check;
	for (;;)
		counter += check(&mailbox[1][2], text);
}
