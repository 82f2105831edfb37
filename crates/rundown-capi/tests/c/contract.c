/* The documented meaning of every routine, row by row, on one core. See contract.h. */
#include "contract.h"

/* One family's functions under one type. */
#define FAMILY(prefix, text, POINTER, SIZE, INITIALIZE, ACQUIRE, RELEASE, WAIT, COMPLETED, REINITIALIZE) \
    static SIZE_T prefix##_size(void) { return SIZE; }                                          \
    static void *prefix##_initialize(void *memory, SIZE_T size) { INITIALIZE(memory, size) }    \
    static BOOLEAN prefix##_acquire(void *object) { return ACQUIRE((POINTER)object); }          \
    static BOOLEAN prefix##_acquire_n(void *object, ULONG count)                                \
    { return ACQUIRE##Ex((POINTER)object, count); }                                             \
    static void prefix##_release(void *object) { RELEASE((POINTER)object); }                    \
    static void prefix##_release_n(void *object, ULONG count)                                   \
    { RELEASE##Ex((POINTER)object, count); }                                                    \
    static void prefix##_wait(void *object) { WAIT((POINTER)object); }                          \
    static void prefix##_completed(void *object) { COMPLETED((POINTER)object); }                \
    static void prefix##_reinitialize(void *object) { REINITIALIZE((POINTER)object); }          \
    const struct family prefix##_family = {                                                     \
        text, prefix##_size, prefix##_initialize, prefix##_acquire, prefix##_acquire_n,         \
        prefix##_release, prefix##_release_n, prefix##_wait, prefix##_completed,                \
        prefix##_reinitialize,                                                                  \
    };

#define PLAIN(memory, size)                                      \
    (void)size;                                                  \
    ExInitializeRundownProtection((PEX_RUNDOWN_REF)memory);      \
    return memory;
#define CACHE_AWARE(memory, size)                                                               \
    ExInitializeRundownProtectionCacheAware((PEX_RUNDOWN_REF_CACHE_AWARE)memory, size);         \
    return memory;
#define POOLED(memory, size) return RundownTakeFromPool(RundownInitializePool(memory, size, 1));

FAMILY(plain, "plain", PEX_RUNDOWN_REF, sizeof(EX_RUNDOWN_REF), PLAIN,
       ExAcquireRundownProtection, ExReleaseRundownProtection, ExWaitForRundownProtectionRelease,
       ExRundownCompleted, ExReInitializeRundownProtection)
FAMILY(cache_aware, "cache-aware", PEX_RUNDOWN_REF_CACHE_AWARE, ExSizeOfRundownProtectionCacheAware(), CACHE_AWARE,
       ExAcquireRundownProtectionCacheAware, ExReleaseRundownProtectionCacheAware,
       ExWaitForRundownProtectionReleaseCacheAware, ExRundownCompletedCacheAware,
       ExReInitializeRundownProtectionCacheAware)
FAMILY(pooled, "pooled", PEX_RUNDOWN_REF_POOLED, RundownSizeOfPool(1), POOLED,
       RundownAcquirePooled, RundownReleasePooled, RundownWaitPooled, RundownCompletedPooled,
       RundownReInitializePooled)

static void fill(void *memory, SIZE_T size, unsigned char value)
{
    for (SIZE_T i = 0; i < size; i++)
        ((volatile unsigned char *)memory)[i] = value;
}

static int filled(const void *memory, SIZE_T size, unsigned char value)
{
    for (SIZE_T i = 0; i < size; i++)
        if (((const volatile unsigned char *)memory)[i] != value)
            return 0;
    return 1;
}

void *object_of(const struct family *f)
{
    SIZE_T size = f->size();
    void *memory = test_memory(size);
    fill(memory, size, 0xa5);
    return f->initialize(memory, size);
}

static const char *granted_until_run_down(const struct family *f)
{
    SIZE_T size = f->size();
    unsigned char *memory = test_memory(size), *before = test_memory(size);
    void *object = f->initialize(memory, size);
    CHECK(f->acquire(object) == TRUE);
    CHECK(f->acquire(object) == TRUE);
    f->release_n(object, 2);
    f->wait(object);
    for (SIZE_T i = 0; i < size; i++)
        before[i] = memory[i];
    CHECK(f->acquire(object) == FALSE);
    for (int i = 0; i < 100; i++)
        CHECK(f->acquire_n(object, (ULONG)i) == FALSE);
    for (SIZE_T i = 0; i < size; i++)
        CHECK(memory[i] == before[i]);
    return NULL;
}

static const char *amounts_are_free(const struct family *f)
{
    void *object = object_of(f);
    CHECK(f->acquire_n(object, 3) == TRUE);
    f->release(object);
    f->release(object);
    f->release(object);
    for (int i = 0; i < 3; i++)
        CHECK(f->acquire(object) == TRUE);
    f->release_n(object, 3);
    CHECK(f->acquire_n(object, 5) == TRUE);
    f->release_n(object, 2);
    CHECK(f->acquire_n(object, 4) == TRUE);
    f->release_n(object, 7);
    f->wait(object); /* would wait for ever, or report, if the sum were not 0 */
    f->completed(object);
    return NULL;
}

static const char *count_zero(const struct family *f)
{
    void *object = object_of(f);
    CHECK(f->acquire_n(object, 0) == TRUE);
    f->release_n(object, 0);
    f->wait(object);
    CHECK(f->acquire_n(object, 0) == FALSE);
    f->release_n(object, 0);
    f->completed(object);
    return NULL;
}

static const char *any_count(const struct family *f)
{
    static const ULONG counts[] = {1, 2, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff};
    void *object = object_of(f);
    for (unsigned i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        BOOLEAN fits = sizeof(void *) > 4 || counts[i] <= 0xffff;
        CHECK(f->acquire_n(object, counts[i]) == fits);
        CHECK(f->acquire_n(object, counts[i]) == fits);
        if (fits) {
            f->release_n(object, counts[i]);
            f->release_n(object, counts[i]);
        }
    }
    f->wait(object);
    f->completed(object);
    return NULL;
}

/* So many that a slot is no longer looked at alone. */
static const char *large_sum(const struct family *f)
{
    enum { TIMES = 5000 };
    ULONG most = sizeof(void *) > 4 ? 0xffffffff : 0xffff;
    void *object = object_of(f);
    for (int i = 0; i < TIMES; i++)
        CHECK(f->acquire_n(object, most) == TRUE);
    for (int i = 0; i < TIMES; i++)
        f->release_n(object, most);
    f->wait(object);
    f->completed(object);
    return NULL;
}

static const char *wait_again(const struct family *f)
{
    void *object = object_of(f);
    CHECK(f->acquire(object) == TRUE);
    f->release(object);
    for (int i = 0; i < 5; i++)
        f->wait(object);
    f->completed(object);
    f->completed(object);
    for (int i = 0; i < 5; i++)
        f->wait(object);
    CHECK(f->acquire(object) == FALSE);
    CHECK(f->acquire_n(object, 0) == FALSE);
    return NULL;
}

static const char *rounds(const struct family *f)
{
    void *object = object_of(f);
    for (int round = 0; round < 100; round++) {
        CHECK(f->acquire(object) == TRUE);
        CHECK(f->acquire_n(object, 2) == TRUE);
        f->release_n(object, 3);
        f->wait(object);
        CHECK(f->acquire(object) == FALSE);
        if (round % 2 == 0)
            f->completed(object);
        f->reinitialize(object);
    }
    return NULL;
}

static const char *independent(const struct family *f)
{
    void *one = object_of(f), *other = object_of(f);
    CHECK(f->acquire(one) == TRUE);
    f->wait(other);
    CHECK(f->acquire(other) == FALSE);
    CHECK(f->acquire(one) == TRUE);
    f->release_n(one, 2);
    f->wait(one);
    return NULL;
}

/* Wherever the buffer lies, not one byte outside is written, nor needed. */
static const char *stays_inside(const struct family *f)
{
    enum { MARGIN = 256 };
    SIZE_T size = f->size(), whole = size + 2 * MARGIN;
    unsigned char *memory = test_memory(whole);
    for (SIZE_T shift = 0; shift <= 128; shift += sizeof(void *)) {
        unsigned char *inside = memory + MARGIN / 2 + shift;
        void *object;
        fill(memory, whole, 0xa5);
        object = f->initialize(inside, size);
        CHECK(f->acquire_n(object, 3) == TRUE);
        f->release_n(object, 3);
        f->wait(object);
        CHECK(f->acquire(object) == FALSE);
        f->reinitialize(object);
        CHECK(f->acquire(object) == TRUE);
        CHECK(filled(memory, (SIZE_T)(inside - memory), 0xa5));
        CHECK(filled(inside + size, (SIZE_T)(memory + whole - inside) - size, 0xa5));
    }
    return NULL;
}

static const char *larger_buffer(const struct family *f)
{
    SIZE_T size = f->size();
    unsigned char *memory = test_memory(2 * size + 1);
    void *object;
    fill(memory, 2 * size + 1, 0xa5);
    object = f->initialize(memory, 2 * size + 1);
    CHECK(f->acquire(object) == TRUE);
    f->release(object);
    f->wait(object);
    CHECK(filled(memory + size, size + 1, 0xa5));
    return NULL;
}

static const char *size_is_stable(const struct family *f)
{
    SIZE_T size = f->size();
    CHECK(size >= 3 * sizeof(void *));
    for (int i = 0; i < 100; i++)
        CHECK(f->size() == size);
    return NULL;
}

static const char *allocated(const struct family *f)
{
    PEX_RUNDOWN_REF_CACHE_AWARE object = ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, 0x446e7552);
#ifdef WITHOUT_ALLOCATOR
    CHECK(object == NULL);
    (void)f;
#else
    CHECK(object != NULL);
    CHECK(f->acquire_n(object, 2) == TRUE);
    f->release(object);
    f->release(object);
    f->wait(object);
    CHECK(f->acquire(object) == FALSE);
    f->reinitialize(object);
    CHECK(f->acquire(object) == TRUE);
    f->release(object);
    f->wait(object);
    ExFreeCacheAwareRundownProtection(object);
#endif
    return NULL;
}

/* The last is for the cache-aware family only, the two before for it and for pools. */
static const struct {
    const char *(*run)(const struct family *);
    const char *sentence;
} tests[] = {
    {granted_until_run_down, "acquires are granted until run-down has started, and then FALSE and write nothing"},
    {amounts_are_free, "the amounts of acquires and releases are free, only the sum counts"},
    {count_zero, "a count of 0 returns whether the object is live and takes nothing"},
    {any_count, "any ULONG count is safe"},
    {large_sum, "thousands of the largest counts are granted, and come back"},
    {wait_again, "on a run-down object Wait returns at once, also after RundownCompleted; Acquire returns FALSE"},
    {rounds, "after ReInitialize acquires succeed again, with RundownCompleted before or not"},
    {independent, "objects do not know of each other"},
    {stays_inside, "no byte outside the object is written, wherever it lies"},
    {larger_buffer, "a larger buffer is accepted and its rest untouched"},
    {size_is_stable, "SizeOf returns the same each time"},
    {allocated, "what Allocate returns is live, and Free takes it"},
};

enum { TESTS = sizeof tests / sizeof tests[0], OF_POOLED = TESTS - 1, OF_PLAIN = TESTS - 3 };

/* All of a family, then all of the next. */
static const struct {
    const struct family *family;
    unsigned tests;
} families[] = {{&cache_aware_family, TESTS}, {&pooled_family, OF_POOLED}, {&plain_family, OF_PLAIN}};

unsigned contract_count(void) { return TESTS + OF_POOLED + OF_PLAIN; }

/* Finds the family of a test, and leaves the number that the test has there. */
static const struct family *family_of(unsigned *test)
{
    unsigned i = 0;
    while (*test >= families[i].tests)
        *test -= families[i++].tests;
    return families[i].family;
}

const char *contract_family(unsigned test) { return family_of(&test)->name; }

const char *contract_sentence(unsigned test)
{
    family_of(&test);
    return tests[test].sentence;
}

const char *contract_run(unsigned test)
{
    const struct family *f = family_of(&test);
    return tests[test].run(f);
}
