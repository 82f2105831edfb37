/* What the library for programs takes from the system itself: the number of processors, and memory. */
#include "contract.h"
#include "host.h"

#if HOOKS == 0

#include <errno.h>
#include <malloc.h>
#include <sched.h>

/* Takes the system's place: another answer each time, as when a program is moved to other processors. */
static int processors = 4;
static unsigned asked;

int sched_getaffinity(pid_t process, size_t size, cpu_set_t *set)
{
    (void)process;
    if (size > sizeof *set)
        size = sizeof *set;
    if (size < sizeof(unsigned long)) {
        errno = EINVAL;
        return -1;
    }
    CPU_ZERO_S(size, set);
    for (int i = 0; i < processors; i++)
        CPU_SET_S((size_t)i, size, set);
    asked++;
    processors = processors == 1 ? 4 : processors - 1;
    return 0;
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
    CHECK(asked == before && asked <= 1);
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
