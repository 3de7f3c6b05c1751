/* A place where threads wait until the last of them has come, for work that takes microseconds between two of
 * them. */
#ifndef ECAN_TRAIN_BARRIER_H
#define ECAN_TRAIN_BARRIER_H

#include <pthread.h>
#include <stdatomic.h>

typedef struct barrier {
    int n;
    atomic_int waiting;
    atomic_uint round;
    pthread_mutex_t lock;
    pthread_cond_t next;
} barrier;

void barrier_init(barrier *b, int n);
void barrier_free(barrier *b);

/* Returns when n threads are here. */
void barrier_wait(barrier *b);

#endif
