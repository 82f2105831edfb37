/* A program for race detectors: correct in its modes `rounds` and `pool`, wrong in all others. Valid C11 and C++17.
 *
 * usage: races MODE FAMILY LIVES ROUNDS
 *
 * What is protected is ordered by run-down protection alone: threads meet in no other way unless it says so. No
 * atomics, as helgrind and drd do not know them. */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rundown.h"

enum { USERS = 8 };

/* A family's routines, on objects behind a plain pointer. `life`: objects begin in one way, and then in another. */
struct family {
    const char *name;
    void *(*create)(unsigned life);
    BOOLEAN (*acquire)(void *object);
    BOOLEAN (*acquire_n)(void *object, ULONG count);
    void (*release)(void *object);
    void (*release_n)(void *object, ULONG count);
    void (*wait)(void *object);
    void (*completed)(void *object);
    void (*reinitialize)(void *object);
    void (*end)(void *object, unsigned life);
};

static const struct family *f;

static void *memory_of(size_t size)
{
    void *memory = malloc(size);
    if (memory == NULL)
        abort();
    memset(memory, 0, size);
    return memory;
}

/* Frees memory after a last write that no compiler leaves out. */
static void spoil_and_free(void *memory, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((volatile unsigned char *)memory)[i] = 0xdd;
    free(memory);
}

/* How objects begin and end. Their memory is written to before and afterwards. */

static void *plain_create(unsigned life)
{
    PEX_RUNDOWN_REF object = (PEX_RUNDOWN_REF)memory_of(sizeof *object);
    if (life % 2 == 0) /* else it is live by its zeros */
        ExInitializeRundownProtection(object);
    return object;
}

static void plain_end(void *object, unsigned life)
{
    if (life % 2 == 0)
        ExWaitForRundownProtectionRelease((PEX_RUNDOWN_REF)object);
    else
        ExRundownCompleted((PEX_RUNDOWN_REF)object);
    spoil_and_free(object, sizeof(EX_RUNDOWN_REF));
}

static void *cache_aware_create(unsigned life)
{
    SIZE_T size = ExSizeOfRundownProtectionCacheAware();
    PEX_RUNDOWN_REF_CACHE_AWARE object;
    if (life % 3 == 0)
        return ExAllocateCacheAwareRundownProtection(NonPagedPool, 0);
    object = (PEX_RUNDOWN_REF_CACHE_AWARE)memory_of(size);
    if (life % 3 == 1)
        ExInitializeRundownProtectionCacheAware(object, size);
    else
        ExInitializeRundownProtectionCacheAwareEx(object, 0);
    return object;
}

static void cache_aware_end(void *object, unsigned life)
{
    PEX_RUNDOWN_REF_CACHE_AWARE cache_aware = (PEX_RUNDOWN_REF_CACHE_AWARE)object;
    if (life % 3 == 0) {
        ExFreeCacheAwareRundownProtection(cache_aware);
        return;
    }
    ExCleanupRundownProtectionCacheAware(cache_aware);
    spoil_and_free(object, ExSizeOfRundownProtectionCacheAware());
}

enum { POOL = 3 };
static PRUNDOWN_POOL pool;

static void *pooled_create(unsigned life)
{
    SIZE_T size = RundownSizeOfPool(POOL);
    (void)life;
    pool = RundownInitializePool(memory_of(size), size, POOL);
    return RundownTakeFromPool(pool);
}

static void pooled_end(void *object, unsigned life)
{
    (void)life;
    RundownWaitPooled((PEX_RUNDOWN_REF_POOLED)object);
    RundownGiveBackToPool((PEX_RUNDOWN_REF_POOLED)object);
    spoil_and_free(pool, RundownSizeOfPool(POOL));
}

#define FAMILY(prefix, text, POINTER, ACQUIRE, RELEASE, WAIT, COMPLETED, REINITIALIZE)                             \
    static BOOLEAN prefix##_acquire(void *object) { return ACQUIRE((POINTER)object); }                             \
    static BOOLEAN prefix##_acquire_n(void *object, ULONG count) { return ACQUIRE##Ex((POINTER)object, count); }   \
    static void prefix##_release(void *object) { RELEASE((POINTER)object); }                                       \
    static void prefix##_release_n(void *object, ULONG count) { RELEASE##Ex((POINTER)object, count); }             \
    static void prefix##_wait(void *object) { WAIT((POINTER)object); }                                             \
    static void prefix##_completed(void *object) { COMPLETED((POINTER)object); }                                   \
    static void prefix##_reinitialize(void *object) { REINITIALIZE((POINTER)object); }                             \
    static const struct family prefix##_family = {                                                                 \
        text, prefix##_create, prefix##_acquire, prefix##_acquire_n, prefix##_release, prefix##_release_n,         \
        prefix##_wait, prefix##_completed, prefix##_reinitialize, prefix##_end,                                    \
    };

FAMILY(plain, "plain", PEX_RUNDOWN_REF, ExfAcquireRundownProtection, ExReleaseRundownProtection,
       ExWaitForRundownProtectionRelease, ExRundownCompleted, ExReInitializeRundownProtection)
FAMILY(cache_aware, "cache-aware", PEX_RUNDOWN_REF_CACHE_AWARE, ExAcquireRundownProtectionCacheAware,
       ExReleaseRundownProtectionCacheAware, ExWaitForRundownProtectionReleaseCacheAware,
       ExRundownCompletedCacheAware, ExReInitializeRundownProtectionCacheAware)
FAMILY(pooled, "pooled", PEX_RUNDOWN_REF_POOLED, RundownAcquirePooled, RundownReleasePooled, RundownWaitPooled,
       RundownCompletedPooled, RundownReInitializePooled)

static void start(pthread_t *thread, void *(*run)(void *), void *argument)
{
    if (pthread_create(thread, NULL, run, argument) != 0)
        abort();
}

/* Lets others run; valgrind would go on with a thread that only yields. */
static void pause_a_little(void)
{
    struct timespec time = {0, 20000};
    nanosleep(&time, NULL);
}

static void not_so(const char *what)
{
    printf("races: %s\n", what);
    abort();
}

/* Mode `rounds`: eight users, and an owner that frees what they use and gives them something new. */

struct device {
    unsigned round;
    int last;
    unsigned long uses[USERS];
};

static void *object;
static struct device *device; /* protected by the object, as is what it points to */
static unsigned first_round;
static sem_t used;

/* Uses the device of each round once at least. */
static void *user(void *argument)
{
    unsigned self = *(unsigned *)argument, next = first_round, uses = 0;
    for (int last = 0; !last;) {
        ULONG count = 1 + next % 2;
        if (!(count == 1 ? f->acquire(object) : f->acquire_n(object, count))) {
            pause_a_little();
            uses = 0;
            continue;
        }
        if (device->round == next) {
            next++;
            last = device->last;
            sem_post(&used); /* orders what is above, and nothing below */
        }
        device->uses[self]++;
        if (count == 1)
            f->release(object);
        else
            f->release_n(object, count);
        if (++uses > 4) /* busy enough */
            pause_a_little();
    }
    return NULL;
}

static void new_device(unsigned round, int last)
{
    device = (struct device *)memory_of(sizeof *device);
    device->round = round;
    device->last = last;
}

static void free_device(void)
{
    for (unsigned i = 0; i < USERS; i++)
        if (device->uses[i] == 0)
            not_so("a user was not there");
    spoil_and_free(device, sizeof *device);
}

/* Another one that waits: what holders did comes before every wait's return. */
static void *waiter(void *unused)
{
    (void)unused;
    f->wait(object);
    for (unsigned i = 0; i < USERS; i++)
        if (device->uses[i] == 0)
            not_so("a wait has returned too early");
    return NULL;
}

static void life(unsigned number, unsigned rounds)
{
    static unsigned names[USERS];
    pthread_t users[USERS], other;
    first_round = number * rounds;
    new_device(first_round, rounds == 1);
    object = f->create(number);
    for (unsigned i = 0; i < USERS; i++) {
        names[i] = i;
        start(&users[i], user, &names[i]);
    }
    for (unsigned round = 1;; round++) {
        for (unsigned i = 0; i < USERS; i++)
            while (sem_wait(&used) != 0)
                ;
        if (round == rounds)
            break;
        f->wait(object);
        free_device();
        new_device(first_round + round, round + 1 == rounds);
        f->reinitialize(object);
    }
    start(&other, waiter, NULL);
    f->wait(object);
    pthread_join(other, NULL);
    free_device();
    f->completed(object);
    f->end(object, number);
    /* Only now: no user has come back to the object since its last release. */
    for (unsigned i = 0; i < USERS; i++)
        pthread_join(users[i], NULL);
}

static void rounds(unsigned lives, unsigned rounds_of_each)
{
    sem_init(&used, 0, 0);
    for (unsigned i = 0; i < lives; i++)
        life(i, rounds_of_each);
}

/* Mode `pool`: what was done with an object before it was given back happens before it is taken again. */

static unsigned long kept;

static void *taker(void *argument)
{
    for (unsigned round = 0; round < *(unsigned *)argument;) {
        PEX_RUNDOWN_REF_POOLED mine = RundownTakeFromPool(pool);
        if (mine == NULL) {
            pause_a_little();
            continue;
        }
        kept++;
        round++;
        RundownWaitPooled(mine);
        RundownGiveBackToPool(mine);
    }
    return NULL;
}

static void take_and_give_back(unsigned rounds_of_each)
{
    pthread_t threads[2];
    SIZE_T size = RundownSizeOfPool(1);
    pool = RundownInitializePool(memory_of(size), size, 1);
    for (int i = 0; i < 2; i++)
        start(&threads[i], taker, &rounds_of_each);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    if (kept != 2 * (unsigned long)rounds_of_each)
        not_so("an object was taken twice");
    free(pool);
}

/* The wrong modes. What is wrong comes at its time every time, without an order that a detector would see: whoever is
 * second looks at a gate until it refuses, and a refused acquire orders nothing. */

static EX_RUNDOWN_REF gate = EX_RUNDOWN_REF_INIT;
static unsigned long shared;

static void open_gate(void)
{
    ExWaitForRundownProtectionRelease(&gate);
}

static void wait_at_gate(void)
{
    while (ExAcquireRundownProtection(&gate)) {
        ExReleaseRundownProtection(&gate);
        pause_a_little();
    }
}

static void hold(void)
{
    if (!f->acquire(object))
        not_so("a live object refuses");
}

static void *releases_too_early(void *unused)
{
    (void)unused;
    hold();
    f->release(object);
    shared++;
    open_gate();
    return NULL;
}

/* The first holder has released before the second acquires; nothing says that it must have. */
static void *writes_first(void *unused)
{
    (void)unused;
    hold();
    shared++;
    f->release(object);
    open_gate();
    return NULL;
}

static void *writes_second(void *unused)
{
    (void)unused;
    wait_at_gate();
    hold();
    shared++;
    f->release(object);
    return NULL;
}

static int a_wrong_owner(const char *mode)
{
    pthread_t first, second;
    object = f->create(0);
    if (strcmp(mode, "after") == 0) {
        start(&first, releases_too_early, NULL);
        wait_at_gate();
        f->wait(object);
        shared++;
    } else if (strcmp(mode, "holders") == 0) {
        start(&first, writes_first, NULL);
        start(&second, writes_second, NULL);
        pthread_join(second, NULL);
    } else if (strcmp(mode, "owner") == 0) {
        start(&first, writes_first, NULL);
        wait_at_gate();
        shared++;
    } else {
        return 2;
    }
    pthread_join(first, NULL);
    f->wait(object);
    return 0;
}

int main(int count, char **words)
{
    const struct family *families[] = {&plain_family, &cache_aware_family, &pooled_family};
    if (count != 5)
        return 2;
    for (unsigned i = 0; i < 3; i++)
        if (strcmp(words[2], families[i]->name) == 0)
            f = families[i];
    if (f == NULL)
        return 2;
    unsigned lives = (unsigned)atoi(words[3]), rounds_of_each = (unsigned)atoi(words[4]);
    if (strcmp(words[1], "rounds") == 0)
        rounds(lives, rounds_of_each);
    else if (strcmp(words[1], "pool") == 0)
        take_and_give_back(rounds_of_each);
    else if (a_wrong_owner(words[1]) != 0)
        return 2;
    printf("races: done\n");
    return 0;
}
