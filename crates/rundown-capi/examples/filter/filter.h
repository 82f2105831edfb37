/* The filter, as the system and its clients see it. */
#ifndef FILTER_H
#define FILTER_H

#include "machine.h"
#include "rundown.h"

/* What others touch of the filter's code and globals. It is mapped at load and unmapped at unload, as a driver is:
 * whoever comes too late meets a fault. */
struct filter {
    /* Sends a request to a device. 0: the answer comes to the client's queue. */
    int (*dispatch)(struct device *device, struct request *request);
    struct device {
        PEX_RUNDOWN_REF_CACHE_AWARE io;
        struct context *context; /* for who holds `io` */
    } devices[DEVICES];
    struct queue answers;
    pthread_t worker;
};

/* A client holds `filter_users` while it has the filter open; then `filter` is there. */
extern EX_RUNDOWN_REF filter_users;
extern struct filter *filter;
/* How many requests came back through filters that have been detached. */
extern unsigned long filter_answered;

/* The system calls these, one at a time. 0, or an errno. */
int filter_load(void);
void filter_unload(void);
int filter_attach(unsigned number);
void filter_detach(unsigned number);

#endif
