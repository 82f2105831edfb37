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
#include <sys/mman.h>
#include <unistd.h>

/* Named by the `core` library that comes with the host's target, which is made for unwinding; nothing
 * unwinds here. A bare-metal target does not name it. */
void rust_eh_personality(void);
void rust_eh_personality(void) { abort(); }

enum { SLOTS = 3 }; /* fewer than the tests have threads */

static SIZE_T slot_count(void) { return SLOTS; }

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
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t woken = PTHREAD_COND_INITIALIZER;
static atomic_ulong sleeps;

/* Returns after one sleep, whatever woke it: the library asks again. */
static void sleep_once(const void *address, BOOLEAN (*ready)(void *context), void *context)
{
    (void)address;
    pthread_mutex_lock(&lock);
    if (!ready(context)) {
        atomic_fetch_add(&sleeps, 1);
        pthread_cond_wait(&woken, &lock);
    }
    pthread_mutex_unlock(&lock);
}

static void wake(const void *address)
{
    (void)address;
    pthread_mutex_lock(&lock);
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
    size_t page = (size_t)sysconf(_SC_PAGESIZE), at = (size_t)lacking / page * page;
    if (mprotect((void *)at, 2 * page, PROT_READ | PROT_WRITE) != 0)
        _exit(2);
    memset((void *)(size_t)lacking, 0, sizeof(void (*)(void)));
    then();
}

static EX_RUNDOWN_REF plain;
static void *buffer;

static void make_plain(void) { ExInitializeRundownProtection(&plain); }
static void make_allocated(void) { ExAllocateCacheAwareRundownProtection(PagedPool, 1); }
static void make_both(void)
{
    make_plain(); /* needs no slots */
    ExInitializeRundownProtectionCacheAware(buffer, ExSizeOfRundownProtectionCacheAware());
}

#define REPORTS_WITHOUT(name, call, routine, object)                       \
    do {                                                                   \
        lacking = &rundown_platform.name;                                  \
        then = call;                                                       \
        DIES(without, routine, object, "rundown_platform has no " #name);  \
    } while (0)

static const char *incomplete(unsigned unused)
{
    (void)unused;
    buffer = test_memory(ExSizeOfRundownProtectionCacheAware());
    REPORTS_WITHOUT(wake, make_plain, "ExInitializeRundownProtection", &plain);
    REPORTS_WITHOUT(free, make_allocated, "ExAllocateCacheAwareRundownProtection", NULL);
    REPORTS_WITHOUT(current_slot, make_both, "ExInitializeRundownProtectionCacheAware", buffer);
    REPORTS_WITHOUT(slot_count, make_both, "ExInitializeRundownProtectionCacheAware", buffer);
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
