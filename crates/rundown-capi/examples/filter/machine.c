/* See machine.h. Nothing here knows of run-down protection. */
#include "machine.h"

#include <errno.h>
#include <stdlib.h>

struct lower lowers[DEVICES];
unsigned fail_at;

bool fails(void)
{
    return fail_at > 0 && --fail_at == 0;
}

void queue_init(struct queue *queue)
{
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->changed, NULL);
    queue->first = NULL;
    queue->end = &queue->first;
    queue->closed = false;
}

void queue_destroy(struct queue *queue)
{
    pthread_cond_destroy(&queue->changed);
    pthread_mutex_destroy(&queue->lock);
}

bool queue_put(struct queue *queue, struct request *request)
{
    bool closed;

    pthread_mutex_lock(&queue->lock);
    closed = queue->closed;
    if (!closed) {
        request->next = NULL;
        *queue->end = request;
        queue->end = &request->next;
        pthread_cond_signal(&queue->changed);
    }
    pthread_mutex_unlock(&queue->lock);
    return !closed;
}

struct request *queue_take(struct queue *queue)
{
    struct request *request;

    pthread_mutex_lock(&queue->lock);
    while (queue->first == NULL && !queue->closed)
        pthread_cond_wait(&queue->changed, &queue->lock);
    request = queue->first;
    if (request != NULL && (queue->first = request->next) == NULL)
        queue->end = &queue->first;
    pthread_mutex_unlock(&queue->lock);
    return request;
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
}

int lower_open(struct lower *lower)
{
    if (fails() || atomic_load(&lower->gone))
        return ENODEV;
    lower->opens++;
    return 0;
}

void lower_close(struct lower *lower)
{
    lower->opens--;
}

int lower_register(struct lower *lower, void (*removed)(unsigned number))
{
    if (fails())
        return ENOMEM;
    lower->removed = removed;
    return 0;
}

void lower_unregister(struct lower *lower)
{
    lower->removed = NULL;
}

bool lower_send(struct lower *lower, struct request *request)
{
    return queue_put(&lower->queue, request);
}

static void *serve(void *argument)
{
    struct lower *lower = argument;
    struct request *request;

    while ((request = queue_take(&lower->queue)) != NULL) {
        request->value = ~request->value;
        request->status = atomic_load(&lower->gone) ? EIO : 0;
        queue_put(request->filter, request);
    }
    return NULL;
}

void lower_plug_in(struct lower *lower)
{
    queue_init(&lower->queue);
    atomic_store(&lower->gone, false);
    for (unsigned i = 0; i < sizeof lower->threads / sizeof lower->threads[0]; i++)
        if (pthread_create(&lower->threads[i], NULL, serve, lower) != 0)
            abort();
}

void lower_pull_out(struct lower *lower)
{
    atomic_store(&lower->gone, true);
    queue_close(&lower->queue);
}

void lower_stop(struct lower *lower)
{
    for (unsigned i = 0; i < sizeof lower->threads / sizeof lower->threads[0]; i++)
        pthread_join(lower->threads[i], NULL);
    queue_destroy(&lower->queue);
}
