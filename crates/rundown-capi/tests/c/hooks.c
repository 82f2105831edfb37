/* A platform in C, for the library without feature `std`, and the tests of it.
 *
 * HOOKS 0: the library for programs, no platform.
 * HOOKS 1: everything there is.
 * HOOKS 2: as little as possible; waiting spins, and there is no allocator. */
#include "contract.h"
#include "host.h"

#if HOOKS != 1
const struct tests hooks_tests = {NULL, 0};
#endif

#if HOOKS != 0

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Named by the `core` library that comes with the host's target, which is made for unwinding; nothing
 * unwinds here. A bare-metal target does not name it. */
void rust_eh_personality(void);
void rust_eh_personality(void) { abort(); }

enum { SLOTS = 3 }; /* fewer than the tests have threads */

static SIZE_T slots = SLOTS;
static unsigned asked; /* how often slot_count was */

static SIZE_T slot_count(void)
{
    asked++;
    return slots;
}

/* Another one each time, and beyond the number of slots: any answer is correct. */
static SIZE_T current_slot(void)
{
    static atomic_uint next;
    return atomic_fetch_add_explicit(&next, 1, memory_order_relaxed);
}

static void fatal(const char *message)
{
    size_t length = 0;
    while (message[length] != 0)
        length++;
    if (write(STDERR_FILENO, message, length) < 0)
        _exit(1);
    abort();
}

#if HOOKS == 1

static POOL_TYPE last_pool;
static ULONG last_tag, freed_tag;
static SIZE_T last_size, freed_size;
static void *last_memory, *freed_memory;
static int no_memory;
static void *when_freed; /* a copy of the memory as it was then */

static void *allocate(POOL_TYPE pool, SIZE_T size, ULONG tag)
{
    last_pool = pool;
    last_size = size;
    last_tag = tag;
    last_memory = no_memory ? NULL : malloc(size);
    return last_memory;
}

/* Keeps the memory, so that a second free can be tested. */
static void keep(void *memory, SIZE_T size, ULONG tag)
{
    freed_memory = memory;
    freed_size = size;
    freed_tag = tag;
    free(when_freed);
    when_freed = malloc(size);
    if (when_freed != NULL)
        memcpy(when_freed, memory, size);
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t woken = PTHREAD_COND_INITIALIZER;
static atomic_ulong sleeps;
static const void *slept_at, *woken_at; /* the last, under the lock */

/* Returns after one sleep, whatever woke it: the library asks again. */
static void sleep_once(const void *address, BOOLEAN (*ready)(void *context), void *context)
{
    pthread_mutex_lock(&lock);
    if (!ready(context)) {
        slept_at = address;
        atomic_fetch_add(&sleeps, 1);
        pthread_cond_wait(&woken, &lock);
    }
    pthread_mutex_unlock(&lock);
}

static void wake(const void *address)
{
    pthread_mutex_lock(&lock);
    woken_at = address;
    pthread_cond_broadcast(&woken);
    pthread_mutex_unlock(&lock);
}

const RUNDOWN_PLATFORM rundown_platform = {
    .slot_count = slot_count,
    .current_slot = current_slot,
    .allocate = allocate,
    .free = keep,
    .wait = sleep_once,
    .wake = wake,
    .fatal = fatal,
};

static const char *allocator(unsigned unused)
{
    PEX_RUNDOWN_REF_CACHE_AWARE object = ExAllocateCacheAwareRundownProtection(PagedPool, 0x12345678);
    (void)unused;
    CHECK(object != NULL && (void *)object == last_memory);
    CHECK(last_pool == PagedPool && last_tag == 0x12345678);
    CHECK(last_size == ExSizeOfRundownProtectionCacheAware());
    ExWaitForRundownProtectionReleaseCacheAware(object);
    ExFreeCacheAwareRundownProtection(object);
    CHECK(freed_memory == last_memory && freed_size == last_size && freed_tag == last_tag);
    CHECK(when_freed != NULL && memcmp(when_freed, freed_memory, freed_size) == 0); /* not touched any more */
    return NULL;
}

/* Uses a live object of the cache-aware family, and runs it down. */
static const char *used(PEX_RUNDOWN_REF_CACHE_AWARE object)
{
    for (SIZE_T i = 0; i < 2 * SLOTS; i++)
        CHECK(ExAcquireRundownProtectionCacheAware(object) == TRUE);
    ExReleaseRundownProtectionCacheAwareEx(object, 2 * SLOTS);
    ExWaitForRundownProtectionReleaseCacheAware(object);
    CHECK(ExAcquireRundownProtectionCacheAware(object) == FALSE);
    ExRundownCompletedCacheAware(object);
    ExReInitializeRundownProtectionCacheAware(object);
    CHECK(ExAcquireRundownProtectionCacheAware(object) == TRUE);
    ExReleaseRundownProtectionCacheAware(object);
    ExWaitForRundownProtectionReleaseCacheAware(object);
    return NULL;
}

/* An object keeps the number of slots that it was made with, whatever the kernel says later. */
static const char *slots_change(unsigned unused)
{
    static const SIZE_T others[] = {1, 2, SLOTS - 1, SLOTS + 1, 64};
    (void)unused;
    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++) {
        PEX_RUNDOWN_REF_CACHE_AWARE allocated, given;
        const char *seen;
        SIZE_T size, made;
        unsigned before = asked;
        allocated = ExAllocateCacheAwareRundownProtection(PagedPool, i);
        CHECK(allocated != NULL && asked == before + 1);
        made = last_size;
        size = ExSizeOfRundownProtectionCacheAware();
        given = test_memory(size);
        ExInitializeRundownProtectionCacheAware(given, size);
        CHECK(size == made && asked == before + 3);
        slots = others[i];
        seen = used(allocated);
        if (seen == NULL)
            seen = used(given);
        if (seen == NULL)
            ExFreeCacheAwareRundownProtection(allocated);
        slots = SLOTS;
        if (seen != NULL)
            return seen;
        CHECK(asked == before + 3);
        CHECK(freed_memory == (void *)allocated && freed_size == made && freed_tag == i);
    }
    return NULL;
}

/* A pool as well, and its objects. */
static const char *slots_of_a_pool_change(unsigned unused)
{
    static const SIZE_T others[] = {1, 2, SLOTS - 1, SLOTS + 1, 64};
    (void)unused;
    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++) {
        unsigned before = asked;
        SIZE_T size = RundownSizeOfPool(2);
        PRUNDOWN_POOL pool = RundownInitializePool(test_memory(size), size, 2);
        CHECK(asked == before + 2);
        slots = others[i];
        for (unsigned object = 0; object < 10; object++) {
            PEX_RUNDOWN_REF_POOLED one = RundownTakeFromPool(pool);
            for (SIZE_T hold = 0; hold < 2 * SLOTS; hold++)
                CHECK(RundownAcquirePooled(one) == TRUE);
            RundownReleasePooledEx(one, 2 * SLOTS);
            RundownWaitPooled(one);
            RundownGiveBackToPool(one);
        }
        slots = SLOTS;
        CHECK(asked == before + 2);
    }
    return NULL;
}

/* Any number of slots makes an object, also none and more than there can be. */
static const char *slots_at_the_limits(unsigned unused)
{
    static const SIZE_T most = sizeof(void *) > 4 ? 65536 : 256;
    const struct { SIZE_T answer, meant; } cases[] = {
        {0, 1}, {1, 1}, {most - 1, most - 1}, {most, most}, {most + 1, most}, {(SIZE_T)-1, most},
    };
    (void)unused;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        PEX_RUNDOWN_REF_CACHE_AWARE object;
        const char *seen;
        SIZE_T size;
        slots = cases[i].meant;
        size = ExSizeOfRundownProtectionCacheAware();
        /* A line a slot, and not quite three for all. */
        CHECK(size == 128 * (cases[i].meant + 3) - sizeof(void *));
        slots = cases[i].answer;
        CHECK(ExSizeOfRundownProtectionCacheAware() == size);
        object = ExAllocateCacheAwareRundownProtection(NonPagedPool, 7);
        slots = SLOTS;
        CHECK(object != NULL && last_size == size);
        seen = used(object);
        if (seen != NULL)
            return seen;
        ExFreeCacheAwareRundownProtection(object);
        CHECK(freed_size == size);
        free(freed_memory);
    }
    return NULL;
}

static void *waits(void *object)
{
    ExWaitForRundownProtectionRelease((PEX_RUNDOWN_REF)object);
    return NULL;
}

/* Who waits sleeps at the address that the last release wakes, and that lies in the object. */
static const char *one_address(unsigned unused)
{
    static EX_RUNDOWN_REF object;
    unsigned long before = atomic_load(&sleeps);
    pthread_t thread;
    (void)unused;
    ExInitializeRundownProtection(&object);
    CHECK(ExAcquireRundownProtection(&object) == TRUE);
    CHECK(pthread_create(&thread, NULL, waits, &object) == 0);
    while (atomic_load(&sleeps) == before)
        usleep(1000);
    pthread_mutex_lock(&lock);
    woken_at = NULL;
    pthread_mutex_unlock(&lock);
    ExReleaseRundownProtection(&object);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(slept_at == woken_at);
    CHECK((const char *)woken_at >= (const char *)&object && (const char *)woken_at < (const char *)(&object + 1));
    return NULL;
}

static const char *nothing_left(unsigned unused)
{
    (void)unused;
    no_memory = 1;
    CHECK(ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, 1) == NULL);
    no_memory = 0;
    return NULL;
}

/* What the platform lacks is noticed before an object depends on it: not a wait without an end. */

static const void *lacking;
static void (*then)(void);

static void without(void)
{
    if (!make_writable(lacking, sizeof(void (*)(void))))
        _exit(2);
    memset((void *)(size_t)lacking, 0, sizeof(void (*)(void)));
    then();
}

static PEX_RUNDOWN_REF plain;
static void *buffer;

static void make_plain(void) { ExInitializeRundownProtection(plain); }
static void make_allocated(void) { ExAllocateCacheAwareRundownProtection(PagedPool, 1); }
static void make_both(void)
{
    EX_RUNDOWN_REF other;
    ExInitializeRundownProtection(&other); /* needs no slots */
    ExInitializeRundownProtectionCacheAware(buffer, ExSizeOfRundownProtectionCacheAware());
}

static void make_pool(void) { RundownInitializePool(buffer, RundownSizeOfPool(1), 1); }

#define REPORTS_WITHOUT(name, call, routine, object)                       \
    do {                                                                   \
        lacking = &rundown_platform.name;                                  \
        then = call;                                                       \
        DIES(without, routine, object, "rundown_platform has no " #name);  \
    } while (0)

static const char *incomplete(unsigned unused)
{
    SIZE_T size = RundownSizeOfPool(1); /* more than of a cache-aware one */
    unsigned char *shared = shared_memory(sizeof *plain + size);
    (void)unused;
    CHECK(size >= ExSizeOfRundownProtectionCacheAware());
    plain = (PEX_RUNDOWN_REF)(void *)shared;
    buffer = shared + sizeof *plain;
    REPORTS_WITHOUT(wake, make_plain, "ExInitializeRundownProtection", plain);
    CHECK(untouched(shared, sizeof *plain));
    REPORTS_WITHOUT(free, make_allocated, "ExAllocateCacheAwareRundownProtection", NULL);
    REPORTS_WITHOUT(current_slot, make_both, "ExInitializeRundownProtectionCacheAware", buffer);
    REPORTS_WITHOUT(slot_count, make_both, "ExInitializeRundownProtectionCacheAware", buffer);
    REPORTS_WITHOUT(wake, make_pool, "RundownInitializePool", buffer);
    REPORTS_WITHOUT(current_slot, make_pool, "RundownInitializePool", buffer);
    REPORTS_WITHOUT(slot_count, make_pool, "RundownInitializePool", buffer);
    CHECK(untouched(buffer, size));
    return NULL;
}

static const char *waiters_slept(unsigned unused)
{
    (void)unused;
    CHECK(atomic_load(&sleeps) > 0); /* in the tests before */
    return NULL;
}

static const struct test tests[] = {
    {allocator, 0, "the allocator gets pool, size and tag, and Free hands them back"},
    {slots_change, 0, "an object keeps its slots when the kernel's answer changes, and nobody asks again"},
    {slots_of_a_pool_change, 0, "so do the objects of a pool"},
    {slots_at_the_limits, 0, "any number of slots is taken for the nearest that is possible"},
    {one_address, 0, "a waiter sleeps at the address that is woken"},
    {nothing_left, 0, "without memory Allocate returns NULL"},
    {incomplete, 0, "a platform that lacks a function is reported"},
    {waiters_slept, 0, "waiting sleeps in the kernel's own way"},
};

const struct tests hooks_tests = TESTS(tests);

#else

const RUNDOWN_PLATFORM rundown_platform = {
    .slot_count = slot_count,
    .current_slot = current_slot,
    .fatal = fatal,
};

#endif
#endif
