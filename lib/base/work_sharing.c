/* SPDX-License-Identifier: Apache-2.0 */
#include "base/work_sharing.h"

#include "base/mem.h"

#include <pthread.h>
#include <stdatomic.h>

/* Allocated on the stack of the thread that opened it. */
typedef struct loop {
    pool_fn *fn;
    void *context;
    size_t tasks;
    atomic_size_t next; /* next task to start */
    size_t joined;      /* threads that work on it, without its owner; protected by the lock */
    struct loop *next_loop;
} loop;

struct work_sharing {
    pthread_mutex_t lock;
    pthread_cond_t left;
    loop *first;
    void (*opened)(void *context);
    void *context;
};

work_sharing *work_sharing_new(void)
{
    work_sharing *s = mem_array(1, sizeof *s);
    if (s == NULL)
        return NULL;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->left, NULL);
    return s;
}

void work_sharing_free(work_sharing *s)
{
    if (s == NULL)
        return;
    pthread_cond_destroy(&s->left);
    pthread_mutex_destroy(&s->lock);
    mem_free(s);
}

void work_sharing_on_open(work_sharing *s, void (*opened)(void *context), void *context)
{
    s->opened = opened;
    s->context = context;
}

static void work(loop *l, size_t worker)
{
    for (size_t task; (task = atomic_fetch_add_explicit(&l->next, 1, memory_order_relaxed)) < l->tasks;)
        l->fn(l->context, task, worker);
}

static void unlink_loop(work_sharing *s, const loop *l)
{
    loop **at = &s->first;
    while (*at != l)
        at = &(*at)->next_loop;
    *at = l->next_loop;
}

void work_sharing_run(work_sharing *s, pool_fn *fn, void *context, size_t tasks, size_t worker)
{
    loop l = {.fn = fn, .context = context, .tasks = tasks};
    if (s == NULL || tasks <= 1) {
        work(&l, worker);
        return;
    }
    pthread_mutex_lock(&s->lock);
    l.next_loop = s->first;
    s->first = &l;
    pthread_mutex_unlock(&s->lock);
    if (s->opened)
        s->opened(s->context);

    work(&l, worker);

    pthread_mutex_lock(&s->lock);
    unlink_loop(s, &l);
    while (l.joined > 0)
        pthread_cond_wait(&s->left, &s->lock);
    pthread_mutex_unlock(&s->lock);
}

/* The most recently opened loop with unstarted tasks. The caller holds the lock. */
static loop *open_loop(const work_sharing *s)
{
    loop *l = s->first;
    while (l && atomic_load_explicit(&l->next, memory_order_relaxed) >= l->tasks)
        l = l->next_loop;
    return l;
}

bool work_sharing_is_open(work_sharing *s)
{
    if (s == NULL)
        return false;
    pthread_mutex_lock(&s->lock);
    const bool is_open = open_loop(s) != NULL;
    pthread_mutex_unlock(&s->lock);
    return is_open;
}

void work_sharing_join(work_sharing *s, size_t worker)
{
    if (s == NULL)
        return;
    pthread_mutex_lock(&s->lock);
    loop *l = open_loop(s);
    if (l) {
        l->joined++;
        pthread_mutex_unlock(&s->lock);
        work(l, worker);
        pthread_mutex_lock(&s->lock);
        if (--l->joined == 0)
            pthread_cond_broadcast(&s->left);
    }
    pthread_mutex_unlock(&s->lock);
}
