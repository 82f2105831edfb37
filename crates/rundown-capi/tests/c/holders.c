/* Who holds it: holds of two places and two threads, on demand and by a wait that is late. Valid C11 and C++17.
 *
 * Linked against the library with feature `holders`. Prints what is wrong, or that it is done. */
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RUNDOWN_HOLDERS
#include "rundown.h"

/* What the library prints. */
static int pipe_ends[2];
static char said[8192];

static void not_so(const char *what)
{
    printf("holders: %s; said:\n%s", what, said);
    fflush(stdout);
    _exit(1);
}

/* Reads what was printed so far, and takes the slots out, which are those of the moment. */
static void listen(void)
{
    size_t length = strlen(said);
    ssize_t more = read(pipe_ends[0], said + length, sizeof said - length - 1);
    said[length + (more > 0 ? (size_t)more : 0)] = 0;
    for (char *slot; (slot = strstr(said, "slot ")) != NULL;)
        memmove(slot, strstr(slot, ", ") + 2, strlen(strstr(slot, ", ") + 2) + 1);
}

/* A line of the list: a count, and where it was taken; 0: by somebody who does not say. */
struct hold {
    unsigned count;
    int line;
};

/* Checks what was printed: a first line, and these holds in any order. Then it is forgotten. */
static void lists(const char *routine, const void *object, const char *rest, unsigned count, const struct hold *holds)
{
    char text[400];
    unsigned lines = 0;
    listen();
    if (routine[0] != 0)
        snprintf(text, sizeof text, "rundown: %s(%p)%s", routine, object, rest);
    else
        snprintf(text, sizeof text, "rundown: run-down object at %p%s", object, rest);
    if (strncmp(said, text, strlen(text)) != 0)
        not_so(text);
    for (const char *end = said; (end = strchr(end, '\n')) != NULL; end++)
        lines++;
    if (lines != count + 1)
        not_so("another number of lines");
    for (unsigned i = 0; i < count; i++) {
        const char *many = holds[i].count == 1 ? "hold" : "holds";
        if (holds[i].line == 0)
            snprintf(text, sizeof text, "\n  %u %s, taken by a caller who does not say where\n",
                     holds[i].count, many);
        else
            snprintf(text, sizeof text, "\n  %u %s, taken at %s:%d\n", holds[i].count, many, __FILE__, holds[i].line);
        if (strstr(said, text) == NULL)
            not_so(text);
    }
    said[0] = 0;
}

static void prints(const void *object, unsigned count, const struct hold *holds)
{
    rundown_print_holders(object);
    lists("", object, count == 0 ? "; held by: nobody on record\n" : "; held by:\n", count, holds);
}

static sem_t taken, waits;
static int taken_at;

static void wait_for(sem_t *event)
{
    while (sem_wait(event) != 0)
        ;
}

/* Holds the object until the wait for it has said who holds it. */
static void *holder(void *object)
{
    if (!ExAcquireRundownProtectionEx((PEX_RUNDOWN_REF)object, 2)) not_so("refused"); taken_at = __LINE__;
    sem_post(&taken);
    wait_for(&waits);
    while (said[0] == 0 || said[strlen(said) - 1] != '\n') {
        usleep(1000);
        listen();
    }
    struct hold own = {2, taken_at};
    lists("ExWaitForRundownProtectionRelease", object, ": still waiting; held by:\n", 1, &own);
    ExReleaseRundownProtectionEx((PEX_RUNDOWN_REF)object, 2);
    return NULL;
}

static void plain(void)
{
    EX_RUNDOWN_REF object, other = EX_RUNDOWN_REF_INIT;
    BOOLEAN (*raw)(PEX_RUNDOWN_REF) = ExAcquireRundownProtection;
    struct hold holds[3] = {{1, 0}, {3, 0}, {2, 0}};
    pthread_t thread;
    ExInitializeRundownProtection(&object);
    prints(&object, 0, NULL);
    if (!ExAcquireRundownProtection(&object)) not_so("refused"); holds[0].line = __LINE__;
    if (!ExfAcquireRundownProtectionEx(&object, 3)) not_so("refused"); holds[1].line = __LINE__;
    if (!ExAcquireRundownProtection(&other) || !ExAcquireRundownProtectionEx(&object, 0))
        not_so("refused");
    prints(&object, 2, holds);
    /* The same thread's latest. */
    ExReleaseRundownProtection(&object);
    holds[1].count = 2;
    prints(&object, 2, holds);
    ExReleaseRundownProtectionEx(&object, 2);
    prints(&object, 1, holds);
    /* Not those of another thread, whichever was first. */
    if (pthread_create(&thread, NULL, holder, &object) != 0)
        abort();
    wait_for(&taken);
    holds[2].line = taken_at;
    if (!raw(&object))
        not_so("refused");
    holds[1].count = 1;
    holds[1].line = 0;
    prints(&object, 3, holds);
    ExReleaseRundownProtectionEx(&object, 2);
    prints(&object, 1, &holds[2]);
    ExReleaseRundownProtection(&other);
    sem_post(&waits);
    ExWaitForRundownProtectionRelease(&object);
    pthread_join(thread, NULL);
    prints(&object, 0, NULL);
    prints(&other, 0, NULL);
    prints((const void *)&holds[0], 0, NULL);
    if (ExAcquireRundownProtection(&object))
        not_so("granted");
    prints(&object, 0, NULL);
}

static void cache_aware(void)
{
    PEX_RUNDOWN_REF_CACHE_AWARE object = ExAllocateCacheAwareRundownProtection(NonPagedPool, 0);
    struct hold holds[2] = {{1, 0}, {2, 0}};
    if (!ExAcquireRundownProtectionCacheAware(object)) not_so("refused"); holds[0].line = __LINE__;
    if (!ExAcquireRundownProtectionCacheAwareEx(object, 2)) not_so("refused"); holds[1].line = __LINE__;
    prints(object, 2, holds);
    ExReleaseRundownProtectionCacheAwareEx(object, 2);
    prints(object, 1, holds);
    ExReleaseRundownProtectionCacheAware(object);
    prints(object, 0, NULL);
    ExFreeCacheAwareRundownProtection(object);
}

static void pooled(void)
{
    SIZE_T size = RundownSizeOfPool(2);
    void *memory = malloc(size);
    PRUNDOWN_POOL pool = RundownInitializePool(memory, size, 2);
    PEX_RUNDOWN_REF_POOLED object = RundownTakeFromPool(pool), neighbour = RundownTakeFromPool(pool);
    struct hold holds[2] = {{1, 0}, {2, 0}};
    if (!RundownAcquirePooled(object)) not_so("refused"); holds[0].line = __LINE__;
    if (!RundownAcquirePooledEx(object, 2)) not_so("refused"); holds[1].line = __LINE__;
    prints(object, 2, holds);
    prints(neighbour, 0, NULL);
    RundownReleasePooledEx(object, 2);
    prints(object, 1, holds);
    RundownReleasePooled(object);
    prints(object, 0, NULL);
    RundownWaitPooled(object);
    RundownGiveBackToPool(object);
    free(memory);
}

int main(void)
{
    sem_init(&taken, 0, 0);
    sem_init(&waits, 0, 0);
    if (pipe(pipe_ends) != 0 || fcntl(pipe_ends[0], F_SETFL, O_NONBLOCK) != 0 || dup2(pipe_ends[1], 2) != 2)
        abort();
    plain();
    cache_aware();
    pooled();
    printf("holders: done\n");
    return 0;
}
