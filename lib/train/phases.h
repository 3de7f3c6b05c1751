/* SPDX-License-Identifier: Apache-2.0 */
/* Phases of short tasks (microseconds) that several threads share. A phase starts when all tasks of the
 * previous phase are done. Each thread begins with tasks of its own, whose data are in the cache of its core.
 * Then it takes tasks that no thread has taken. So a thread that the operating system has suspended delays
 * the others by at most one task.
 *
 *     for (uint64_t phase = 0; phase < many; phase++) {
 *         for (size_t task; phases_take(&task, &p, phase, tasks, first); phases_done(&p, phase, tasks))
 *             ...
 *         phases_wait(&p, phase);
 *     } */
#ifndef ECAN_TRAIN_PHASES_H
#define ECAN_TRAIN_PHASES_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct phases {
    atomic_uint_fast64_t phase;  /* the current phase */
    atomic_uint_fast64_t *taken; /* [max_tasks] 1 + the last phase in which the task was taken; owned */
    atomic_size_t done;          /* tasks of the phase that are done */
    size_t max_tasks;
    pthread_mutex_t lock;
    pthread_cond_t changed;
} phases;

/* For phases of at most max_tasks tasks. 0, or -1: out of memory. Free p with phases_free() in both cases. */
int phases_init(phases *p, size_t max_tasks);
void phases_free(phases *p);

/* Starts again with phase 0. No other thread may use p meanwhile. */
void phases_restart(phases *p);

/* Takes a task of the phase, 0 .. tasks-1: `first`, or the next one that is free. false: all tasks are taken.
 * first < tasks. */
bool phases_take(size_t *task, phases *p, uint64_t phase, size_t tasks, size_t first);
/* Reports that the task is done. */
void phases_done(phases *p, uint64_t phase, size_t tasks);
/* Returns when all tasks of the phase are done. */
void phases_wait(phases *p, uint64_t phase);

#endif
