/* Two copies of the library meet one object: a program and its plug-in, each linked with the archive; and two
 * processes that share memory. Linked with the shared library instead, both have one copy (`one`). Compiled twice,
 * as the program and, with PLUGIN, as the plug-in. */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "rundown.h"

#ifdef PLUGIN

void detach_plain(PEX_RUNDOWN_REF object) { ExWaitForRundownProtectionRelease(object); }
void release_plain(PEX_RUNDOWN_REF object) { ExReleaseRundownProtection(object); }
void detach_cache_aware(PEX_RUNDOWN_REF_CACHE_AWARE object) { ExWaitForRundownProtectionReleaseCacheAware(object); }
void take(PRUNDOWN_POOL pool) { RundownTakeFromPool(pool); }

#else

#define WANTED(condition)                                      \
    do {                                                       \
        if (!(condition)) {                                    \
            fprintf(stderr, "does not hold: %s\n", #condition); \
            exit(3);                                           \
        }                                                      \
    } while (0)

typedef void routine(void *object);

static routine *in_plugin(void *plugin, const char *name)
{
    union {
        void *pointer;
        routine *call;
    } function;
    function.pointer = dlsym(plugin, name);
    WANTED(function.pointer != NULL);
    return function.call;
}

static void with_plugin(void *plugin, const char *name, void *object)
{
    printf("%p\n", object);
    fflush(stdout);
    in_plugin(plugin, name)(object);
}

/* As those of the plug-in. */
static void detach_plain(void *object) { ExWaitForRundownProtectionRelease((PEX_RUNDOWN_REF)object); }
static void release_plain(void *object) { ExReleaseRundownProtection((PEX_RUNDOWN_REF)object); }

struct waiter {
    routine *detach;
    void *object;
};

static void *run_down(void *argument)
{
    struct waiter *self = (struct waiter *)argument;
    self->detach(self->object);
    return NULL;
}

/* One side waits in a thread, and the other releases what it waits for. */
static void wakes(routine *detach, routine *release, PEX_RUNDOWN_REF object)
{
    struct waiter waiter = {detach, object};
    pthread_t thread;
    WANTED(ExAcquireRundownProtection(object) == TRUE);
    WANTED(pthread_create(&thread, NULL, run_down, &waiter) == 0);
    while (ExAcquireRundownProtectionEx(object, 0) == TRUE)
        usleep(1000);
    usleep(20000); /* so that it most likely sleeps */
    release(object);
    WANTED(pthread_join(thread, NULL) == 0);
    ExReInitializeRundownProtection(object);
}

/* At the same address in both processes. */
static EX_RUNDOWN_REF *shared_at(int memory)
{
    void *at = (void *)0x200000000000;
    void *mapped = mmap(at, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, memory, 0);
    WANTED(mapped == at);
    return (EX_RUNDOWN_REF *)mapped;
}

int main(int count, char **words)
{
    static EX_RUNDOWN_REF zeroed;
    WANTED(count == 3);
    alarm(60); /* a mistake that is not noticed waits for ever */
    if (strcmp(words[1], "process") == 0) {
        int memory = memfd_create("object", 0);
        char number[20];
        EX_RUNDOWN_REF *object;
        WANTED(memory >= 0 && ftruncate(memory, 4096) == 0);
        object = shared_at(memory);
        ExInitializeRundownProtection(object);
        WANTED(ExAcquireRundownProtection(object) == TRUE);
        snprintf(number, sizeof number, "%d", memory);
        execl(words[0], words[0], "other", number, (char *)NULL);
    } else if (strcmp(words[1], "other") == 0) {
        EX_RUNDOWN_REF *object = shared_at(atoi(words[2]));
        printf("%p\n", (void *)object);
        fflush(stdout);
        ExReleaseRundownProtection(object);
    } else {
        void *plugin = dlopen(words[2], RTLD_NOW | RTLD_LOCAL);
        SIZE_T size = ExSizeOfRundownProtectionCacheAware();
        WANTED(plugin != NULL);
        if (strcmp(words[1], "one") == 0) {
            SIZE_T bytes = RundownSizeOfPool(1);
            wakes(in_plugin(plugin, "detach_plain"), release_plain, &zeroed);
            wakes(detach_plain, in_plugin(plugin, "release_plain"), &zeroed);
            in_plugin(plugin, "take")(RundownInitializePool(malloc(bytes), bytes, 1));
            return 0;
        }
        if (strcmp(words[1], "plain") == 0) {
            WANTED(ExAcquireRundownProtection(&zeroed) == TRUE);
            with_plugin(plugin, "detach_plain", &zeroed);
        } else if (strcmp(words[1], "cache-aware") == 0) {
            PEX_RUNDOWN_REF_CACHE_AWARE object = (PEX_RUNDOWN_REF_CACHE_AWARE)malloc(size);
            ExInitializeRundownProtectionCacheAware(object, size);
            WANTED(ExAcquireRundownProtectionCacheAware(object) == TRUE);
            with_plugin(plugin, "detach_cache_aware", object);
        } else {
            SIZE_T bytes = RundownSizeOfPool(1);
            with_plugin(plugin, "take", RundownInitializePool(malloc(bytes), bytes, 1));
        }
    }
    return 4; /* nobody has noticed */
}

#endif
