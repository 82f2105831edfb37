/* What the library for programs takes from the system itself: the number of processors, and memory. */
#include "contract.h"
#include "host.h"

#if HOOKS == 0 && !defined(_WIN32)

#include <fcntl.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The file by which Linux tells which processors there are. */
#define ONLINE "/sys/devices/system/cpu/online"

static unsigned last = 4;
static unsigned asked;

/* Takes the system's place: another answer each time, as when processors come and go. */
static int open_online(void)
{
    FILE *file = tmpfile();
    if (file == NULL || fprintf(file, "0,2-%u\n", last) < 0 || fflush(file) != 0)
        return -1;
    rewind(file);
    last = last == 2 ? 4 : last - 1;
    asked++;
    return fileno(file); /* the stream stays open, at most once in a good library */
}

int open64(const char *path, int flags, ...)
{
    va_list more;
    mode_t mode = 0;
    if (strcmp(path, ONLINE) == 0)
        return open_online();
    va_start(more, flags);
    if ((flags & O_CREAT) != 0)
        mode = va_arg(more, mode_t);
    va_end(more);
    return openat(AT_FDCWD, path, flags, mode);
}

static const char *processors_change(unsigned unused)
{
    SIZE_T size = ExSizeOfRundownProtectionCacheAware();
    unsigned before = asked;
    (void)unused;
    for (unsigned i = 0; i < 8; i++) {
        PEX_RUNDOWN_REF_CACHE_AWARE object = ExAllocateCacheAwareRundownProtection(PagedPool, i);
        CHECK(object != NULL);
        CHECK(ExSizeOfRundownProtectionCacheAware() == size);
        ExWaitForRundownProtectionReleaseCacheAware(object);
        ExFreeCacheAwareRundownProtection(object);
    }
    CHECK(asked == before && asked == 1);
    return NULL;
}

static const char *memory_comes_back(unsigned unused)
{
    enum { TIMES = 1000 };
    size_t before = 0;
    (void)unused;
    for (unsigned i = 0; i < TIMES; i++) {
        PEX_RUNDOWN_REF_CACHE_AWARE object = ExAllocateCacheAwareRundownProtection(PagedPool, i);
        CHECK(object != NULL && (size_t)(void *)object % (2 * sizeof(void *)) == 0);
        ExWaitForRundownProtectionReleaseCacheAware(object);
        ExFreeCacheAwareRundownProtection(object);
        if (i == 0)
            before = mallinfo2().uordblks;
    }
    CHECK(mallinfo2().uordblks < before + TIMES * 128); /* an object has a line of 128 bytes at least */
    return NULL;
}

static const struct test tests[] = {
    {processors_change, 0, "the processors are asked for once"},
    {memory_comes_back, 0, "Free gives the memory back"},
};

const struct tests program_tests = TESTS(tests);

#else

const struct tests program_tests = {NULL, 0};

#endif
