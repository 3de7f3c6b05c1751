/* SPDX-License-Identifier: Apache-2.0 */
#include "train/phases.h"

#include "base/mem.h"

#define SPINS 20000 /* polls before sleeping, tens of microseconds */

int phases_init(phases *p, size_t max_tasks)
{
    p->max_tasks = max_tasks;
    p->taken = mem_array(max_tasks, sizeof *p->taken);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->changed, NULL);
    if (p->taken == NULL)
        return -1;
    phases_restart(p);
    return 0;
}

void phases_free(phases *p)
{
    mem_free(p->taken);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->changed);
}

void phases_restart(phases *p)
{
    atomic_store(&p->phase, 0);
    atomic_store(&p->done, 0);
    for (size_t task = 0; task < p->max_tasks; task++)
        atomic_store(&p->taken[task], 0);
}

/* A thread that comes late finds all tasks of its phase taken. */
bool phases_take(size_t *task, phases *p, uint64_t phase, size_t tasks, size_t first)
{
    for (size_t i = 0; i < tasks; i++) {
        *task = first + i < tasks ? first + i : first + i - tasks;
        uint_fast64_t before = atomic_load(&p->taken[*task]);
        if (before <= phase && atomic_compare_exchange_strong(&p->taken[*task], &before, phase + 1))
            return true;
    }
    return false;
}

/* The last task starts the next phase. */
void phases_done(phases *p, uint64_t phase, size_t tasks)
{
    if (atomic_fetch_add(&p->done, 1) + 1 < tasks)
        return;
    atomic_store(&p->done, 0);
    pthread_mutex_lock(&p->lock);
    atomic_store(&p->phase, phase + 1);
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

/* A wait is usually shorter than going to sleep and waking up, so a thread polls first. If other programs use
 * the cores, sleeping gets a core back sooner than polling. */
void phases_wait(phases *p, uint64_t phase)
{
    for (int spins = 0; spins < SPINS; spins++)
        if (atomic_load_explicit(&p->phase, memory_order_acquire) > phase)
            return;
    pthread_mutex_lock(&p->lock);
    while (atomic_load(&p->phase) <= phase)
        pthread_cond_wait(&p->changed, &p->lock);
    pthread_mutex_unlock(&p->lock);
}
