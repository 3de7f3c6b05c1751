/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pool.h"
#include "base/err.h"
#include "tap.h"

#include <sched.h>
#include <stdatomic.h>
#include <string.h>

enum { TASKS = 1000, WORKERS = 4 };

typedef struct work {
    atomic_int runs[TASKS];
    atomic_int busy[WORKERS]; /* tasks that run with this worker's index: never 2 */
    atomic_int shared, outside;
} work;

static void count(void *context, size_t task, size_t index)
{
    work *w = context;
    if (index >= WORKERS) {
        atomic_fetch_add(&w->outside, 1);
        return;
    }
    if (atomic_fetch_add(&w->busy[index], 1) != 0)
        atomic_fetch_add(&w->shared, 1);
    atomic_fetch_add(&w->runs[task], 1);
    if (task % 100 == 0)
        sched_yield();
    atomic_fetch_sub(&w->busy[index], 1);
}

static int each_ran(work *w, int tasks, int times)
{
    for (int i = 0; i < TASKS; i++)
        if (atomic_load(&w->runs[i]) != (i < tasks ? times : 0))
            return 0;
    return atomic_load(&w->shared) == 0 && atomic_load(&w->outside) == 0;
}

static void once(pool *p, int tasks)
{
    work w;
    memset(&w, 0, sizeof w);
    pool_run(p, count, &w, tasks);
    ok(each_ran(&w, tasks, 1), "%zu threads, %d tasks: each runs once", pool_size(p), tasks);
}

static void again_and_again(pool *p)
{
    enum { TIMES = 2000, FEW = 7 };
    work w;
    memset(&w, 0, sizeof w);
    for (int i = 0; i < TIMES; i++)
        pool_run(p, count, &w, FEW);
    ok(each_ran(&w, FEW, TIMES), "%d short runs one after the other", TIMES);
}

/* Every task waits until all have begun: done only when as many threads as tasks work at once. */
static void meet(void *context, size_t task, size_t index)
{
    atomic_int *begun = context;
    (void)task, (void)index;
    atomic_fetch_add(begun, 1);
    while (atomic_load(begun) < WORKERS)
        sched_yield();
}

/* Results are there for the caller without atomics: the thread sanitizer would report a race. */
static void square(void *context, size_t task, size_t index)
{
    int *v = context;
    (void)index;
    v[task] = task * task;
}

int main(void)
{
    pool *one = pool_new(1), *p = pool_new(WORKERS);
    if (!ok(one != NULL && p != NULL && pool_size(one) == 1 && pool_size(p) == WORKERS, "pools start"))
        return tap_done();
    once(one, TASKS);
    once(p, TASKS);
    once(p, WORKERS);
    once(p, 1);
    once(p, 0);
    again_and_again(p);

    atomic_int begun;
    atomic_init(&begun, 0);
    pool_run(p, meet, &begun, WORKERS);
    ok(atomic_load(&begun) == WORKERS, "%d tasks run at the same time", WORKERS);

    int v[TASKS], right = 1;
    pool_run(p, square, v, TASKS);
    for (int i = 0; i < TASKS; i++)
        right &= v[i] == i * i;
    ok(right, "results are seen by the caller");

    pool_free(p);
    pool_free(one);
    pool_free(NULL);
    ok(pool_new(0) == NULL && err_message()[0] != '\0', "a pool of none is refused");

    cpu_set_t single;
    int cores = pool_cores();
    CPU_ZERO(&single);
    CPU_SET((size_t)sched_getcpu(), &single);
    ok(cores >= 1, "%d cores", cores);
    ok(sched_setaffinity(0, sizeof single, &single) == 0 && pool_cores() == 1, "bound to one core: one");
    return tap_done();
}
