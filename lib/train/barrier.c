#include "train/barrier.h"

#define SPINS 20000 /* looks before falling asleep: some tens of microseconds */

void barrier_init(barrier *b, int n)
{
    *b = (barrier){.n = n};
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->next, NULL);
}

void barrier_free(barrier *b)
{
    pthread_mutex_destroy(&b->lock);
    pthread_cond_destroy(&b->next);
}

/* The wait is mostly shorter than falling asleep and waking up; but where the cores are wanted by others too,
 * who sleeps gets one back sooner than who spins. */
void barrier_wait(barrier *b)
{
    unsigned round = atomic_load(&b->round);
    if (atomic_fetch_add(&b->waiting, 1) == b->n - 1) {
        atomic_store(&b->waiting, 0);
        pthread_mutex_lock(&b->lock);
        atomic_fetch_add(&b->round, 1);
        pthread_cond_broadcast(&b->next);
        pthread_mutex_unlock(&b->lock);
        return;
    }
    for (int spins = 0; spins < SPINS; spins++)
        if (atomic_load_explicit(&b->round, memory_order_acquire) != round)
            return;
    pthread_mutex_lock(&b->lock);
    while (atomic_load(&b->round) == round)
        pthread_cond_wait(&b->next, &b->lock);
    pthread_mutex_unlock(&b->lock);
}
