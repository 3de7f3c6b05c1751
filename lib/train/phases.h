/* SPDX-License-Identifier: Apache-2.0 */
/* Work in phases of numbered tasks, each of microseconds, that several threads share: a phase begins when all
 * tasks of the one before are done. A thread takes tasks from a number of its own on, whose data its core has
 * in the cache, and then those that nobody has taken: a thread that has lost its core to other programs keeps
 * nobody waiting but for the task that it is at.
 *
 *     for (uint64_t phase = 0; phase < many; phase++) {
 *         for (int32_t task; (task = phases_take(&p, phase, tasks, first)) >= 0; phases_done(&p, phase,
 * tasks))
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
    atomic_uint_fast64_t phase;  /* that is open */
    atomic_uint_fast64_t *taken; /* [most] the last phase in which somebody took the task, plus 1; owned */
    atomic_size_t done;          /* tasks of the phase */
    size_t most;
    pthread_mutex_t lock;
    pthread_cond_t moved;
} phases;

/* For phases of `most` tasks or less. 0 or -1; freed with phases_free() in both cases. */
int phases_init(phases *p, size_t most);
void phases_free(phases *p);

/* Phase 0 is next. No thread is at work. */
void phases_restart(phases *p);

/* A task of the phase, 0 .. tasks-1, `first` or the next one that is free; -1 where all are taken. tasks >
 * first >= 0. */
bool phases_take(size_t *task, phases *p, uint64_t phase, size_t tasks, size_t first);
/* The one taken is done. */
void phases_done(phases *p, uint64_t phase, size_t tasks);
/* Returns when all tasks of the phase are done. */
void phases_wait(phases *p, uint64_t phase);

#endif
