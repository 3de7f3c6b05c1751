/* SPDX-License-Identifier: Apache-2.0 */
/* A pool of threads that run one function over numbered tasks.
 *
 * Which worker runs which task is not fixed by pool_run(); a caller that needs the same
 * bytes from run to run adds up per task, or asks for one task a worker and divides the
 * work by itself. */
#ifndef ECAN_BASE_POOL_H
#define ECAN_BASE_POOL_H

#include <stddef.h>

typedef struct pool pool;

/* worker is 0 .. pool_size()-1: an index for scratch memory. */
typedef void pool_fn(void *context, size_t task, size_t worker);

/* n threads, the caller counted: n - 1 are started. n >= 1. NULL with the message set. */
pool *pool_new(int n);
void pool_free(pool *p); /* NULL is fine */
size_t pool_size(const pool *p);

/* Runs fn for tasks 0 .. tasks-1, in order of their numbers, and returns when all are done.
 * Not to be called from within a task. */
void pool_run(pool *p, pool_fn *fn, void *context, size_t tasks);

/* The cores that this process may use (its affinity, then its cgroup's quota). */
int pool_cores(void);

#endif
