/* SPDX-License-Identifier: Apache-2.0 */
/* Loops that a busy thread opens and others join that have nothing to do: the labels of the only document
 * there is.
 *
 * The threads are somebody else's (a filter's): one of them calls work_sharing_run() in the midst of its
 * task, and the others call work_sharing_join() when they would else wait. */
#ifndef ECAN_BASE_WORK_SHARING_H
#define ECAN_BASE_WORK_SHARING_H

#include "base/pool.h"

#include <stdbool.h>

typedef struct work_sharing work_sharing;

work_sharing *work_sharing_new(void);    /* NULL with the message set */
void work_sharing_free(work_sharing *s); /* NULL is fine */

/* opened(context) is called whenever there is something to join, to wake those who wait; NULL: nobody does.
 * Not while loops are open. */
void work_sharing_on_open(work_sharing *s, void (*opened)(void *context), void *context);

/* Runs fn for tasks 0 .. tasks-1, in this thread and in those that join, each under its own worker's number;
 * returns when all are done. s NULL: in this thread alone. */
void work_sharing_run(work_sharing *s, pool_fn *fn, void *context, size_t tasks, size_t worker);

/* Works on a loop until none of its tasks is left; returns at once where there is none. */
void work_sharing_join(work_sharing *s, size_t worker);

/* Whether there is one with tasks left. */
bool work_sharing_is_open(work_sharing *s);

#endif
