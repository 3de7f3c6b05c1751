/* SPDX-License-Identifier: Apache-2.0 */
#include "train/phases.h"

#include "base/mem.h"

#define SPINS 20000 /* looks before falling asleep: some tens of microseconds */

int phases_init(phases *p, size_t most)
{
    p->most = most;
    p->taken = mem_array(most, sizeof *p->taken);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->moved, NULL);
    if (p->taken == NULL)
        return -1;
    phases_restart(p);
    return 0;
}

void phases_free(phases *p)
{
    mem_free(p->taken);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->moved);
}

void phases_restart(phases *p)
{
    atomic_store(&p->phase, 0);
    atomic_store(&p->done, 0);
    for (size_t task = 0; task < p->most; task++)
        atomic_store(&p->taken[task], 0);
}

/* Who is late finds all tasks of its phase taken. */
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

/* The last one opens the next phase. */
void phases_done(phases *p, uint64_t phase, size_t tasks)
{
    if (atomic_fetch_add(&p->done, 1) + 1 < tasks)
        return;
    atomic_store(&p->done, 0);
    pthread_mutex_lock(&p->lock);
    atomic_store(&p->phase, phase + 1);
    pthread_cond_broadcast(&p->moved);
    pthread_mutex_unlock(&p->lock);
}

/* The wait is mostly shorter than falling asleep and waking up; but where the cores are wanted by others too,
 * who sleeps gets one back sooner than who spins. */
void phases_wait(phases *p, uint64_t phase)
{
    for (int spins = 0; spins < SPINS; spins++)
        if (atomic_load_explicit(&p->phase, memory_order_acquire) > phase)
            return;
    pthread_mutex_lock(&p->lock);
    while (atomic_load(&p->phase) <= phase)
        pthread_cond_wait(&p->moved, &p->lock);
    pthread_mutex_unlock(&p->lock);
}
