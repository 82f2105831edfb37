/* What race detectors have to know of the routines in rundown.h, which includes this file where one is at work.
 *
 * The library is not instrumented, so ThreadSanitizer, helgrind and drd do not see that a wait comes after the
 * releases, and report the owner's free() as a race with the users. Here each routine's name becomes that of a
 * function that calls the routine and tells the detector what the routine's documentation says under "Ordering", and
 * no more:
 *
 *   - a release happens before the return of Wait, RundownCompleted, Free and Cleanup;
 *   - Initialize, ReInitialize, Allocate and GiveBack happen before an acquire that returns TRUE, and GiveBack before
 *     TakeFromPool.
 *
 * Two holders are not ordered by their holds: what both write is still reported, and so is a use after the release.
 *
 * ThreadSanitizer: by itself, wherever -fsanitize=thread is on. Not in freestanding code, as a kernel has its own
 * runtime or none.
 *
 * helgrind and drd: with -DRUNDOWN_VALGRIND, which needs valgrind's headers. One program serves both; outside
 * valgrind it costs a few instructions a call. What the library does inside is not reported, and neither is what
 * the program does with the memory of an object itself.
 *
 * -DRUNDOWN_NO_ANNOTATIONS turns all of it off. Compile all files of a program alike. */
#ifndef RUNDOWN_ANNOTATE_H
#define RUNDOWN_ANNOTATE_H

#ifndef RUNDOWN_H
#error "include rundown.h, which includes this file where it is needed"
#endif

#ifdef RUNDOWN_VALGRIND

/* In this order: drd.h leaves out what it has in common with helgrind.h, and drd knows those requests, too. */
#include <valgrind/helgrind.h>
#include <valgrind/drd.h>

#define RUNDOWN_SEND_(key) ANNOTATE_HAPPENS_BEFORE(key)
#define RUNDOWN_RECEIVE_(key) ANNOTATE_HAPPENS_AFTER(key)
/* The library's own words are no races. */
#define RUNDOWN_ENTER_() VALGRIND_DISABLE_ERROR_REPORTING
#define RUNDOWN_LEAVE_() VALGRIND_ENABLE_ERROR_REPORTING
/* The library writes to this memory in an order that is not seen. Until it is freed. */
#define RUNDOWN_IGNORE_(memory, size)                                                                  \
    do {                                                                                               \
        VALGRIND_HG_DISABLE_CHECKING(memory, size);                                                    \
        VALGRIND_DO_CLIENT_REQUEST_STMT(VG_USERREQ__DRD_START_SUPPRESSION, (memory), (size), 0, 0, 0); \
    } while (0)

#else /* ThreadSanitizer, which sees nothing of code that is not instrumented, and so needs less */

#ifdef __cplusplus
extern "C" {
#endif
void __tsan_acquire(void *key);
void __tsan_release(void *key);
#ifdef __cplusplus
}
#endif

#define RUNDOWN_SEND_(key) __tsan_release(key)
#define RUNDOWN_RECEIVE_(key) __tsan_acquire(key)
#define RUNDOWN_ENTER_() ((void)0)
#define RUNDOWN_LEAVE_() ((void)0)
#define RUNDOWN_IGNORE_(memory, size) ((void)0)

#endif

/* A detector knows an order by a number. An object has two, so that an acquire learns what the owner did, but not
 * what other holders did before their releases. NULL is left to the routine. */
enum rundown_order_ { RUNDOWN_OF_HOLDERS_, RUNDOWN_OF_OWNER_ };

static __inline__ void rundown_send_(void *object, enum rundown_order_ order)
{
    if (object != NULL)
        RUNDOWN_SEND_((char *)object + order);
}

static __inline__ void rundown_receive_(void *object, enum rundown_order_ order)
{
    if (object != NULL)
        RUNDOWN_RECEIVE_((char *)object + order);
}

/* The operations that all families have. `SIZE`: bytes that are the object alone, where that is known by its type. */
#define RUNDOWN_ANNOTATE_(POINTER, ACQUIRE, RELEASE, WAIT, COMPLETED, REINITIALIZE, SIZE)              \
    static __inline__ BOOLEAN rundown_annotated_##ACQUIRE(POINTER object)                              \
    {                                                                                                  \
        BOOLEAN granted;                                                                               \
        RUNDOWN_ENTER_();                                                                              \
        granted = ACQUIRE(object);                                                                     \
        RUNDOWN_LEAVE_();                                                                              \
        if (granted)                                                                                   \
            rundown_receive_(object, RUNDOWN_OF_OWNER_);                                               \
        return granted;                                                                                \
    }                                                                                                  \
    static __inline__ BOOLEAN rundown_annotated_##ACQUIRE##Ex(POINTER object, ULONG Count)             \
    {                                                                                                  \
        BOOLEAN granted;                                                                               \
        RUNDOWN_ENTER_();                                                                              \
        granted = ACQUIRE##Ex(object, Count);                                                          \
        RUNDOWN_LEAVE_();                                                                              \
        if (granted)                                                                                   \
            rundown_receive_(object, RUNDOWN_OF_OWNER_);                                               \
        return granted;                                                                                \
    }                                                                                                  \
    static __inline__ void rundown_annotated_##RELEASE(POINTER object)                                 \
    {                                                                                                  \
        rundown_send_(object, RUNDOWN_OF_HOLDERS_);                                                    \
        RUNDOWN_ENTER_();                                                                              \
        RELEASE(object);                                                                               \
        RUNDOWN_LEAVE_();                                                                              \
    }                                                                                                  \
    static __inline__ void rundown_annotated_##RELEASE##Ex(POINTER object, ULONG Count)                \
    {                                                                                                  \
        rundown_send_(object, RUNDOWN_OF_HOLDERS_);                                                    \
        RUNDOWN_ENTER_();                                                                              \
        RELEASE##Ex(object, Count);                                                                    \
        RUNDOWN_LEAVE_();                                                                              \
    }                                                                                                  \
    static __inline__ void rundown_annotated_##WAIT(POINTER object)                                    \
    {                                                                                                  \
        RUNDOWN_ENTER_();                                                                              \
        WAIT(object);                                                                                  \
        RUNDOWN_LEAVE_();                                                                              \
        rundown_receive_(object, RUNDOWN_OF_HOLDERS_);                                                 \
        RUNDOWN_IGNORE_(object, SIZE); /* one that was zeroed had no Initialize */                     \
    }                                                                                                  \
    static __inline__ void rundown_annotated_##COMPLETED(POINTER object)                               \
    {                                                                                                  \
        RUNDOWN_ENTER_();                                                                              \
        COMPLETED(object);                                                                             \
        RUNDOWN_LEAVE_();                                                                              \
        rundown_receive_(object, RUNDOWN_OF_HOLDERS_);                                                 \
        RUNDOWN_IGNORE_(object, SIZE);                                                                 \
    }                                                                                                  \
    static __inline__ void rundown_annotated_##REINITIALIZE(POINTER object)                            \
    {                                                                                                  \
        rundown_send_(object, RUNDOWN_OF_OWNER_);                                                      \
        RUNDOWN_ENTER_();                                                                              \
        REINITIALIZE(object);                                                                          \
        RUNDOWN_LEAVE_();                                                                              \
    }

RUNDOWN_ANNOTATE_(PEX_RUNDOWN_REF, ExAcquireRundownProtection, ExReleaseRundownProtection,
                  ExWaitForRundownProtectionRelease, ExRundownCompleted, ExReInitializeRundownProtection,
                  sizeof(EX_RUNDOWN_REF))
RUNDOWN_ANNOTATE_(PEX_RUNDOWN_REF_POOLED, RundownAcquirePooled, RundownReleasePooled, RundownWaitPooled,
                  RundownCompletedPooled, RundownReInitializePooled, 0)

RUNDOWN_ANNOTATE_(PEX_RUNDOWN_REF_CACHE_AWARE, ExAcquireRundownProtectionCacheAware,
                  ExReleaseRundownProtectionCacheAware, ExWaitForRundownProtectionReleaseCacheAware,
                  ExRundownCompletedCacheAware, ExReInitializeRundownProtectionCacheAware, 0)

/* How objects begin and end. */

static __inline__ void rundown_annotated_ExInitializeRundownProtection(PEX_RUNDOWN_REF object)
{
    rundown_send_(object, RUNDOWN_OF_OWNER_);
    RUNDOWN_IGNORE_(object, sizeof *object);
    RUNDOWN_ENTER_();
    ExInitializeRundownProtection(object);
    RUNDOWN_LEAVE_();
}

static __inline__ SIZE_T rundown_annotated_ExSizeOfRundownProtectionCacheAware(void)
{
    SIZE_T size;
    RUNDOWN_ENTER_();
    size = ExSizeOfRundownProtectionCacheAware();
    RUNDOWN_LEAVE_();
    return size;
}

static __inline__ void
rundown_annotated_ExInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE object, SIZE_T size)
{
    rundown_send_(object, RUNDOWN_OF_OWNER_);
    RUNDOWN_IGNORE_(object, size);
    RUNDOWN_ENTER_();
    ExInitializeRundownProtectionCacheAware(object, size);
    RUNDOWN_LEAVE_();
}

static __inline__ void
rundown_annotated_ExInitializeRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE object, ULONG flags)
{
    rundown_send_(object, RUNDOWN_OF_OWNER_);
    RUNDOWN_ENTER_();
    ExInitializeRundownProtectionCacheAwareEx(object, flags);
    RUNDOWN_IGNORE_(object, ExSizeOfRundownProtectionCacheAware());
    RUNDOWN_LEAVE_();
}

static __inline__ void rundown_annotated_ExCleanupRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE object)
{
    RUNDOWN_ENTER_();
    ExCleanupRundownProtectionCacheAware(object);
    RUNDOWN_LEAVE_();
    rundown_receive_(object, RUNDOWN_OF_HOLDERS_);
}

static __inline__ PEX_RUNDOWN_REF_CACHE_AWARE
rundown_annotated_ExAllocateCacheAwareRundownProtection(POOL_TYPE pool, ULONG tag)
{
    PEX_RUNDOWN_REF_CACHE_AWARE object;
    RUNDOWN_ENTER_();
    object = ExAllocateCacheAwareRundownProtection(pool, tag);
    RUNDOWN_LEAVE_();
    rundown_send_(object, RUNDOWN_OF_OWNER_); /* its address was not known before */
    return object;
}

static __inline__ void rundown_annotated_ExFreeCacheAwareRundownProtection(PEX_RUNDOWN_REF_CACHE_AWARE object)
{
    /* Before, as afterwards the address may be another object's. What holds it now is reported. */
    rundown_receive_(object, RUNDOWN_OF_HOLDERS_);
    RUNDOWN_ENTER_();
    ExFreeCacheAwareRundownProtection(object);
    RUNDOWN_LEAVE_();
}

static __inline__ SIZE_T rundown_annotated_RundownSizeOfPool(SIZE_T count)
{
    SIZE_T size;
    RUNDOWN_ENTER_();
    size = RundownSizeOfPool(count);
    RUNDOWN_LEAVE_();
    return size;
}

static __inline__ PRUNDOWN_POOL
rundown_annotated_RundownInitializePool(void *buffer, SIZE_T size, SIZE_T count)
{
    PRUNDOWN_POOL pool;
    RUNDOWN_IGNORE_(buffer, size);
    RUNDOWN_ENTER_();
    pool = RundownInitializePool(buffer, size, count);
    RUNDOWN_LEAVE_();
    return pool;
}

static __inline__ PEX_RUNDOWN_REF_POOLED rundown_annotated_RundownTakeFromPool(PRUNDOWN_POOL pool)
{
    PEX_RUNDOWN_REF_POOLED object;
    RUNDOWN_ENTER_();
    object = RundownTakeFromPool(pool);
    RUNDOWN_LEAVE_();
    rundown_receive_(object, RUNDOWN_OF_OWNER_);
    return object;
}

static __inline__ void rundown_annotated_RundownGiveBackToPool(PEX_RUNDOWN_REF_POOLED object)
{
    rundown_send_(object, RUNDOWN_OF_OWNER_);
    RUNDOWN_ENTER_();
    RundownGiveBackToPool(object);
    RUNDOWN_LEAVE_();
}

#ifdef RUNDOWN_HOLDERS

#define RUNDOWN_ANNOTATE_AT_(POINTER, ACQUIRE)                                                         \
    static __inline__ BOOLEAN rundown_annotated_##ACQUIRE(POINTER object, ULONG count, const char *file, ULONG line)\
    {                                                                                                  \
        BOOLEAN granted;                                                                               \
        RUNDOWN_ENTER_();                                                                              \
        granted = ACQUIRE(object, count, file, line);                                                  \
        RUNDOWN_LEAVE_();                                                                              \
        if (granted)                                                                                   \
            rundown_receive_(object, RUNDOWN_OF_OWNER_);                                               \
        return granted;                                                                                \
    }

RUNDOWN_ANNOTATE_AT_(PEX_RUNDOWN_REF, RundownAcquireAt)
RUNDOWN_ANNOTATE_AT_(PEX_RUNDOWN_REF_CACHE_AWARE, RundownAcquireCacheAwareAt)
RUNDOWN_ANNOTATE_AT_(PEX_RUNDOWN_REF_POOLED, RundownAcquirePooledAt)

static __inline__ void rundown_annotated_rundown_print_holders(const void *object)
{
    RUNDOWN_ENTER_();
    rundown_print_holders(object);
    RUNDOWN_LEAVE_();
}

#endif

/* From here on. No parentheses, so that a routine's address is that of the annotated one. */
#define ExInitializeRundownProtection rundown_annotated_ExInitializeRundownProtection
#define ExReleaseRundownProtection rundown_annotated_ExReleaseRundownProtection
#define ExReleaseRundownProtectionEx rundown_annotated_ExReleaseRundownProtectionEx
#define ExWaitForRundownProtectionRelease rundown_annotated_ExWaitForRundownProtectionRelease
#define ExRundownCompleted rundown_annotated_ExRundownCompleted
#define ExReInitializeRundownProtection rundown_annotated_ExReInitializeRundownProtection
#define ExSizeOfRundownProtectionCacheAware rundown_annotated_ExSizeOfRundownProtectionCacheAware
#define ExInitializeRundownProtectionCacheAware rundown_annotated_ExInitializeRundownProtectionCacheAware
#define ExInitializeRundownProtectionCacheAwareEx rundown_annotated_ExInitializeRundownProtectionCacheAwareEx
#define ExCleanupRundownProtectionCacheAware rundown_annotated_ExCleanupRundownProtectionCacheAware
#define ExAllocateCacheAwareRundownProtection rundown_annotated_ExAllocateCacheAwareRundownProtection
#define ExFreeCacheAwareRundownProtection rundown_annotated_ExFreeCacheAwareRundownProtection
#define ExReleaseRundownProtectionCacheAware rundown_annotated_ExReleaseRundownProtectionCacheAware
#define ExReleaseRundownProtectionCacheAwareEx rundown_annotated_ExReleaseRundownProtectionCacheAwareEx
#define ExWaitForRundownProtectionReleaseCacheAware rundown_annotated_ExWaitForRundownProtectionReleaseCacheAware
#define ExRundownCompletedCacheAware rundown_annotated_ExRundownCompletedCacheAware
#define ExReInitializeRundownProtectionCacheAware rundown_annotated_ExReInitializeRundownProtectionCacheAware
#define RundownSizeOfPool rundown_annotated_RundownSizeOfPool
#define RundownInitializePool rundown_annotated_RundownInitializePool
#define RundownTakeFromPool rundown_annotated_RundownTakeFromPool
#define RundownGiveBackToPool rundown_annotated_RundownGiveBackToPool
#define RundownReleasePooled rundown_annotated_RundownReleasePooled
#define RundownReleasePooledEx rundown_annotated_RundownReleasePooledEx
#define RundownWaitPooled rundown_annotated_RundownWaitPooled
#define RundownCompletedPooled rundown_annotated_RundownCompletedPooled
#define RundownReInitializePooled rundown_annotated_RundownReInitializePooled

#ifndef RUNDOWN_HOLDERS
#define ExAcquireRundownProtection rundown_annotated_ExAcquireRundownProtection
#define ExAcquireRundownProtectionEx rundown_annotated_ExAcquireRundownProtectionEx
#define ExAcquireRundownProtectionCacheAware rundown_annotated_ExAcquireRundownProtectionCacheAware
#define ExAcquireRundownProtectionCacheAwareEx rundown_annotated_ExAcquireRundownProtectionCacheAwareEx
#define RundownAcquirePooled rundown_annotated_RundownAcquirePooled
#define RundownAcquirePooledEx rundown_annotated_RundownAcquirePooledEx
#else
/* rundown.h makes macros of these names, which say from where. */
#define RundownAcquireAt rundown_annotated_RundownAcquireAt
#define RundownAcquireCacheAwareAt rundown_annotated_RundownAcquireCacheAwareAt
#define RundownAcquirePooledAt rundown_annotated_RundownAcquirePooledAt
#define rundown_print_holders rundown_annotated_rundown_print_holders
#endif

#endif /* RUNDOWN_ANNOTATE_H */
