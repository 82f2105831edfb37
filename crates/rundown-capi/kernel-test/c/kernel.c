/* What a C kernel does: it provides the platform, and uses run-down protection on all its cores. */
#include <stdatomic.h>

#include "contract.h"

/* From the machine, in tests/capi.rs. */
SIZE_T machine_core_count(void);
SIZE_T machine_this_core(void);
void *machine_allocate(POOL_TYPE pool, SIZE_T size, ULONG tag);
void machine_free(void *memory, SIZE_T size, ULONG tag);
void machine_wait(const void *address, BOOLEAN (*ready)(void *context), void *context);
void machine_wake(const void *address);
void machine_fatal(const char *message);

const RUNDOWN_PLATFORM rundown_platform = {
    .slot_count = machine_core_count,
    .current_slot = machine_this_core,
    .allocate = machine_allocate,
    .free = machine_free,
    .wait = machine_wait,
    .wake = machine_wake,
    .fatal = machine_fatal,
};

void *test_memory(SIZE_T size) { return machine_allocate(NonPagedPoolNx, size, 0); }

enum { MOST_CORES = 512, PAIRS = 20000 };

/* One core's counts, on a line of its own, and its inbox: a hold that another core took. */
static struct {
    _Alignas(128) unsigned long granted, released, poisoned, refused;
    _Alignas(128) atomic_int inbox;
} cores[MOST_CORES];

static PEX_RUNDOWN_REF_CACHE_AWARE object;
static unsigned long payload; /* not atomic: run-down protection keeps the owner away from the users */
static atomic_uint busy;

enum { ALIVE = 0x600d, POISON = 0xdead };

/* Makes the object, or makes it live again. */
const char *kernel_prepare(void)
{
    CHECK(machine_core_count() <= MOST_CORES);
    if (object == NULL)
        object = ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, 0x4e525543);
    else
        ExReInitializeRundownProtectionCacheAware(object);
    CHECK(object != NULL);
    for (SIZE_T i = 0; i < machine_core_count(); i++) {
        cores[i].granted = cores[i].released = cores[i].poisoned = cores[i].refused = 0;
        CHECK(atomic_load(&cores[i].inbox) == 0);
    }
    payload = ALIVE;
    atomic_store(&busy, 0);
    return NULL;
}

static void release(SIZE_T core)
{
    ExReleaseRundownProtectionCacheAware(object);
    cores[core].released++;
}

/* Uses the object. Every 32nd hold goes to the next core, which gives it back. FALSE: refused. */
static BOOLEAN use(SIZE_T core)
{
    SIZE_T next = (core + 1) % machine_core_count();
    int empty = 0;
    if (!ExAcquireRundownProtectionCacheAware(object)) {
        cores[core].refused++;
        return FALSE;
    }
    if (payload != ALIVE)
        cores[core].poisoned++;
    cores[core].granted++;
    if (cores[core].granted % 32 != 0 || !atomic_compare_exchange_strong(&cores[next].inbox, &empty, 1))
        release(core);
    if (atomic_exchange(&cores[core].inbox, 0))
        release(core);
    return TRUE;
}

static BOOLEAN all_busy(void *unused)
{
    (void)unused;
    return atomic_load(&busy) == machine_core_count();
}

/* Runs on every core at once. Core 0 is the owner: it runs the object down in the middle. */
void kernel_work(SIZE_T core)
{
    for (unsigned i = 0; i < PAIRS; i++)
        use(core);
    atomic_fetch_add(&busy, 1);
    machine_wake((void *)&busy);
    if (core == 0) {
        machine_wait((void *)&busy, all_busy, NULL);
        /* Core 0's own holds: what waits for the next core may be taken back by anyone. */
        if (atomic_exchange(&cores[1 % machine_core_count()].inbox, 0))
            release(core);
        ExWaitForRundownProtectionReleaseCacheAware(object);
        payload = POISON;
        use(core);
        return;
    }
    while (use(core))
        ;
    if (atomic_exchange(&cores[(core + 1) % machine_core_count()].inbox, 0))
        release(core);
    if (atomic_exchange(&cores[core].inbox, 0))
        release(core);
}

/* What all cores have counted must agree. */
const char *kernel_check(void)
{
    unsigned long granted = 0, released = 0;
    for (SIZE_T i = 0; i < machine_core_count(); i++) {
        CHECK(cores[i].granted >= PAIRS);
        CHECK(cores[i].refused == 1);
        CHECK(cores[i].poisoned == 0);
        granted += cores[i].granted;
        released += cores[i].released;
    }
    CHECK(granted == released);
    CHECK(payload == POISON);
    ExRundownCompletedCacheAware(object);
    CHECK(ExAcquireRundownProtectionCacheAware(object) == FALSE);
    return NULL;
}

/* The hold of one core is released by another, which ends the wait of core 0. */
static EX_RUNDOWN_REF handed_over;
static atomic_int held_still;

const char *kernel_take(void)
{
    ExInitializeRundownProtection(&handed_over);
    CHECK(ExAcquireRundownProtectionEx(&handed_over, 2) == TRUE);
    ExReleaseRundownProtection(&handed_over);
    atomic_store(&held_still, 1);
    return NULL;
}

static BOOLEAN refused(void *unused)
{
    (void)unused;
    return !ExAcquireRundownProtectionEx(&handed_over, 0);
}

/* On the last core: waits until core 0 has begun to wait, and releases. */
void kernel_release(void)
{
    while (!refused(NULL))
        ;
    atomic_store(&held_still, 0);
    ExReleaseRundownProtection(&handed_over);
}

/* On core 0. */
const char *kernel_wait(void)
{
    ExWaitForRundownProtectionRelease(&handed_over);
    CHECK(atomic_load(&held_still) == 0);
    ExRundownCompleted(&handed_over);
    return NULL;
}

/* Does not return: what the machine prints is checked by machine_fatal. */
void kernel_release_too_many(void)
{
    ExInitializeRundownProtection(&handed_over);
    ExReleaseRundownProtectionEx(&handed_over, 2);
}
