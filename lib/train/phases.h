/* Work in phases of numbered tasks, each of microseconds, that several threads share: a phase begins when all
 * tasks of the one before are done. Who is there takes the next task, so that a thread that others have taken
 * the core from keeps nobody waiting but for the task that it is at.
 *
 *     for (uint64_t phase = 0; phase < many; phase++) {
 *         for (int32_t task; (task = phases_take(&p, phase, tasks)) >= 0; phases_done(&p, phase, tasks))
 *             ...
 *         phases_wait(&p, phase);
 *     } */
#ifndef ECAN_TRAIN_PHASES_H
#define ECAN_TRAIN_PHASES_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#define PHASES_TASKS (INT32_C(1) << 24) /* of a phase at most */

typedef struct phases {
    atomic_uint_fast64_t next; /* phase * PHASES_TASKS + the task to take */
    atomic_int_fast32_t done;  /* tasks of the phase */
    pthread_mutex_t lock;
    pthread_cond_t moved;
} phases;

void phases_init(phases *p);
void phases_free(phases *p);

/* Phase 0 is next. No thread is at work. */
void phases_restart(phases *p);

/* A task of the phase, 0 .. tasks-1; -1 where all are taken. tasks > 0. */
int32_t phases_take(phases *p, uint64_t phase, int32_t tasks);
/* The one taken is done. */
void phases_done(phases *p, uint64_t phase, int32_t tasks);
/* Returns when all tasks of the phase are done. */
void phases_wait(phases *p, uint64_t phase);

#endif
