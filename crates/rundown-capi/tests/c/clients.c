/* What code that people already have does with an object: a test for each habit, in the shape of its client.
 * Valid C11 and C++17; compiled as both. */

/* Named before the header, as files do that must not include it. */
struct _EX_RUNDOWN_REF;
struct _EX_RUNDOWN_REF_CACHE_AWARE;
typedef struct _EX_RUNDOWN_REF *GUARD_POINTER;

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#ifndef _WIN32
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif
#include "contract.h"
#include "host.h"
extern const struct tests clients_tests;
#ifdef __cplusplus
}
#endif

static void wait_and_reinitialize(GUARD_POINTER guard)
{
    ExWaitForRundownProtectionRelease(guard);
    ExReInitializeRundownProtection(guard);
}

/* A whole round of an object that is live. */
static const char *serves(PEX_RUNDOWN_REF guard)
{
    CHECK(ExAcquireRundownProtection(guard) == TRUE);
    CHECK(ExAcquireRundownProtectionEx(guard, 3) == TRUE);
    ExReleaseRundownProtectionEx(guard, 2);
    ExReleaseRundownProtectionEx(guard, 2);
    ExWaitForRundownProtectionRelease(guard);
    CHECK(ExAcquireRundownProtection(guard) == FALSE);
    ExRundownCompleted(guard);
    ExReInitializeRundownProtection(guard);
    CHECK(ExAcquireRundownProtection(guard) == TRUE);
    ExReleaseRundownProtection(guard);
    return NULL;
}

/* A library that is off until its start. */
static EX_RUNDOWN_REF off = EX_RUNDOWN_REF_INIT_RUN_DOWN;
static EX_RUNDOWN_REF off_and_waited_for = EX_RUNDOWN_REF_INIT_RUN_DOWN;
#ifndef __cplusplus
static EX_RUNDOWN_REF off_by_member = {.Count = EX_RUNDOWN_ACTIVE};
#else
static EX_RUNDOWN_REF off_by_member = {EX_RUNDOWN_ACTIVE, {0, 0}};
#endif

static const char *off_from_the_start(unsigned unused)
{
    (void)unused;
    CHECK(ExAcquireRundownProtection(&off) == FALSE && ExAcquireRundownProtectionEx(&off, 0) == FALSE);
    ExWaitForRundownProtectionRelease(&off);
    ExRundownCompleted(&off);
    CHECK(ExAcquireRundownProtection(&off) == FALSE);
    ExReInitializeRundownProtection(&off);
    /* Without a look at it before. */
    ExReInitializeRundownProtection(&off_by_member);
    wait_and_reinitialize(&off_and_waited_for);
    if (serves(&off) != NULL || serves(&off_by_member) != NULL)
        return "an object that was off does not serve";
    return serves(&off_and_waited_for);
}

/* Nobody calls Initialize: static, from calloc, and in a structure that is cleared. */
static EX_RUNDOWN_REF zeroed = {0, {0, 0}};
static EX_RUNDOWN_REF initialised = EX_RUNDOWN_REF_INIT;

struct device {
    char name[8];
    EX_RUNDOWN_REF guard;
};

static const char *zeroed_is_live(unsigned unused)
{
    struct device *device = (struct device *)calloc(1, sizeof *device);
    (void)unused;
    CHECK(device != NULL);
    /* The cleanup after an early failure. */
    ExWaitForRundownProtectionRelease(&device->guard);
    CHECK(ExAcquireRundownProtection(&device->guard) == FALSE);
    memset(device, 0, sizeof *device);
    if (serves(&device->guard) != NULL || serves(&zeroed) != NULL)
        return "a zeroed object does not serve";
    ExWaitForRundownProtectionRelease(&device->guard);
    free(device);
    return serves(&initialised);
}

/* Initialised, and disabled until the device is ready. */
static const char *completed_without_a_wait(unsigned unused)
{
    EX_RUNDOWN_REF guard;
    (void)unused;
    ExInitializeRundownProtection(&guard);
    ExRundownCompleted(&guard);
    CHECK(ExAcquireRundownProtection(&guard) == FALSE);
    ExWaitForRundownProtectionRelease(&guard);
    ExReInitializeRundownProtection(&guard);
    return serves(&guard);
}

static const char *completed_without_a_wait_cache_aware(unsigned unused)
{
    PEX_RUNDOWN_REF_CACHE_AWARE guard = (PEX_RUNDOWN_REF_CACHE_AWARE)object_of(&cache_aware_family);
    (void)unused;
    ExRundownCompletedCacheAware(guard);
    CHECK(ExAcquireRundownProtectionCacheAware(guard) == FALSE);
    ExReInitializeRundownProtectionCacheAware(guard);
    CHECK(ExAcquireRundownProtectionCacheAware(guard) == TRUE);
    ExReleaseRundownProtectionCacheAware(guard);
    return NULL;
}

#ifndef WITHOUT_ALLOCATOR
/* An error path frees what it has just allocated, and an unload path what it has enabled again. */
static const char *freed_while_live(unsigned unused)
{
    PEX_RUNDOWN_REF_CACHE_AWARE guard = ExAllocateCacheAwareRundownProtection(NonPagedPoolNxCacheAligned, 0x646e7552);
    (void)unused;
    CHECK(guard != NULL);
    ExFreeCacheAwareRundownProtection(guard);
    guard = ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, 0x646e7552);
    CHECK(guard != NULL && ExAcquireRundownProtectionCacheAware(guard) == TRUE);
    ExReleaseRundownProtectionCacheAware(guard);
    ExWaitForRundownProtectionReleaseCacheAware(guard);
    ExReInitializeRundownProtectionCacheAware(guard);
    ExFreeCacheAwareRundownProtection(guard);
    return NULL;
}

static PEX_RUNDOWN_REF_CACHE_AWARE allocated;
static void clean_allocated(void) { ExCleanupRundownProtectionCacheAware(allocated); }
#endif

/* In the caller's buffer, by the two routines of Windows 8.1. */
static PEX_RUNDOWN_REF_CACHE_AWARE buffer;
static void with_flags(void) { ExInitializeRundownProtectionCacheAwareEx(buffer, 2); }
static void clean(void) { ExCleanupRundownProtectionCacheAware(buffer); }

static const char *begun_and_cleaned_up(unsigned unused)
{
    (void)unused;
    buffer = (PEX_RUNDOWN_REF_CACHE_AWARE)test_memory(ExSizeOfRundownProtectionCacheAware());
    for (int round = 0; round < 3; round++) {
        ExInitializeRundownProtectionCacheAwareEx(buffer, 0);
        CHECK(ExAcquireRundownProtectionCacheAware(buffer) == TRUE);
        ExReleaseRundownProtectionCacheAware(buffer);
        if (round == 1)
            ExWaitForRundownProtectionReleaseCacheAware(buffer);
        ExCleanupRundownProtectionCacheAware(buffer);
        DIES(clean, "ExCleanupRundownProtectionCacheAware", buffer, "not an initialised object");
    }
    DIES(with_flags, "ExInitializeRundownProtectionCacheAwareEx", buffer, "the flags are 0x2, of which none is known. Pass 0");
    ExInitializeRundownProtectionCacheAwareEx(buffer, 0);
    CHECK(ExAcquireRundownProtectionCacheAwareEx(buffer, 2) == TRUE);
    DIES(clean, "ExCleanupRundownProtectionCacheAware", buffer, "not run down (2 acquired and not released)");
#ifndef WITHOUT_ALLOCATOR
    allocated = ExAllocateCacheAwareRundownProtection(NonPagedPool, 0);
    CHECK(allocated != NULL);
    DIES(clean_allocated, "ExCleanupRundownProtectionCacheAware", allocated, "the object was allocated. End it with ExFree");
#endif
    return NULL;
}

/* The names of older kernels. */
static const char *older_names(unsigned unused)
{
    EX_RUNDOWN_REF guard;
    PEX_RUNDOWN_REF_CACHE_AWARE aware = (PEX_RUNDOWN_REF_CACHE_AWARE)object_of(&cache_aware_family);
    (void)unused;
    ExfInitializeRundownProtection(&guard);
    CHECK(ExfAcquireRundownProtection(&guard) == TRUE && ExfAcquireRundownProtectionEx(&guard, 2) == TRUE);
    ExfReleaseRundownProtection(&guard);
    ExfReleaseRundownProtectionEx(&guard, 2);
    ExfWaitForRundownProtectionRelease(&guard);
    ExfRundownCompleted(&guard);
    ExfReInitializeRundownProtection(&guard);
    CHECK(ExfAcquireRundownProtectionCacheAware(aware) == TRUE);
    CHECK(ExfAcquireRundownProtectionCacheAwareEx(aware, 2) == TRUE);
    ExfReleaseRundownProtectionCacheAware(aware);
    ExfReleaseRundownProtectionCacheAwareEx(aware, 2);
    ExfWaitForRundownProtectionReleaseCacheAware(aware);
    ExfRundownCompletedCacheAware(aware);
    ExfReInitializeRundownProtectionCacheAware(aware);
    return serves(&guard);
}

/* A structure is assigned, or its memory grows and moves. */
static EX_RUNDOWN_REF copied;
static void use_copied(void) { ExReleaseRundownProtection(&copied); }

static const char *moved(unsigned unused)
{
    EX_RUNDOWN_REF guard = EX_RUNDOWN_REF_INIT;
    SIZE_T size = ExSizeOfRundownProtectionCacheAware();
    (void)unused;
    CHECK(ExAcquireRundownProtection(&guard) == TRUE);
    copied = guard;
    DIES(use_copied, "ExReleaseRundownProtection", &copied, "it was copied or moved");
    buffer = (PEX_RUNDOWN_REF_CACHE_AWARE)test_memory(size + 256);
    ExInitializeRundownProtectionCacheAware(buffer, size);
    memmove((char *)(void *)buffer + 128, buffer, size);
    buffer = (PEX_RUNDOWN_REF_CACHE_AWARE)((char *)(void *)buffer + 128);
    DIES(clean, "ExCleanupRundownProtectionCacheAware", buffer, "it was copied or moved");
    return NULL;
}

#ifndef _WIN32
/* A child has objects of its own, with the holds that they had. */
static const char *forked(unsigned unused)
{
    EX_RUNDOWN_REF guard = EX_RUNDOWN_REF_INIT;
    PEX_RUNDOWN_REF_CACHE_AWARE aware = (PEX_RUNDOWN_REF_CACHE_AWARE)object_of(&cache_aware_family);
    int status;
    pid_t child;
    (void)unused;
    CHECK(ExAcquireRundownProtection(&guard) == TRUE && ExAcquireRundownProtectionCacheAware(aware) == TRUE);
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        alarm(20);
        ExReleaseRundownProtection(&guard);
        ExReleaseRundownProtectionCacheAware(aware);
        ExWaitForRundownProtectionReleaseCacheAware(aware);
        _exit(serves(&guard) == NULL ? 7 : 1);
    }
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 7);
    ExReleaseRundownProtection(&guard);
    ExReleaseRundownProtectionCacheAware(aware);
    ExWaitForRundownProtectionReleaseCacheAware(aware);
    return serves(&guard);
}
#endif

/* Many come at once to an object that nobody has called a routine for; it is off in every second round, until its
 * owner turns it on in the middle of their tries. No hold may be lost. */
enum { USERS = 3, ROUNDS = 3000 };
static EX_RUNDOWN_REF fresh[ROUNDS];
static int furthest; /* the last round that somebody has come to */

static void *uses_all(void *unused)
{
    for (int round = 0; round < ROUNDS; round++) {
        __atomic_store_n(&furthest, round, __ATOMIC_RELAXED);
        for (int tries = 1; ExAcquireRundownProtection(&fresh[round]) == FALSE; tries++)
            if (tries % 4096 == 0)
                sched_yield();
        ExReleaseRundownProtection(&fresh[round]);
    }
    return unused;
}

static const char *first_calls_at_once(unsigned unused)
{
    pthread_t users[USERS];
    (void)unused;
    for (int round = 1; round < ROUNDS; round += 2)
        fresh[round].Count = EX_RUNDOWN_ACTIVE;
    for (int user = 0; user < USERS; user++)
        CHECK(pthread_create(&users[user], NULL, uses_all, NULL) == 0);
    for (int round = 1; round < ROUNDS; round += 2) {
        while (__atomic_load_n(&furthest, __ATOMIC_RELAXED) < round)
            ;
        ExReInitializeRundownProtection(&fresh[round]);
    }
    for (int user = 0; user < USERS; user++)
        CHECK(pthread_join(users[user], NULL) == 0);
    for (int round = 0; round < ROUNDS; round++)
        ExWaitForRundownProtectionRelease(&fresh[round]);
    return NULL;
}

#if defined(__linux__) && defined(__x86_64__)
/* The same, to the instruction: the processor traps after each one of ReInitialize (flag TF), and there somebody tries
 * to get in. Linux clears the flag for the handler. What pushes it calls others, so that it has nothing below its stack
 * pointer (System V ABI, x86-64 supplement, "The Stack Frame": the red zone is for leaf functions). */
static EX_RUNDOWN_REF stepped;
static volatile sig_atomic_t steps, granted;

static void try_here(int signal_number)
{
    (void)signal_number;
    steps = steps + 1;
    if (granted == 0 && ExAcquireRundownProtection(&stepped) == TRUE)
        granted = steps;
}

static const char *turned_on_step_by_step(unsigned unused)
{
    struct sigaction step, before;
    (void)unused;
    memset(&step, 0, sizeof step);
    step.sa_handler = try_here;
    CHECK(sigaction(SIGTRAP, &step, &before) == 0);
    stepped.Count = EX_RUNDOWN_ACTIVE;
    __asm__ volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq" ::: "cc", "memory");
    ExReInitializeRundownProtection(&stepped);
    __asm__ volatile("pushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq" ::: "cc", "memory");
    CHECK(sigaction(SIGTRAP, &before, NULL) == 0);
    CHECK(granted > 10 && steps > granted);
    ExReleaseRundownProtection(&stepped);
    ExWaitForRundownProtectionRelease(&stepped);
    return NULL;
}
#endif

static const struct test tests[] = {
    {off_from_the_start, 0, "an object that is static and off is turned on by ReInitialize"},
    {zeroed_is_live, 0, "a zeroed object is live"},
    {completed_without_a_wait, 0, "RundownCompleted turns off an object that nobody holds, plain"},
    {completed_without_a_wait_cache_aware, 0, "RundownCompleted turns off an object that nobody holds, cache-aware"},
#ifndef WITHOUT_ALLOCATOR
    {freed_while_live, 0, "an error path frees an object that nobody ran down"},
#endif
    {begun_and_cleaned_up, 0, "InitializeEx begins an object in a buffer, and Cleanup ends it"},
    {older_names, 0, "the names of older kernels are the same routines"},
    {moved, 0, "an object that was copied or moved is reported"},
#ifndef _WIN32
    {forked, 0, "a child process goes on with objects of its own"},
#endif
#if defined(__linux__) && defined(__x86_64__)
    {turned_on_step_by_step, 0, "a hold that is granted while the object is turned on is not lost, at any instruction"},
#endif
    {first_calls_at_once, 0, "many first calls at once lose no hold, also while the object is turned on"},
};

const struct tests clients_tests = TESTS(tests);
