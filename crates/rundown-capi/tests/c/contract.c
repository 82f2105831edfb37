/* The documented meaning of every routine, row by row, on one core. See contract.h. */
#include "contract.h"

/* One family's functions under one type: SUFFIX is empty or CacheAware. */
#define FAMILY(prefix, text, POINTER, SUFFIX, SIZE, INITIALIZE)                                 \
    static SIZE_T prefix##_size(void) { return SIZE; }                                          \
    static void prefix##_initialize(void *object, SIZE_T size) { (void)size; INITIALIZE; }      \
    static BOOLEAN prefix##_acquire(void *object)                                               \
    { return ExAcquireRundownProtection##SUFFIX((POINTER)object); }                             \
    static BOOLEAN prefix##_acquire_n(void *object, ULONG count)                                \
    { return ExAcquireRundownProtection##SUFFIX##Ex((POINTER)object, count); }                  \
    static void prefix##_release(void *object)                                                  \
    { ExReleaseRundownProtection##SUFFIX((POINTER)object); }                                    \
    static void prefix##_release_n(void *object, ULONG count)                                   \
    { ExReleaseRundownProtection##SUFFIX##Ex((POINTER)object, count); }                         \
    static void prefix##_wait(void *object)                                                     \
    { ExWaitForRundownProtectionRelease##SUFFIX((POINTER)object); }                             \
    static void prefix##_completed(void *object)                                                \
    { ExRundownCompleted##SUFFIX((POINTER)object); }                                            \
    static void prefix##_reinitialize(void *object)                                             \
    { ExReInitializeRundownProtection##SUFFIX((POINTER)object); }                               \
    const struct family prefix##_family = {                                                     \
        text, prefix##_size, prefix##_initialize, prefix##_acquire, prefix##_acquire_n,         \
        prefix##_release, prefix##_release_n, prefix##_wait, prefix##_completed,                \
        prefix##_reinitialize,                                                                  \
    };

FAMILY(plain, "plain", PEX_RUNDOWN_REF, , sizeof(EX_RUNDOWN_REF),
       ExInitializeRundownProtection((PEX_RUNDOWN_REF)object))
FAMILY(cache_aware, "cache-aware", PEX_RUNDOWN_REF_CACHE_AWARE, CacheAware,
       ExSizeOfRundownProtectionCacheAware(),
       ExInitializeRundownProtectionCacheAware((PEX_RUNDOWN_REF_CACHE_AWARE)object, size))

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
    void *object = test_memory(size);
    fill(object, size, 0xa5);
    f->initialize(object, size);
    return object;
}

static const char *granted_until_run_down(const struct family *f)
{
    SIZE_T size = f->size();
    unsigned char *object = object_of(f), *before = test_memory(size);
    CHECK(f->acquire(object) == TRUE);
    CHECK(f->acquire(object) == TRUE);
    f->release_n(object, 2);
    f->wait(object);
    for (SIZE_T i = 0; i < size; i++)
        before[i] = object[i];
    CHECK(f->acquire(object) == FALSE);
    for (int i = 0; i < 100; i++)
        CHECK(f->acquire_n(object, (ULONG)i) == FALSE);
    for (SIZE_T i = 0; i < size; i++)
        CHECK(object[i] == before[i]);
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
        unsigned char *object = memory + MARGIN / 2 + shift;
        fill(memory, whole, 0xa5);
        f->initialize(object, size);
        CHECK(f->acquire_n(object, 3) == TRUE);
        f->release_n(object, 3);
        f->wait(object);
        CHECK(f->acquire(object) == FALSE);
        f->reinitialize(object);
        CHECK(f->acquire(object) == TRUE);
        CHECK(filled(memory, (SIZE_T)(object - memory), 0xa5));
        CHECK(filled(object + size, (SIZE_T)(memory + whole - object) - size, 0xa5));
    }
    return NULL;
}

static const char *larger_buffer(const struct family *f)
{
    SIZE_T size = f->size();
    unsigned char *memory = test_memory(2 * size + 1);
    fill(memory, 2 * size + 1, 0xa5);
    f->initialize(memory, 2 * size + 1);
    CHECK(f->acquire(memory) == TRUE);
    f->release(memory);
    f->wait(memory);
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

/* The last three are for the cache-aware family only. */
static const struct {
    const char *(*run)(const struct family *);
    const char *sentence;
} tests[] = {
    {granted_until_run_down, "acquires are granted until run-down has started, and then FALSE and write nothing"},
    {amounts_are_free, "the amounts of acquires and releases are free, only the sum counts"},
    {count_zero, "a count of 0 returns whether the object is live and takes nothing"},
    {any_count, "any ULONG count is safe"},
    {wait_again, "on a run-down object Wait returns at once, also after RundownCompleted; Acquire returns FALSE"},
    {rounds, "after ReInitialize acquires succeed again, with RundownCompleted before or not"},
    {independent, "objects do not know of each other"},
    {stays_inside, "no byte outside the object is written, wherever it lies"},
    {larger_buffer, "a larger buffer is accepted and its rest untouched"},
    {size_is_stable, "SizeOf returns the same each time"},
    {allocated, "what Allocate returns is live, and Free takes it"},
};

enum { TESTS = sizeof tests / sizeof tests[0], BOTH = TESTS - 3 };

/* First all for the cache-aware family, then those that the plain one has too. */
unsigned contract_count(void) { return TESTS + BOTH; }

static const struct family *family_of(unsigned test)
{
    return test < TESTS ? &cache_aware_family : &plain_family;
}

const char *contract_family(unsigned test) { return family_of(test)->name; }

const char *contract_sentence(unsigned test) { return tests[test % TESTS].sentence; }

const char *contract_run(unsigned test) { return tests[test % TESTS].run(family_of(test)); }
