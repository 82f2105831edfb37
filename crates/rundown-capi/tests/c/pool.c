/* Pools: which objects they give out, and many objects on several threads, used again and again. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "contract.h"
#include "host.h"

/* More than a block has (432), and words of blocks that begin and end in the middle. */
enum { MANY = 1000 };

/* Makes a pool in memory that held something else before. */
static PRUNDOWN_POOL pool_of(SIZE_T count)
{
    SIZE_T size = RundownSizeOfPool(count);
    void *memory = test_memory(size);
    memset(memory, 0xa5, size);
    return RundownInitializePool(memory, size, count);
}

static int by_address(const void *one, const void *other)
{
    const size_t *a = one, *b = other;
    return (*a > *b) - (*a < *b);
}

/* Every object is another one, and independent of its neighbours. */
static const char *each_once(unsigned count)
{
    PEX_RUNDOWN_REF_POOLED objects[MANY];
    size_t sorted[MANY];
    PRUNDOWN_POOL pool = pool_of(count);
    for (unsigned i = 0; i < count; i++) {
        objects[i] = RundownTakeFromPool(pool);
        CHECK(objects[i] != NULL);
        sorted[i] = (size_t)(void *)objects[i];
        CHECK(RundownAcquirePooledEx(objects[i], 0) == TRUE);
    }
    CHECK(RundownTakeFromPool(pool) == NULL);
    qsort(sorted, count, sizeof sorted[0], by_address);
    for (unsigned i = 1; i < count; i++)
        CHECK(sorted[i - 1] != sorted[i]);
    for (unsigned i = 0; i < count; i += 2)
        RundownWaitPooled(objects[i]);
    for (unsigned i = 0; i < count; i++)
        CHECK(RundownAcquirePooledEx(objects[i], 0) == (i % 2 != 0));
    return NULL;
}

/* Wherever in a page the buffer begins, not one byte outside is written, nor needed. */
static const char *anywhere(unsigned unused)
{
    enum { PAGE = 4096, MARGIN = 128, FULL = 3 * 128 / sizeof(void *) }; /* fills the shortest rows */
    SIZE_T size = RundownSizeOfPool(FULL);
    unsigned char *memory = test_memory(MARGIN + PAGE + size + MARGIN);
    int full = 0;
    (void)unused;
    for (SIZE_T shift = 0; shift < PAGE; shift += sizeof(void *)) {
        unsigned char *begin = memory + MARGIN + shift;
        PRUNDOWN_POOL pool;
        memset(begin - MARGIN, 0xa5, size + 2 * MARGIN);
        pool = RundownInitializePool(begin, size, FULL);
        CHECK((unsigned char *)pool == begin);
        for (unsigned i = 0; i < FULL; i++) {
            PEX_RUNDOWN_REF_POOLED object = RundownTakeFromPool(pool);
            CHECK(RundownAcquirePooledEx(object, 3) == TRUE);
            RundownReleasePooledEx(object, 3);
            RundownWaitPooled(object);
        }
        CHECK(untouched(begin - MARGIN, MARGIN));
        CHECK(untouched(begin + size, MARGIN));
        full += !untouched(begin + size - 1, 1);
    }
    CHECK(full == 1); /* the last byte is needed where the way to the first page is longest, and nowhere else */
    return NULL;
}

/* What is given back is refused until it is taken again; then it is live, and held by nobody. */
static const char *again(unsigned count)
{
    PRUNDOWN_POOL pool = pool_of(count);
    PEX_RUNDOWN_REF_POOLED object = NULL;
    for (unsigned i = 0; i < count; i++)
        object = RundownTakeFromPool(pool);
    for (unsigned round = 0; round < 100; round++) {
        CHECK(RundownAcquirePooledEx(object, 3) == TRUE);
        RundownReleasePooled(object);
        RundownReleasePooledEx(object, 2);
        RundownWaitPooled(object);
        if (round % 2 != 0)
            RundownCompletedPooled(object);
        RundownGiveBackToPool(object);
        CHECK(RundownAcquirePooled(object) == FALSE);
        CHECK(RundownTakeFromPool(pool) == object); /* the only one that is free */
        CHECK(RundownTakeFromPool(pool) == NULL);
    }
    return NULL;
}

static const char *sizes(unsigned unused)
{
    SIZE_T most = (SIZE_T)-1, before = 0;
    (void)unused;
    CHECK(RundownSizeOfPool(0) == 0);
    CHECK(RundownSizeOfPool(most) == 0);
    CHECK(RundownSizeOfPool(most / 2) == 0);
    CHECK(RundownSizeOfPool(most / sizeof(void *)) == 0);
    for (SIZE_T count = 1; count <= 2 * MANY; count++) {
        SIZE_T size = RundownSizeOfPool(count);
        CHECK(size >= before && size > count * sizeof(void *));
        before = size;
    }
    /* The reason to choose it: of many objects one costs less than a quarter of a cache-aware one. */
    CHECK(RundownSizeOfPool(MANY) / MANY < ExSizeOfRundownProtectionCacheAware() / 4);
    return NULL;
}

/* Owners take objects, lend each to several users, run it down and give it back. */

enum { OWNERS = 2, USERS = 2, BATCH = 60, LENT = 3, ROUNDS = 300, PLACES = 64 };

static PRUNDOWN_POOL shared;
static SIZE_T shared_size;
static _Atomic(PEX_RUNDOWN_REF_POOLED) lent[PLACES]; /* holds that a user shall release */
static atomic_int stop;
static atomic_int *owned; /* by address: how many have the object */
static unsigned long (*uses)[USERS]; /* by address and user; not atomic: Wait has to make them visible */
static struct owner {
    pthread_t thread;
    unsigned long taken, wrong;
} owners[OWNERS];

/* Objects differ by a word at least. */
static size_t number(PEX_RUNDOWN_REF_POOLED object)
{
    return ((size_t)(void *)object - (size_t)(void *)shared) / sizeof(void *);
}

static void lend(PEX_RUNDOWN_REF_POOLED object)
{
    for (unsigned place = 0;; place = (place + 1) % PLACES) {
        PEX_RUNDOWN_REF_POOLED empty = NULL;
        if (atomic_compare_exchange_strong(&lent[place], &empty, object))
            return;
    }
}

static void *user(void *argument)
{
    size_t self = (size_t)argument;
    while (!atomic_load(&stop))
        for (unsigned place = 0; place < PLACES; place++) {
            PEX_RUNDOWN_REF_POOLED object = atomic_exchange(&lent[place], NULL);
            if (object == NULL)
                continue;
            /* One's own as well, which a run-down that has begun refuses. */
            if (RundownAcquirePooled(object))
                RundownReleasePooled(object);
            uses[number(object)][self]++;
            RundownReleasePooled(object);
        }
    return NULL;
}

static void *own(void *argument)
{
    struct owner *self = argument;
    for (unsigned round = 0; round < ROUNDS; round++) {
        PEX_RUNDOWN_REF_POOLED batch[BATCH];
        unsigned count = 0;
        while (count < BATCH && (batch[count] = RundownTakeFromPool(shared)) != NULL) {
            PEX_RUNDOWN_REF_POOLED object = batch[count++];
            self->wrong += atomic_fetch_add(&owned[number(object)], 1) != 0;
            self->wrong += RundownAcquirePooledEx(object, LENT) != TRUE;
            for (unsigned i = 0; i < LENT; i++)
                lend(object);
        }
        self->taken += count;
        while (count > 0) {
            PEX_RUNDOWN_REF_POOLED object = batch[--count];
            unsigned long sum = 0;
            RundownWaitPooled(object);
            for (unsigned i = 0; i < USERS; i++) {
                sum += uses[number(object)][i];
                uses[number(object)][i] = 0;
            }
            self->wrong += sum != LENT;
            self->wrong += RundownAcquirePooled(object) != FALSE;
            self->wrong += atomic_fetch_sub(&owned[number(object)], 1) != 1;
            RundownGiveBackToPool(object);
        }
    }
    return NULL;
}

static const char *many(unsigned count)
{
    pthread_t users[USERS];
    shared = pool_of(count);
    shared_size = RundownSizeOfPool(count);
    owned = calloc(shared_size / sizeof(void *), sizeof *owned);
    uses = calloc(shared_size / sizeof(void *), sizeof *uses);
    CHECK(owned != NULL && uses != NULL);
    memset(owners, 0, sizeof owners);
    atomic_store(&stop, 0);
    for (size_t i = 0; i < USERS; i++)
        CHECK(pthread_create(&users[i], NULL, user, (void *)i) == 0);
    for (unsigned i = 0; i < OWNERS; i++)
        CHECK(pthread_create(&owners[i].thread, NULL, own, &owners[i]) == 0);
    for (unsigned i = 0; i < OWNERS; i++)
        pthread_join(owners[i].thread, NULL);
    atomic_store(&stop, 1);
    for (unsigned i = 0; i < USERS; i++)
        pthread_join(users[i], NULL);
    for (unsigned i = 0; i < OWNERS; i++) {
        CHECK(owners[i].wrong == 0);
        CHECK(owners[i].taken >= ROUNDS);
    }
    for (unsigned i = 0; i < count; i++) /* all are back */
        CHECK(RundownTakeFromPool(shared) != NULL);
    CHECK(RundownTakeFromPool(shared) == NULL);
    free(owned);
    free(uses);
    return NULL;
}

static const struct test tests[] = {
    {each_once, 1, "a pool of one gives its object out, and then NULL"},
    {each_once, MANY, "a pool of many gives each object out once, and then NULL; neighbours are independent"},
    {again, 1, "a pool's object is refused once it is back, and live when it is taken again"},
    {again, MANY, "the same for the one free object of many"},
    {anywhere, 0, "no byte outside a pool's buffer is written, wherever in a page it begins; none is too many"},
    {sizes, 0, "SizeOfPool grows with the number of objects, and is 0 for an impossible one"},
    {many, 90, "threads take, lend, run down and give back objects of a pool that is too small for all"},
};

const struct tests pool_tests = TESTS(tests);
