/* What of the C library needs the system behind it: it calls through the table that the application sets. */
#include "openrom.h"

/* ESP-IDF's struct syscall_stub_table, as far as it is used here. */
struct syscalls {
    void *(*getreent)(void);
    void *(*malloc)(void *reent, size_t size);
    void (*free)(void *reent, void *memory);
    void *(*realloc)(void *reent, void *memory, size_t size);
    void *(*calloc)(void *reent, size_t count, size_t size);
    void (*abort)(void);
    void *others[8]; /* system, rename, times, gettimeofday, raise, unlink, link, stat */
    int (*fstat)(void *reent, int file, void *status);
};
extern struct syscalls *syscall_table_ptr;

/* The mode stands behind device and inode, 16 bits each; the whole is below 128 bytes. */
struct status {
    uint16_t device, inode;
    uint32_t mode;
    uint8_t others[120];
};
#define MODE_KIND 0170000
#define MODE_CHARACTERS 0020000

int API(_isatty_r)(void *reent, int file)
{
    struct status status;
    if (syscall_table_ptr->fstat(reent, file, &status) < 0)
        return 0;
    return (status.mode & MODE_KIND) == MODE_CHARACTERS;
}
int API(isatty)(int file) { return API(_isatty_r)(syscall_table_ptr->getreent(), file); }

char *API(_strdup_r)(void *reent, const char *text)
{
    size_t length = 0;
    while (text[length])
        length++;
    char *copy = syscall_table_ptr->malloc(reent, length + 1);
    return copy ? memcpy(copy, text, length + 1) : NULL;
}
char *API(strdup)(const char *text) { return API(_strdup_r)(syscall_table_ptr->getreent(), text); }

char *API(_strndup_r)(void *reent, const char *text, size_t limit)
{
    size_t length = 0;
    while (length < limit && text[length])
        length++;
    char *copy = syscall_table_ptr->malloc(reent, length + 1);
    if (!copy)
        return NULL;
    memcpy(copy, text, length);
    copy[length] = 0;
    return copy;
}
char *API(strndup)(const char *text, size_t limit)
{
    return API(_strndup_r)(syscall_table_ptr->getreent(), text, limit);
}
