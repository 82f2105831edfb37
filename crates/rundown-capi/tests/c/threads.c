/* What the contract says about several threads, on all families. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifndef _WIN32
#include <sys/time.h>
#endif

#include "contract.h"
#include "host.h"

enum { THREADS = 4, ROUNDS = 200, PAIRS = 2000 };

static void milliseconds(long count)
{
    struct timespec time = {count / 1000, count % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static void start(pthread_t *thread, void *(*run)(void *), void *argument)
{
    if (pthread_create(thread, NULL, run, argument) != 0)
        abort();
}

/* Waiters. */

static void *shared;
static atomic_int returned, early, still_held;

static void *wait_and_say(void *unused)
{
    (void)unused;
    f->wait(shared);
    atomic_fetch_add(&early, atomic_load(&still_held));
    atomic_fetch_add(&returned, 1);
    return NULL;
}

static const char *waiters(unsigned count)
{
    pthread_t threads[THREADS];
    shared = object_of(f);
    returned = early = 0;
    still_held = 1;
    CHECK(f->acquire_n(shared, 2) == TRUE);
    for (unsigned i = 0; i < count; i++)
        start(&threads[i], wait_and_say, NULL);
    while (f->acquire_n(shared, 0) == TRUE) /* until the first has begun */
        milliseconds(1);
    milliseconds(20); /* so that the others most likely sleep, too */
    CHECK(f->acquire(shared) == FALSE);
    f->release(shared);
    milliseconds(20);
    CHECK(atomic_load(&returned) == 0);
    atomic_store(&still_held, 0);
    f->release(shared);
    for (unsigned i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    CHECK(atomic_load(&returned) == (int)count);
    CHECK(atomic_load(&early) == 0);
    f->completed(shared);
    return NULL;
}

/* Users against an owner that frees what they use. */

static struct worker {
    pthread_t thread;
    unsigned long pairs, poisoned; /* not atomic: Wait has to make them visible */
    char apart[128];
} workers[THREADS];
static atomic_int alive;
static atomic_int passed_on; /* holds that were taken by one thread, and anyone may release */
static atomic_int busy;

static void *use(void *argument)
{
    struct worker *self = argument;
    unsigned long pairs = 0;
    while (f->acquire(shared)) {
        if (!atomic_load_explicit(&alive, memory_order_relaxed))
            self->poisoned++;
        self->pairs++;
        if (++pairs == PAIRS)
            atomic_fetch_add(&busy, 1);
        if (pairs % 16 == 0) {
            atomic_fetch_add(&passed_on, 1);
            continue;
        }
        f->release(shared);
        int left = atomic_load(&passed_on);
        if (left > 0 && atomic_compare_exchange_strong(&passed_on, &left, left - 1))
            f->release(shared);
    }
    return NULL;
}

static const char *users(unsigned rounds)
{
    shared = object_of(f);
    memset(workers, 0, sizeof workers);
    for (unsigned round = 0; round < rounds; round++) {
        pthread_t waiter;
        unsigned long before = 0, after = 0;
        atomic_store(&alive, 1);
        atomic_store(&busy, 0);
        for (int i = 0; i < THREADS; i++)
            start(&workers[i].thread, use, &workers[i]);
        while (atomic_load(&busy) < THREADS)
            milliseconds(1);
        atomic_store(&returned, 0);
        start(&waiter, wait_and_say, NULL);
        while (!atomic_load(&returned)) /* what nobody has released is released here */
            for (int left = atomic_exchange(&passed_on, 0); left > 0; left--)
                f->release(shared);
        atomic_store(&alive, 0);
        f->wait(shared);
        for (int i = 0; i < THREADS; i++)
            before += workers[i].pairs; /* no join yet: ordered by Wait alone */
        for (int i = 0; i < THREADS; i++)
            pthread_join(workers[i].thread, NULL);
        pthread_join(waiter, NULL);
        for (int i = 0; i < THREADS; i++) {
            after += workers[i].pairs;
            CHECK(workers[i].poisoned == 0);
        }
        CHECK(before == after);
        CHECK(before >= (unsigned long)(round + 1) * PAIRS * THREADS);
        f->completed(shared);
        f->reinitialize(shared);
    }
    return NULL;
}

/* The last release is the last access: the waiter fills the memory, and it stays as it is. */

static pthread_barrier_t both;

static void *release_last(void *argument)
{
    pthread_barrier_wait(&both);
    f->release(argument);
    return NULL;
}

static const char *free_at_once(unsigned rounds)
{
    SIZE_T size = f->size();
    unsigned char *memory = test_memory(size);
    pthread_barrier_init(&both, NULL, 2);
    for (unsigned round = 0; round < rounds; round++) {
        pthread_t holder;
        void *object = f->initialize(memory, size);
        CHECK(f->acquire(object) == TRUE);
        start(&holder, release_last, object);
        pthread_barrier_wait(&both);
        f->wait(object);
        memset(memory, 0xdd, size);
        pthread_join(holder, NULL);
        for (SIZE_T i = 0; i < size; i++)
            CHECK(memory[i] == 0xdd);
    }
    pthread_barrier_destroy(&both);
    return NULL;
}

#ifndef _WIN32 /* nothing interrupts a thread there */
/* A signal handler interrupts acquires and releases of the same thread, on the same slot. */

static atomic_ulong in_handler;

static void handler(int signal)
{
    (void)signal;
    if (f->acquire_n(shared, 3)) {
        f->release(shared);
        f->release_n(shared, 2);
        atomic_fetch_add(&in_handler, 1);
    }
}

static const char *interrupts(unsigned wanted)
{
    struct sigaction action, before;
    struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};
    shared = object_of(f);
    atomic_store(&in_handler, 0);
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    sigaction(SIGALRM, &action, &before);
    setitimer(ITIMER_REAL, &often, NULL);
    while (atomic_load(&in_handler) < wanted) {
        CHECK(f->acquire(shared) == TRUE);
        f->release(shared);
    }
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &before, NULL);
    f->wait(shared);
    f->completed(shared);
    return NULL;
}
#endif

static const struct test tests[] = {
    {waiters, 1, "Wait refuses new acquires and returns after the last release"},
    {waiters, THREADS, "any number of threads wait, all return, none before the last release"},
    {users, ROUNDS / 10, "users, owner and releases on other threads: nobody uses what is freed"},
    {free_at_once, ROUNDS, "the waiter may reuse the memory at once"},
#ifndef _WIN32
    {interrupts, ROUNDS, "acquire and release may interrupt themselves"},
#endif
};

const struct tests threads_tests = TESTS(tests);
