/* SPDX-License-Identifier: Apache-2.0 */
/* Loops that a busy thread opens and idle threads join: for example the labels of the only document.
 *
 * The threads belong to the caller (a filter). One of them calls work_sharing_run() within its task. The
 * others call work_sharing_join() when they would otherwise wait. */
#ifndef ECAN_BASE_WORK_SHARING_H
#define ECAN_BASE_WORK_SHARING_H

#include "base/pool.h"

#include <stdbool.h>

typedef struct work_sharing work_sharing;

work_sharing *work_sharing_new(void);    /* NULL with the message set */
void work_sharing_free(work_sharing *s); /* NULL is fine */

/* opened(context) is called whenever a loop is opened, to wake waiting threads. NULL: it is not called.
 * Not to be changed while loops are open. */
void work_sharing_on_open(work_sharing *s, void (*opened)(void *context), void *context);

/* Runs fn for tasks 0 .. tasks-1, in this thread and in those that join. Each passes its own worker
 * number. Returns when all tasks are done. If s is NULL, only this thread runs them. */
void work_sharing_run(work_sharing *s, pool_fn *fn, void *context, size_t tasks, size_t worker);

/* Works on an open loop until it has no unstarted tasks. Returns at once if no loop is open. */
void work_sharing_join(work_sharing *s, size_t worker);

/* Whether a loop has unstarted tasks. */
bool work_sharing_is_open(work_sharing *s);

#endif
