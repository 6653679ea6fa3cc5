/* Writing to the application's streams: buffers, flushing, walking over all streams.

   The streams are newlib's and belong to the application; opening, reading and seeking are its own affair. */
#include "newlib.h"
#include "stdio.h"

#define EOF (-1)
#define BUFFER_SIZE 128 /* BUFSIZ of the chip's library */
enum { SEEK_SET, SEEK_CUR };

static struct syscalls *system_calls(void) { return syscall_table_ptr; }
static struct reent *own_reent(void) { return system_calls()->getreent(); }

/* Every entry that is handed a reentrancy structure sees to it that its streams are there. */
static void prepare(struct reent *reent)
{
    if (reent && !reent->streams_ready)
        system_calls()->sinit(reent);
}

void stream_lock(struct stream *stream)
{
    if (!(stream->flags2 & NOT_LOCKED) && !(stream->flags & IN_MEMORY))
        system_calls()->lock_acquire_recursive(stream->lock);
}

void stream_unlock(struct stream *stream)
{
    if (!(stream->flags2 & NOT_LOCKED) && !(stream->flags & IN_MEMORY))
        system_calls()->lock_release_recursive(stream->lock);
}

int API(_fwalk)(struct reent *reent, int (*function)(struct stream *))
{
    int result = 0;
    for (struct streams *some = &reent->streams; some; some = some->next)
        for (int n = 0; n < some->count; n++)
            if (some->first[n].flags > 1 && some->first[n].file != -1)
                result |= function(&some->first[n]);
    return result;
}

int API(_fwalk_reent)(struct reent *reent, int (*function)(struct reent *, struct stream *))
{
    int result = 0;
    for (struct streams *some = &reent->streams; some; some = some->next)
        for (int n = 0; n < some->count; n++)
            if (some->first[n].flags > 1 && some->first[n].file != -1)
                result |= function(reent, &some->first[n]);
    return result;
}

static void forget_pushed_back(struct reent *reent, struct stream *stream)
{
    if (stream->pushed_back.base == NULL)
        return;
    if (stream->pushed_back.base != stream->spare)
        system_calls()->free(reent, stream->pushed_back.base);
    stream->pushed_back.base = NULL;
}

/* The file's position becomes that of the next byte to be read; what was read ahead is forgotten. */
static int flush_reading(struct reent *reent, struct stream *stream)
{
    stream->flags |= NO_BLOCKS;
    if (stream->unread <= 0 && stream->kept_unread <= 0)
        return 0;
    int error_before = reent->error_number;
    reent->error_number = 0;
    long position = stream->flags & OFFSET_KNOWN ? stream->offset : stream->seek(reent, stream->cookie, 0, SEEK_CUR);
    if (position == -1 && reent->error_number != 0) {
        bool is_pipe = reent->error_number == ESPIPE || reent->error_number == EINVAL;
        if (is_pipe)
            reent->error_number = error_before;
        else
            stream->flags |= FAILED;
        return is_pipe ? 0 : EOF;
    }
    if (stream->flags & READING) {
        position -= stream->unread;
        if (stream->pushed_back.base)
            position -= stream->kept_unread;
    }
    position = stream->seek(reent, stream->cookie, position, SEEK_SET);
    bool is_pipe = reent->error_number == ESPIPE || reent->error_number == EINVAL;
    if (position == -1 && reent->error_number != 0 && !is_pipe) {
        stream->flags |= FAILED;
        return EOF;
    }
    stream->flags &= (uint16_t)~NO_BLOCKS;
    stream->unread = 0;
    stream->at = stream->buffer.base;
    if ((stream->flags & OFFSET_KNOWN) && (position != -1 || reent->error_number == 0))
        stream->offset = position;
    reent->error_number = error_before;
    forget_pushed_back(reent, stream);
    return 0;
}

static int flush(struct reent *reent, struct stream *stream)
{
    if (!(stream->flags & WRITING))
        return flush_reading(reent, stream);
    if (stream->buffer.base == NULL)
        return 0;
    uint8_t *from = stream->buffer.base;
    int left = (int)(stream->at - from);
    stream->at = from;
    stream->room = stream->flags & (LINE_BUFFERED | UNBUFFERED) ? 0 : stream->buffer.size;
    while (left > 0) {
        int written = stream->write(reent, stream->cookie, (const char *)from, left);
        if (written <= 0) {
            stream->flags |= FAILED;
            return EOF;
        }
        from += written;
        left -= written;
    }
    return 0;
}

int API(_fflush_r)(struct reent *reent, struct stream *stream)
{
    prepare(reent);
    if (stream->flags == 0)
        return 0;
    stream_lock(stream);
    int result = flush(reent, stream);
    stream_unlock(stream);
    return result;
}

int API(fflush)(struct stream *stream)
{
    if (stream == NULL)
        return API(_fwalk_reent)(_global_impure_ptr, API(_fflush_r));
    return API(_fflush_r)(own_reent(), stream);
}

/* How large a buffer a stream should have, and whether it may be a terminal. The result is a flag for the stream. */
int API(__swhatbuf_r)(struct reent *reent, struct stream *stream, size_t *size, int *may_be_terminal)
{
    struct status status;
    if (stream->file < 0 || system_calls()->fstat(reent, stream->file, &status) < 0) {
        *may_be_terminal = 0;
        *size = stream->flags & OWN_BUFFER ? 64 : BUFFER_SIZE;
        return 0;
    }
    *may_be_terminal = (status.mode & MODE_KIND) == MODE_CHARACTERS;
    if (status.block_size <= 0) {
        *size = BUFFER_SIZE;
        return NO_BLOCKS;
    }
    *size = (size_t)status.block_size;
    stream->block_size = status.block_size;
    return (status.mode & MODE_KIND) == MODE_FILE ? BLOCKS : NO_BLOCKS;
}

/* What exit() has to call once there are buffers. */
static void clean_up(struct reent *reent) { system_calls()->cleanup_r(reent); }

void API(__smakebuf_r)(struct reent *reent, struct stream *stream)
{
    size_t size;
    int may_be_terminal;
    stream->buffer = (struct memory_range){stream->single, 1};
    stream->at = stream->single;
    if (stream->flags & UNBUFFERED)
        return;
    int flags = API(__swhatbuf_r)(reent, stream, &size, &may_be_terminal);
    void *memory = system_calls()->malloc(reent, size);
    if (memory == NULL) {
        if (!(stream->flags & IN_MEMORY))
            stream->flags = (uint16_t)((stream->flags & ~(LINE_BUFFERED | UNBUFFERED)) | UNBUFFERED);
        return;
    }
    reent->clean_up = clean_up;
    stream->flags |= OWN_BUFFER;
    stream->buffer = (struct memory_range){memory, (int)size};
    stream->at = memory;
    if (may_be_terminal && API(_isatty_r)(reent, stream->file))
        stream->flags = (uint16_t)((stream->flags & ~(LINE_BUFFERED | UNBUFFERED)) | LINE_BUFFERED);
    stream->flags |= (uint16_t)flags;
}

/* Make a stream ready for writing; EOF where it is not one that can be written to. */
int API(__swsetup_r)(struct reent *reent, struct stream *stream)
{
    prepare(own_reent());
    if (!(stream->flags & WRITING)) {
        if (!(stream->flags & BOTH)) {
            reent->error_number = EBADF;
            stream->flags |= FAILED;
            return EOF;
        }
        if (stream->flags & READING) { /* what was read ahead and pushed back is given up */
            forget_pushed_back(reent, stream);
            stream->flags &= (uint16_t)~(READING | AT_END);
            stream->unread = 0;
            stream->at = stream->buffer.base;
        }
        stream->flags |= WRITING;
    }
    if (stream->buffer.base == NULL && (stream->flags & (IN_MEMORY | OWN_BUFFER)) != IN_MEMORY)
        API(__smakebuf_r)(reent, stream);
    if (stream->flags & LINE_BUFFERED) {
        stream->room = 0;
        stream->line_size = -stream->buffer.size;
    } else {
        stream->room = stream->flags & UNBUFFERED ? 0 : stream->buffer.size;
    }
    if (stream->buffer.base == NULL && (stream->flags & OWN_BUFFER)) {
        stream->flags |= FAILED;
        return EOF;
    }
    return 0;
}

static bool cannot_write(struct reent *reent, struct stream *stream)
{
    return (!(stream->flags & WRITING) || stream->buffer.base == NULL) && API(__swsetup_r)(reent, stream) != 0;
}

/* A character where the inline putc has no room for it. */
int API(__swbuf_r)(struct reent *reent, int c, struct stream *stream)
{
    prepare(reent);
    stream->room = stream->line_size;
    if (cannot_write(reent, stream))
        return EOF;
    c &= 0xFF;
    int used = (int)(stream->at - stream->buffer.base);
    if (used >= stream->buffer.size) {
        if (API(_fflush_r)(reent, stream) != 0)
            return EOF;
        used = 0;
    }
    stream->room--;
    *stream->at++ = (uint8_t)c;
    if (++used == stream->buffer.size || ((stream->flags & LINE_BUFFERED) && c == '\n'))
        if (API(_fflush_r)(reent, stream) != 0)
            return EOF;
    return c;
}

int API(__swbuf)(int c, struct stream *stream) { return API(__swbuf_r)(own_reent(), c, stream); }

int stream_print(struct reent *reent, struct stream *stream, const char *data, size_t length)
{
    for (; length > 0; length--, data++) {
        if (--stream->room >= 0 || (stream->room >= stream->line_size && *data != '\n'))
            *stream->at++ = (uint8_t)*data;
        else if (API(__swbuf_r)(reent, (uint8_t)*data, stream) == EOF)
            return EOF;
    }
    return 0;
}

bool stream_begin_print(struct reent *reent, struct stream *stream)
{
    prepare(reent);
    stream_lock(stream);
    if (!cannot_write(reent, stream))
        return true;
    stream_unlock(stream);
    return false;
}

/* As much of a run of bytes as goes in one step, into the buffer or, if it fills a buffer, straight to the file.
   Returns how many bytes that were, or EOF. */
static int write_some(struct reent *reent, struct stream *stream, const char *data, int length)
{
    bool lines = stream->flags & LINE_BUFFERED;
    int room = lines ? stream->room + stream->buffer.size : stream->room;
    if (stream->at > stream->buffer.base && length > room) {
        memcpy(stream->at, data, (size_t)room);
        stream->at += room;
        return API(_fflush_r)(reent, stream) == 0 ? room : EOF;
    }
    if (length >= stream->buffer.size) {
        int whole = lines ? stream->buffer.size : length / stream->buffer.size * stream->buffer.size;
        int written = stream->write(reent, stream->cookie, data, whole);
        return written > 0 ? written : EOF;
    }
    memcpy(stream->at, data, (size_t)length);
    stream->room -= length;
    stream->at += length;
    return length;
}

static int write_piece(struct reent *reent, struct stream *stream, const char *data, int length)
{
    while (length > 0) {
        int done, line = 0;
        if (stream->flags & UNBUFFERED) {
            done = stream->write(reent, stream->cookie, data, length);
            if (done <= 0)
                done = EOF;
        } else if (stream->flags & LINE_BUFFERED) {
            while (line < length && data[line] != '\n')
                line++;
            bool ends = line < length;
            done = write_some(reent, stream, data, line + ends);
            if (done == line + 1 && ends && API(_fflush_r)(reent, stream) != 0)
                done = EOF;
        } else {
            done = write_some(reent, stream, data, length);
        }
        if (done == EOF) {
            stream->flags |= FAILED;
            return EOF;
        }
        data += done;
        length -= done;
    }
    return 0;
}

/* Several pieces at once; the list of pieces is empty afterwards. */
int API(__sprint_r)(struct reent *reent, struct stream *stream, struct pieces *pieces)
{
    int result = 0;
    if (pieces->total != 0) {
        if (cannot_write(reent, stream))
            result = EOF;
        for (int n = 0; pieces->total > 0 && result == 0; n++) {
            result = write_piece(reent, stream, pieces->first[n].data, (int)pieces->first[n].length);
            pieces->total -= (int)pieces->first[n].length;
        }
    }
    pieces->total = 0;
    pieces->count = 0;
    return result;
}
