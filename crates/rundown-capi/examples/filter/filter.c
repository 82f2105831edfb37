/* A filter driver in user space: what a driver does with run-down protection, from load to unload.
 *
 *     client --- dispatch ---> filter -------------> device
 *     client <---------------- filter's thread <---- device's threads
 *
 * It masks what goes down and unmasks what comes up. While clients send requests on many threads it may be attached
 * to devices and detached, devices are pulled out, it is unloaded, and any step of its set-up fails.
 *
 *     object        family       held                                      protects
 *     filter_users  plain        by a client from open to close: rare      the filter's code and globals
 *     device->io    cache-aware  by a request from dispatch to its answer  the device's context, and the way down
 *
 * An object itself has to outlive whoever may still try to acquire it. So `filter_users` is static, and `io` stays
 * until no client has the filter open, however often its device was attached and detached. */
#define _DEFAULT_SOURCE 1 /* MAP_ANONYMOUS */

#include "filter.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { TAG = 0x746c6946 };

struct context { /* of a device, from attach to detach */
    struct lower *lower;
    unsigned mask;
    unsigned long answered; /* by the filter's thread alone */
};

EX_RUNDOWN_REF filter_users = EX_RUNDOWN_REF_INIT_RUN_DOWN; /* off until load */
struct filter *filter;
unsigned long filter_answered;

/* README: from here */
/* On the client's thread. The client has the filter open. */
static int dispatch(struct device *device, struct request *request)
{
    if (!ExAcquireRundownProtectionCacheAware(device->io))
        return ENXIO; /* not attached, or no longer */
    request->device = device;
    request->filter = &filter->answers;
    request->value ^= device->context->mask;
    if (!lower_send(device->context->lower, request)) {
        ExReleaseRundownProtectionCacheAware(device->io);
        return ENODEV; /* pulled out, of which the filter will hear */
    }
    return 0; /* The hold went with the request and may have ended: not a look at the context any more. */
}

/* On the filter's own thread, which unload ends. */
static void answer(struct request *request)
{
    struct device *device = request->device;

    request->value ^= device->context->mask;
    device->context->answered++;
    ExReleaseRundownProtectionCacheAware(device->io); /* from here on the context may be gone */
    queue_put(request->client, request);
}

/* While requests are under way, and more keep coming. */
void filter_detach(unsigned number)
{
    struct device *device = &filter->devices[number];
    struct context *context = device->context;

    ExWaitForRundownProtectionReleaseCacheAware(device->io); /* dispatch refuses, and every answer has come */
    filter_answered += context->answered;
    lower_unregister(context->lower);
    lower_close(context->lower);
    device->context = NULL;
    free(context);
}
/* README: to here */

static void *work(void *unused)
{
    struct request *request;

    (void)unused;
    while ((request = queue_take(&filter->answers)) != NULL)
        answer(request);
    return NULL;
}

/* The first time and again. Where a step fails, those before it are undone and the device stays off. */
int filter_attach(unsigned number)
{
    static unsigned attached;
    struct device *device = &filter->devices[number];
    struct lower *lower = &lowers[number];
    struct context *context;
    int status;

    context = fails() ? NULL : malloc(sizeof *context);
    if (context == NULL)
        return ENOMEM;
    status = lower_open(lower);
    if (status != 0)
        goto free_context;
    status = lower_register(lower, filter_detach);
    if (status != 0)
        goto close_lower;
    *context = (struct context){.lower = lower, .mask = ++attached * 0x9e3779b9u};
    device->context = context;
    ExReInitializeRundownProtectionCacheAware(device->io); /* last: now dispatch sends */
    return 0;

close_lower:
    lower_close(lower);
free_context:
    free(context);
    return status;
}

int filter_load(void)
{
    enum { ACCESS = PROT_READ | PROT_WRITE, KIND = MAP_PRIVATE | MAP_ANONYMOUS };
    unsigned devices = 0;
    int status = ENOMEM;

    filter = fails() ? MAP_FAILED : mmap(NULL, sizeof *filter, ACCESS, KIND, -1, 0);
    if (filter == MAP_FAILED)
        goto no_filter;
    for (; devices < DEVICES; devices++) {
        PEX_RUNDOWN_REF_CACHE_AWARE io = fails() ? NULL : ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, TAG);
        if (io == NULL)
            goto free_devices;
        filter->devices[devices].io = io;
    }
    queue_init(&filter->answers);
    status = fails() ? EAGAIN : pthread_create(&filter->worker, NULL, work, NULL);
    if (status != 0)
        goto destroy_queue;
    filter->dispatch = dispatch;
    for (unsigned i = 0; i < DEVICES; i++)
        ExRundownCompletedCacheAware(filter->devices[i].io); /* off until attach. Nobody has it yet: no wait */
    ExReInitializeRundownProtection(&filter_users); /* last: now clients open the filter */
    return 0;

destroy_queue:
    queue_destroy(&filter->answers);
free_devices:
    while (devices > 0)
        ExFreeCacheAwareRundownProtection(filter->devices[--devices].io); /* live, but nobody has it: no wait */
    munmap(filter, sizeof *filter);
no_filter:
    filter = NULL;
    return status;
}

void filter_unload(void)
{
    for (unsigned i = 0; i < DEVICES; i++)
        if (filter->devices[i].context != NULL)
            filter_detach(i);
    ExWaitForRundownProtectionRelease(&filter_users); /* no client has the filter open, so none is in its code */
    queue_close(&filter->answers);
    pthread_join(filter->worker, NULL); /* it may still be on its way out of its last answer */
    queue_destroy(&filter->answers);
    for (unsigned i = 0; i < DEVICES; i++)
        ExFreeCacheAwareRundownProtection(filter->devices[i].io);
    munmap(filter, sizeof *filter);
    filter = NULL;
}
