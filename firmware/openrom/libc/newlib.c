/* What of the C library needs the system behind it: it calls through the table that the application sets. */
#include "newlib.h"

int API(_isatty_r)(struct reent *reent, int file)
{
    struct status status;
    if (syscall_table_ptr->fstat(reent, file, &status) < 0)
        return 0;
    return (status.mode & MODE_KIND) == MODE_CHARACTERS;
}

void *API(sbrk)(ptrdiff_t by) { return syscall_table_ptr->sbrk(syscall_table_ptr->getreent(), by); }

/* Locks for the C library's own tables: those of the ROM are the application's. */
void API(esp_rom_newlib_init_common_mutexes)(void *lock, void *recursive) { (void)lock, (void)recursive; }

char *API(_strdup_r)(struct reent *reent, const char *text)
{
    size_t length = 0;
    while (text[length])
        length++;
    char *copy = syscall_table_ptr->malloc(reent, length + 1);
    return copy ? memcpy(copy, text, length + 1) : NULL;
}
char *API(strdup)(const char *text) { return API(_strdup_r)(syscall_table_ptr->getreent(), text); }

char *API(_strndup_r)(struct reent *reent, const char *text, size_t limit)
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
