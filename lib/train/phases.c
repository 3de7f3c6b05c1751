#include "train/phases.h"

#define SPINS 20000 /* looks before falling asleep: some tens of microseconds */

void phases_init(phases *p)
{
    atomic_init(&p->next, 0);
    atomic_init(&p->done, 0);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->moved, NULL);
}

void phases_free(phases *p)
{
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->moved);
}

void phases_restart(phases *p)
{
    atomic_store(&p->next, 0);
}

int32_t phases_take(phases *p, uint64_t phase, int32_t tasks)
{
    uint_fast64_t next = atomic_load(&p->next), end = phase * PHASES_TASKS + (uint64_t)tasks;
    while (next < end && next / PHASES_TASKS == phase)
        if (atomic_compare_exchange_weak(&p->next, &next, next + 1))
            return (int32_t)(next % PHASES_TASKS);
    return -1;
}

/* The last one opens the next phase. */
void phases_done(phases *p, uint64_t phase, int32_t tasks)
{
    if (atomic_fetch_add(&p->done, 1) + 1 < tasks)
        return;
    atomic_store(&p->done, 0);
    pthread_mutex_lock(&p->lock);
    atomic_store(&p->next, (phase + 1) * PHASES_TASKS);
    pthread_cond_broadcast(&p->moved);
    pthread_mutex_unlock(&p->lock);
}

/* The wait is mostly shorter than falling asleep and waking up; but where the cores are wanted by others too,
 * who sleeps gets one back sooner than who spins. */
void phases_wait(phases *p, uint64_t phase)
{
    for (int spins = 0; spins < SPINS; spins++)
        if (atomic_load_explicit(&p->next, memory_order_acquire) / PHASES_TASKS > phase)
            return;
    pthread_mutex_lock(&p->lock);
    while (atomic_load(&p->next) / PHASES_TASKS <= phase)
        pthread_cond_wait(&p->moved, &p->lock);
    pthread_mutex_unlock(&p->lock);
}
