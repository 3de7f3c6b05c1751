/* SPDX-License-Identifier: Apache-2.0 */
/* Phases: each task is done once, and none before all of the phase before are done. */
#include "train/phases.h"

#include "base/pool.h"
#include "tap.h"

#include <stdbool.h>

enum { PHASES = 20000, MOST = 7 };

static phases p;
static size_t threads_here;
static atomic_size_t begun[PHASES];
static atomic_int early;
static atomic_int ran[PHASES][MOST];

static size_t tasks_of(uint64_t phase)
{
    return phase % 2 ? MOST : 1 + phase / 2 % 3;
}

static void work(void *context, size_t part, size_t worker)
{
    (void)context;
    (void)worker;
    for (uint64_t phase = 0; phase < PHASES; phase++) {
        size_t tasks = tasks_of(phase), first = part * tasks / threads_here;
        for (size_t task; phases_take(&task, &p, phase, tasks, first); phases_done(&p, phase, tasks)) {
            if (phase > 0 && atomic_load(&begun[phase - 1]) != tasks_of(phase - 1))
                atomic_fetch_add(&early, 1);
            atomic_fetch_add(&ran[phase][task], 1);
            atomic_fetch_add(&begun[phase], 1);
        }
        phases_wait(&p, phase);
    }
}

static bool once(int times)
{
    for (uint64_t phase = 0; phase < PHASES; phase++)
        for (size_t task = 0; task < MOST; task++)
            if (ran[phase][task] != (task < tasks_of(phase) ? times : 0))
                return false;
    return true;
}

/* Whether a thread that begins with `first` gets this task of 0 .. tasks-1. */
static bool takes(size_t task, uint64_t phase, size_t tasks, size_t first)
{
    size_t taken;
    return phases_take(&taken, &p, phase, tasks, first) && taken == task;
}

static bool none_left(uint64_t phase, size_t tasks, size_t first)
{
    size_t taken;
    return !phases_take(&taken, &p, phase, tasks, first);
}

int main(void)
{
    ok(phases_init(&p, MOST) == 0, "phases");
    ok(takes(2, 0, 3, 2) && takes(0, 0, 3, 2) && takes(1, 0, 3, 0) && none_left(0, 3, 0),
       "a thread's own task first, then those that are free");
    for (int i = 0; i < 3; i++)
        phases_done(&p, 0, 3);
    phases_wait(&p, 0);
    ok(none_left(0, 3, 0) && takes(0, 1, 1, 0), "a thread that comes late finds no task of an old phase");
    for (int n = 1; n <= 3; n++) {
        pool *threads = pool_new(n);
        threads_here = pool_size(threads);
        phases_restart(&p);
        for (int phase = 0; phase < PHASES; phase++) {
            begun[phase] = 0;
            for (int task = 0; task < MOST; task++)
                ran[phase][task] = 0;
        }
        pool_run(threads, work, NULL, n);
        ok(once(1) && early == 0, "%d threads: each task once, in its phase", n);
        pool_free(threads);
    }
    phases_free(&p);
    return tap_done();
}
