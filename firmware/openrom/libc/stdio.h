/* How formatted output reaches the application's streams. */
#ifndef STDIO_H
#define STDIO_H

#include "newlib.h"

/* newlib's struct __suio */
struct piece {
    const void *data;
    size_t length;
};
struct pieces {
    const struct piece *first;
    int count, total;
};

void stream_lock(struct stream *stream);
void stream_unlock(struct stream *stream);
/* Lock a stream that can be written to; false, without a lock, where it cannot. */
bool stream_begin_print(struct reent *reent, struct stream *stream);
/* 0, or EOF after an error. */
int stream_print(struct reent *reent, struct stream *stream, const char *data, size_t length);

int API(_isatty_r)(struct reent *reent, int file);

#endif
