/* What the ROM's C library shares with the application's: newlib's structures, and the table of system calls that the
   application installs (ESP-IDF, esp_rom/esp32s3/include/esp32s3/rom/libc_stubs.h; newlib 3.3, sys/reent.h and
   stdio.h, as configured for small reentrancy structures and 32-bit times). */
#ifndef NEWLIB_H
#define NEWLIB_H

#include "openrom.h"

struct reent;

struct memory_range {
    uint8_t *base;
    int size;
};

struct stream {
    uint8_t *at;          /* where the next byte is read or written */
    int unread;           /* bytes left to read */
    int room;             /* bytes left to write; 0 when line-buffered */
    uint16_t flags;
    int16_t file;
    struct memory_range buffer;
    int line_size;        /* minus the buffer's size when line-buffered, else 0 */
    struct reent *owner;
    void *cookie;
    int (*read)(struct reent *reent, void *cookie, char *data, int length);
    int (*write)(struct reent *reent, void *cookie, const char *data, int length);
    long (*seek)(struct reent *reent, void *cookie, long offset, int whence);
    int (*close)(struct reent *reent, void *cookie);
    struct memory_range pushed_back;
    uint8_t *kept_at;
    int kept_unread;
    uint8_t spare[3];     /* for bytes that are pushed back */
    uint8_t single[1];    /* the buffer of an unbuffered stream */
    struct memory_range line;
    int block_size;
    long offset;
    void *lock;
    uint32_t multibyte[2];
    int flags2;
};
#if __SIZEOF_POINTER__ == 4
_Static_assert(offsetof(struct stream, lock) == 88 && sizeof(struct stream) == 104, "newlib's struct __sFILE");
#endif

enum {
    LINE_BUFFERED = 0x0001,
    UNBUFFERED = 0x0002,
    READING = 0x0004,
    WRITING = 0x0008,
    BOTH = 0x0010,
    AT_END = 0x0020,
    FAILED = 0x0040,
    OWN_BUFFER = 0x0080,
    APPENDING = 0x0100,
    IN_MEMORY = 0x0200,
    BLOCKS = 0x0400,
    NO_BLOCKS = 0x0800,
    OFFSET_KNOWN = 0x1000,
};
#define NOT_LOCKED 1 /* in flags2: the caller sees to locking */

struct streams {
    struct streams *next;
    int count;
    struct stream *first;
};

struct random_state {
    uint16_t seed[3], multiplier[3], summand;
    uint64_t next;
};

struct reent {
    int error_number;
    struct stream *input, *output, *errors;
    int temporary_names;
    char *emergency;
    int streams_ready;
    int locale_reserved;
    void *locale, *numbers;
    void (*clean_up)(struct reent *reent);
    int sign_of_gamma, converted_length;
    char *converted;
    struct random_state *random;
    void *local_time, *time_text, *signals, *at_exit, *at_exit_first[35];
    struct streams streams;
};
#if __SIZEOF_POINTER__ == 4
_Static_assert(offsetof(struct reent, random) == 0x38 && offsetof(struct reent, streams) == 0xD8,
               "newlib's struct _reent");
#endif

/* struct stat with 32-bit times */
struct status {
    int16_t device;
    uint16_t inode;
    uint32_t mode;
    uint16_t links, user, group;
    int16_t special_device;
    int32_t size, times[6], block_size, blocks, spare[2];
};
#define MODE_KIND 0170000u
#define MODE_CHARACTERS 0020000u
#define MODE_FILE 0100000u

enum { EBADF = 9, ENOMEM = 12, EINVAL = 22, ESPIPE = 29, ERANGE = 34 };

typedef int print_function(struct reent *reent, struct stream *stream, const char *data, size_t length);

struct syscalls {
    struct reent *(*getreent)(void);
    void *(*malloc)(struct reent *reent, size_t size);
    void (*free)(struct reent *reent, void *memory);
    void *(*realloc)(struct reent *reent, void *memory, size_t size);
    void *(*calloc)(struct reent *reent, size_t count, size_t size);
    void (*abort)(void);
    void *system, *rename, *times, *gettimeofday, *raise, *unlink, *link, *stat;
    int (*fstat)(struct reent *reent, int file, struct status *status);
    void *(*sbrk)(struct reent *reent, ptrdiff_t by);
    void *getpid, *kill, *exit, *close, *open, *write, *lseek, *read;
    void *lock_init, *lock_init_recursive, *lock_close, *lock_close_recursive, *lock_acquire;
    void (*lock_acquire_recursive)(void *lock);
    void *lock_try, *lock_try_recursive, *lock_release;
    void (*lock_release_recursive)(void *lock);
    int (*printf_float)(struct reent *reent, void *conversion, struct stream *stream, print_function *print,
                        va_list *arguments);
    void *scanf_float, *assert_func;
    void (*sinit)(struct reent *reent);
    void (*cleanup_r)(struct reent *reent);
};
extern struct syscalls *syscall_table_ptr;
extern struct reent *_global_impure_ptr;

#endif
