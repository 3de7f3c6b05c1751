/* SPDX-License-Identifier: Apache-2.0 */
/* A thread pool that runs one function over numbered tasks.
 *
 * pool_run() does not fix which worker runs which task. For bit-identical results from run to run, a
 * caller sums per task, or uses one task per worker and divides the work itself. */
#ifndef ECAN_BASE_POOL_H
#define ECAN_BASE_POOL_H

#include <stddef.h>

typedef struct pool pool;

/* worker is 0 .. pool_size()-1 and can index scratch memory. */
typedef void pool_fn(void *context, size_t task, size_t worker);

/* A pool of n >= 1 threads, including the caller: n - 1 threads are started. NULL with the message set. */
pool *pool_new(int n);
void pool_free(pool *p); /* NULL is fine */
size_t pool_size(const pool *p);

/* Runs fn for tasks 0 .. tasks-1, started in order, and returns when all are done. Must not be called from
 * within a task. */
void pool_run(pool *p, pool_fn *fn, void *context, size_t tasks);

/* While pool_run() works, the thread that called it calls shown(context, tasks that were started, tasks)
 * before each of its tasks: for progress lines. NULL: no more. */
typedef void pool_shown_fn(void *context, size_t started, size_t tasks);
void pool_show(pool *p, pool_shown_fn *shown, void *context);

/* The number of cores that this process may use: its affinity, limited by the quota of its cgroups. At
 * least 1. */
int pool_cores(void);

#endif
