/* What a caller gets wrong is one line that says what, and an abort. Each mistake in a child. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "contract.h"
#include "host.h"

static void *object;

#define P ((PEX_RUNDOWN_REF)object)
#define C ((PEX_RUNDOWN_REF_CACHE_AWARE)object)
#define O ((PEX_RUNDOWN_REF_POOLED)object)

/* Every routine that takes an object, and its arguments. Those that make an object come first, those that take
 * an object of a pool last. */
#define ROUTINES(ROUTINE)                                                                           \
    ROUTINE(ExInitializeRundownProtection, P)                                                       \
    ROUTINE(ExInitializeRundownProtectionCacheAware, C, ExSizeOfRundownProtectionCacheAware())      \
    ROUTINE(RundownInitializePool, object, RundownSizeOfPool(1), 1)                                 \
    ROUTINE(ExInitializeRundownProtectionCacheAwareEx, C, 0)                                        \
    ROUTINE(ExAcquireRundownProtection, P)                                                          \
    ROUTINE(ExAcquireRundownProtectionEx, P, 2)                                                     \
    ROUTINE(ExReleaseRundownProtection, P)                                                          \
    ROUTINE(ExReleaseRundownProtectionEx, P, 3)                                                     \
    ROUTINE(ExWaitForRundownProtectionRelease, P)                                                   \
    ROUTINE(ExRundownCompleted, P)                                                                  \
    ROUTINE(ExReInitializeRundownProtection, P)                                                     \
    ROUTINE(ExAcquireRundownProtectionCacheAware, C)                                                \
    ROUTINE(ExAcquireRundownProtectionCacheAwareEx, C, 2)                                           \
    ROUTINE(ExReleaseRundownProtectionCacheAware, C)                                                \
    ROUTINE(ExReleaseRundownProtectionCacheAwareEx, C, 3)                                           \
    ROUTINE(ExWaitForRundownProtectionReleaseCacheAware, C)                                         \
    ROUTINE(ExRundownCompletedCacheAware, C)                                                        \
    ROUTINE(ExReInitializeRundownProtectionCacheAware, C)                                           \
    ROUTINE(ExFreeCacheAwareRundownProtection, C)                                                   \
    ROUTINE(ExCleanupRundownProtectionCacheAware, C)                                                \
    ROUTINE(RundownTakeFromPool, (PRUNDOWN_POOL)object)                                             \
    ROUTINE(RundownGiveBackToPool, O)                                                               \
    ROUTINE(RundownAcquirePooled, O)                                                                \
    ROUTINE(RundownAcquirePooledEx, O, 2)                                                           \
    ROUTINE(RundownReleasePooled, O)                                                                \
    ROUTINE(RundownReleasePooledEx, O, 3)                                                           \
    ROUTINE(RundownWaitPooled, O)                                                                   \
    ROUTINE(RundownCompletedPooled, O)                                                              \
    ROUTINE(RundownReInitializePooled, O)

/* Each is a mistake of its own. */
#define CALL(name, ...) static void call_##name(void) { name(__VA_ARGS__); }
ROUTINES(CALL)

static const struct {
    const char *name;
    void (*call)(void);
} routines[] = {
#define ENTRY(name, ...) {#name, call_##name},
    ROUTINES(ENTRY)
};
enum { ROUTINES_COUNT = sizeof routines / sizeof routines[0], INITIALIZERS = 4, PLAIN = 7, POOLED = 8 };

/* The routine reports the object. */
#define REPORTS(name, part) DIES(call_##name, #name, object, part)

static const char *null_pointers(unsigned unused)
{
    (void)unused;
    object = NULL;
    for (int i = 0; i < ROUTINES_COUNT; i++)
        DIES(routines[i].call, routines[i].name, NULL, "the pointer is NULL. Pass the address of an object");
    return NULL;
}

static const char *not_initialised(unsigned value)
{
    SIZE_T size = ExSizeOfRundownProtectionCacheAware();
    object = test_memory(size);
    memset(object, (int)value, size);
    /* A plain object of zeros is one that is live. */
    for (int i = INITIALIZERS + (value == 0 ? PLAIN : 0); i < ROUTINES_COUNT - POOLED; i++)
        DIES(routines[i].call, routines[i].name, object, "not an initialised object of this kind. Initialise it before");
    for (int i = ROUTINES_COUNT - POOLED; i < ROUTINES_COUNT; i++)
        DIES(routines[i].call, routines[i].name, object, "not an object of a pool. Pass what RundownTakeFromPool");
    return NULL;
}

/* What has counts, but not the key, is no object that an initialiser has left. */
static const char *counts_without_a_key(unsigned unused)
{
    static const SIZE_T counts[][2] = {{2, 0}, {3, 0}, {0, 1}, {0, 2}, {EX_RUNDOWN_ACTIVE, 1}};
    static EX_RUNDOWN_REF spoilt;
    (void)unused;
    object = &spoilt;
    for (unsigned i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        spoilt.Count = counts[i][0];
        spoilt.Opaque[0] = counts[i][1];
        REPORTS(ExAcquireRundownProtection, "not an initialised object of this kind");
        REPORTS(ExReInitializeRundownProtection, "not an initialised object of this kind");
    }
    return NULL;
}

static const char *wrong_family(unsigned unused)
{
    (void)unused;
    object = test_memory(cache_aware_family.size());
    memset(object, 0xa5, cache_aware_family.size());
    plain_family.initialize(object, plain_family.size());
    REPORTS(ExAcquireRundownProtectionCacheAware, "not an initialised");
    memset(object, 0xa5, cache_aware_family.size());
    cache_aware_family.initialize(object, cache_aware_family.size());
    REPORTS(ExAcquireRundownProtection, "not an initialised");
    REPORTS(RundownTakeFromPool, "not an initialised");
    REPORTS(RundownAcquirePooled, "not an object of a pool");
    object = object_of(&pooled_family);
    REPORTS(ExAcquireRundownProtection, "misaligned");
    REPORTS(RundownTakeFromPool, "misaligned");
    object = test_memory(RundownSizeOfPool(2));
    memset(object, 0, RundownSizeOfPool(2));
    RundownInitializePool(object, RundownSizeOfPool(2), 2);
    REPORTS(ExAcquireRundownProtection, "not an initialised");
    REPORTS(ExAcquireRundownProtectionCacheAware, "not an initialised");
    REPORTS(RundownAcquirePooled, "not an object of a pool");
    return NULL;
}

static const char *misaligned(unsigned unused)
{
    SIZE_T size = cache_aware_family.size() + 8;
    unsigned char *memory = shared_memory(size);
    (void)unused;
    for (unsigned shift = 1; shift < sizeof(void *); shift++) {
        object = memory + shift;
        for (int i = 0; i < INITIALIZERS; i++)
            DIES(routines[i].call, routines[i].name, object, "misaligned. Pass an address that is a multiple of");
    }
    CHECK(untouched(memory, size));
    object = memory + 4;
    REPORTS(ExAcquireRundownProtection, "misaligned");
    return NULL;
}

static SIZE_T given;
static void initialise_given(void) { ExInitializeRundownProtectionCacheAware(C, given); }
static void initialise_given_pool(void) { RundownInitializePool(object, given, 7); }

static const char *too_small(unsigned pool)
{
    SIZE_T needed = pool ? RundownSizeOfPool(7) : ExSizeOfRundownProtectionCacheAware();
    const char *sizer = pool ? "RundownSizeOfPool" : "ExSizeOfRundownProtectionCacheAware";
    unsigned char *memory = shared_memory(needed);
    SIZE_T sizes[] = {0, 1, sizeof(void *), needed / 2, needed - 128, needed - 1};
    object = memory;
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char part[200];
        given = sizes[i];
        snprintf(part, sizeof part, "the buffer has %llu bytes, the object needs %llu. Allocate what %s returns",
                 (unsigned long long)given, (unsigned long long)needed, sizer);
        if (pool)
            DIES(initialise_given_pool, "RundownInitializePool", object, part);
        else
            DIES(initialise_given, "ExInitializeRundownProtectionCacheAware", object, part);
    }
    CHECK(untouched(memory, needed));
    free_shared_memory(memory, needed);
    return NULL;
}

static SIZE_T count_given;
static void initialise_count(void) { RundownInitializePool(object, (SIZE_T)-1, count_given); }

static const char *impossible_pool(unsigned unused)
{
    static const SIZE_T counts[] = {0, (SIZE_T)-1, (SIZE_T)-1 / 2, (SIZE_T)-1 / sizeof(void *)};
    enum { SIZE = 8192 };
    (void)unused;
    object = shared_memory(SIZE);
    for (unsigned i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        char part[100];
        count_given = counts[i];
        snprintf(part, sizeof part, "no pool has %llu objects. Ask for 1 or more",
                 (unsigned long long)counts[i]);
        DIES(initialise_count, "RundownInitializePool", object, part);
    }
    CHECK(untouched(object, SIZE));
    free_shared_memory(object, SIZE);
    return NULL;
}

/* Makes a live object of a family, with so many holds. */
static void held(const struct family *f, ULONG count)
{
    object = object_of(f);
    f->acquire_n(object, count);
}

static const char *plain_release_too_many(unsigned unused)
{
    (void)unused;
    held(&plain_family, 2);
    REPORTS(ExReleaseRundownProtectionEx, "released more than was acquired (3 released with 2 held). Release once for each acquire");
    held(&plain_family, 0);
    REPORTS(ExReleaseRundownProtection, "(1 released with 0 held)");
    ExWaitForRundownProtectionRelease(P);
    REPORTS(ExReleaseRundownProtection, "(1 released with 0 held)");
    return NULL;
}

static void release_and_wait(void)
{
    ExReleaseRundownProtectionCacheAwareEx(C, 3);
    ExWaitForRundownProtectionReleaseCacheAware(C);
}

static void release_and_wait_pooled(void)
{
    RundownReleasePooledEx(O, 3);
    RundownWaitPooled(O);
}

static const char *pooled_release_too_many(unsigned unused)
{
    const char *seen;
    (void)unused;
    held(&pooled_family, 2);
    seen = dies(release_and_wait_pooled, "RundownWaitPooled", object, "(1 released with 0 held)");
    if (seen != NULL)
        DIES(release_and_wait_pooled, "RundownReleasePooledEx", object, "(3 released with 2 held)");
    held(&pooled_family, 0);
    RundownWaitPooled(O);
    REPORTS(RundownReleasePooled, "(1 released with 0 held). Release once for each acquire that returned TRUE");
    REPORTS(RundownReleasePooledEx, "(3 released with 0 held)");
    return NULL;
}

static const char *cache_aware_release_too_many(unsigned unused)
{
    const char *seen;
    (void)unused;
    held(&cache_aware_family, 2);
    /* At the latest by the wait; with a single slot at once. */
    seen = dies(release_and_wait, "ExWaitForRundownProtectionReleaseCacheAware", object, "(1 released with 0 held)");
    if (seen != NULL)
        DIES(release_and_wait, "ExReleaseRundownProtectionCacheAwareEx", object, "(3 released with 2 held)");
    held(&cache_aware_family, 0);
    ExWaitForRundownProtectionReleaseCacheAware(C);
    REPORTS(ExReleaseRundownProtectionCacheAware, "(1 released with 0 held). Release once for each acquire that returned TRUE");
    REPORTS(ExReleaseRundownProtectionCacheAwareEx, "(3 released with 0 held)");
    return NULL;
}

static const char *not_run_down(unsigned count)
{
    char part[100];
    snprintf(part, sizeof part, "not run down (%u acquired and not released). Wait for its run-down first", count);
    held(&plain_family, count);
    if (count > 0)
        REPORTS(ExRundownCompleted, part);
    REPORTS(ExReInitializeRundownProtection, part);
    held(&pooled_family, count);
    if (count > 0)
        REPORTS(RundownCompletedPooled, part);
    REPORTS(RundownReInitializePooled, part);
    REPORTS(RundownGiveBackToPool, part);
    held(&cache_aware_family, count);
    if (count > 0)
        REPORTS(ExRundownCompletedCacheAware, part);
    REPORTS(ExReInitializeRundownProtectionCacheAware, part);
    if (count > 0)
        return NULL;
    /* Nor a second time. */
    cache_aware_family.wait(object);
    cache_aware_family.reinitialize(object);
    REPORTS(ExReInitializeRundownProtectionCacheAware, part);
    held(&plain_family, 0);
    plain_family.wait(object);
    plain_family.reinitialize(object);
    REPORTS(ExReInitializeRundownProtection, part);
    held(&pooled_family, 0);
    pooled_family.wait(object);
    pooled_family.reinitialize(object);
    REPORTS(RundownReInitializePooled, part);
    return NULL;
}

/* In the middle of a run-down: another thread waits for the holds. */
static const struct family *waited_for;
static void (*meanwhile)(void);

static void *waits(void *unused)
{
    waited_for->wait(object);
    return unused;
}

static void while_one_waits(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, waits, NULL) != 0)
        _exit(3);
    while (waited_for->acquire_n(object, 0) == TRUE)
        usleep(1000);
    meanwhile();
}

#define REPORTS_MEANWHILE(name)                                        \
    do {                                                               \
        meanwhile = call_##name;                                       \
        DIES(while_one_waits, #name, object,                           \
             "not run down (2 acquired and not released). Wait for");  \
    } while (0)

static const char *not_yet_run_down(unsigned unused)
{
    (void)unused;
    waited_for = &plain_family;
    held(waited_for, 2);
    REPORTS_MEANWHILE(ExRundownCompleted);
    REPORTS_MEANWHILE(ExReInitializeRundownProtection);
    waited_for = &cache_aware_family;
    held(waited_for, 2);
    REPORTS_MEANWHILE(ExRundownCompletedCacheAware);
    REPORTS_MEANWHILE(ExReInitializeRundownProtectionCacheAware);
    waited_for = &pooled_family;
    held(waited_for, 2);
    REPORTS_MEANWHILE(RundownCompletedPooled);
    REPORTS_MEANWHILE(RundownReInitializePooled);
    REPORTS_MEANWHILE(RundownGiveBackToPool);
    waited_for = &cache_aware_family;
#ifndef WITHOUT_ALLOCATOR
    object = ExAllocateCacheAwareRundownProtection(NonPagedPool, 0);
    CHECK(object != NULL && waited_for->acquire_n(object, 2) == TRUE);
    REPORTS_MEANWHILE(ExFreeCacheAwareRundownProtection);
#endif
    return NULL;
}

#ifndef WITHOUT_ALLOCATOR
static const char *free_too_early(unsigned count)
{
    char part[100];
    snprintf(part, sizeof part, "not run down (%u acquired and not released). Wait for its run-down first", count);
    object = ExAllocateCacheAwareRundownProtection(NonPagedPool, 0);
    CHECK(object != NULL);
    ExAcquireRundownProtectionCacheAwareEx(C, count);
    REPORTS(ExFreeCacheAwareRundownProtection, part);
    ExReleaseRundownProtectionCacheAwareEx(C, count);
    ExWaitForRundownProtectionReleaseCacheAware(C);
    ExFreeCacheAwareRundownProtection(C);
#if HOOKS == 1 /* keeps the memory */
    REPORTS(ExFreeCacheAwareRundownProtection, "its memory was freed");
#endif
    return NULL;
}
#endif

static const char *free_what_was_not_allocated(unsigned unused)
{
    (void)unused;
    held(&cache_aware_family, 0);
    ExWaitForRundownProtectionReleaseCacheAware(C);
    REPORTS(ExFreeCacheAwareRundownProtection, "in a caller's buffer. Free only what ExAllocateCacheAwareRundownProtection returned");
    return NULL;
}

static const char *give_back_twice(unsigned unused)
{
    PRUNDOWN_POOL pool = RundownInitializePool(test_memory(RundownSizeOfPool(1)), RundownSizeOfPool(1), 1);
    (void)unused;
    object = RundownTakeFromPool(pool);
    RundownWaitPooled(O);
    RundownGiveBackToPool(O);
    REPORTS(RundownGiveBackToPool, "given back already. Give each object");
    /* Somebody else has it now. */
    CHECK(RundownTakeFromPool(pool) == O);
    REPORTS(RundownGiveBackToPool, "not run down (0 acquired and not released)");
    return NULL;
}

static const struct test tests[] = {
    {null_pointers, 0, "every routine reports a NULL pointer"},
    {not_initialised, 0x00, "every routine reports an object that is not initialised, of zeros"},
    {not_initialised, 0xff, "every routine reports an object that is not initialised, of ones"},
    {not_initialised, 0xa5, "every routine reports an object that is not initialised, of a pattern"},
    {counts_without_a_key, 0, "a plain object whose key was overwritten is reported"},
    {wrong_family, 0, "an object of the other family is reported"},
    {misaligned, 0, "a misaligned object is reported"},
    {too_small, 0, "a buffer that is too small is reported and not written"},
    {too_small, 1, "a buffer that is too small for a pool is reported and not written"},
    {impossible_pool, 0, "a pool of no objects, or of more than there can be, is reported and not written"},
    {plain_release_too_many, 0, "a release too many is reported at once, plain"},
    {cache_aware_release_too_many, 0, "a release too many is reported by the wait at the latest, cache-aware"},
    {pooled_release_too_many, 0, "a release too many is reported by the wait at the latest, pooled"},
    {not_run_down, 3, "RundownCompleted, ReInitialize and GiveBack report an object that is held"},
    {not_run_down, 0, "ReInitialize and GiveBack report an object that is live"},
    {not_yet_run_down, 0, "RundownCompleted, ReInitialize, Free and GiveBack report an object that others wait for"},
#ifndef WITHOUT_ALLOCATOR
    {free_too_early, 5, "Free reports an object that is held"},
#endif
    {free_what_was_not_allocated, 0, "Free reports an object in a caller's buffer"},
    {give_back_twice, 0, "GiveBack reports an object that was given back"},
};

const struct tests misuse_tests = TESTS(tests);
