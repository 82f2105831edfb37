/* What is around a filter: requests, queues of them, and the devices below. */
#ifndef MACHINE_H
#define MACHINE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { DEVICES = 3 };

struct device; /* the filter's */

struct request {
    unsigned value;
    int status;             /* 0, or an errno, once it is answered */
    struct queue *client;   /* where the client waits for the answer */
    struct queue *filter;   /* where the filter does */
    struct device *device;  /* what the filter sent it to */
    struct request *next;
};

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct request *first, **end;
    bool closed;
};

void queue_init(struct queue *queue);
void queue_destroy(struct queue *queue);
/* Whether it takes the request, which others may have finished with before this returns. */
bool queue_put(struct queue *queue, struct request *request);
/* Waits for a request. NULL: there is none, nor will there be. */
struct request *queue_take(struct queue *queue);
/* Takes no more requests. Those that it has can still be taken. */
void queue_close(struct queue *queue);

/* A device: it answers with the bits inverted, on threads of its own. */
struct lower {
    struct queue queue;
    pthread_t threads[2];
    atomic_bool gone;
    unsigned opens;
    void (*removed)(unsigned number); /* whom to tell that it was pulled out */
};

extern struct lower lowers[DEVICES];

int lower_open(struct lower *lower);
void lower_close(struct lower *lower);
int lower_register(struct lower *lower, void (*removed)(unsigned number));
void lower_unregister(struct lower *lower);
/* Whether the request is on its way. If it is, it may be answered already. */
bool lower_send(struct lower *lower, struct request *request);

/* As a hand does it: requests fail from now on, and nobody has been told. */
void lower_pull_out(struct lower *lower);
/* Ends the threads of one that was pulled out, after the last answer. */
void lower_stop(struct lower *lower);
void lower_plug_in(struct lower *lower);

/* Whether the next step of a set-up fails: one of them does, the first for 1 and so on; none for 0. */
extern unsigned fail_at;
bool fails(void);

#endif
