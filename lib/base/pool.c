/* SPDX-License-Identifier: Apache-2.0 */
/* Between runs the workers wait on a condition variable. A run is open while it has unstarted tasks. A
 * worker that wakes up in time joins the run; one that wakes up too late waits again. The caller waits
 * only for workers that joined. */
#include "base/pool.h"
#include "base/err.h"
#include "base/mem.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct worker {
    pool *p;
    size_t index;
    pthread_t thread;
} worker;

struct pool {
    size_t n, started; /* workers, including the caller; threads that were started */
    worker *workers;   /* [n]; the first is the caller and has no thread */

    pthread_mutex_t lock; /* protects the members up to `next` */
    pthread_cond_t wake, idle;
    bool open, quit;
    unsigned long run; /* number of the run */
    size_t active;     /* workers in the run, without the caller */
    pool_fn *fn;
    void *context;
    size_t tasks;

    atomic_size_t next; /* next task to start */

    pool_shown_fn *shown; /* called in the caller's thread; NULL: none */
    void *shown_context;
};

static void run_task(const pool *p, pool_fn *fn, void *context, size_t task, size_t tasks, size_t index)
{
    if (index == 0 && p->shown)
        p->shown(p->shown_context, task, tasks);
    fn(context, task, index);
}

/* Runs tasks until none is left. next stays below tasks + n, because each worker exceeds tasks once. */
static void work(pool *p, pool_fn *fn, void *context, size_t tasks, size_t index)
{
    for (size_t task; (task = atomic_fetch_add_explicit(&p->next, 1, memory_order_relaxed)) < tasks;)
        run_task(p, fn, context, task, tasks, index);
}

static void *serve(void *argument)
{
    worker *w = argument;
    pool *p = w->p;
    unsigned long seen = 0;
    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (!p->quit && (!p->open || p->run == seen))
            pthread_cond_wait(&p->wake, &p->lock);
        if (p->quit)
            break;
        seen = p->run;
        p->active++;
        pool_fn *fn = p->fn;
        void *context = p->context;
        size_t tasks = p->tasks;
        pthread_mutex_unlock(&p->lock);
        work(p, fn, context, tasks, w->index);
        pthread_mutex_lock(&p->lock);
        if (--p->active == 0)
            pthread_cond_signal(&p->idle);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* Signals are for the caller's thread. The new threads block all signals except SIGPIPE, which is
 * delivered to the thread that writes. */
static int start(pool *p)
{
    sigset_t all, before;
    int error = 0;
    sigfillset(&all);
    sigdelset(&all, SIGPIPE);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (size_t i = 1; i < p->n && error == 0; i++) {
        p->workers[i] = (worker){.p = p, .index = i};
        error = pthread_create(&p->workers[i].thread, NULL, serve, &p->workers[i]);
        p->started += error == 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error == 0 ? 0
                      : err_io("cannot start thread %zu of %zu: %s", p->started + 2, p->n, strerror(error));
}

pool *pool_new(int n)
{
    if (n < 1) {
        err_set("a pool of %d threads: at least one is needed", n);
        return NULL;
    }
    pool *p = mem_array(1, sizeof *p);
    if (p == NULL)
        return NULL;
    p->n = n;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, NULL);
    pthread_cond_init(&p->idle, NULL);
    atomic_init(&p->next, 0);
    p->workers = mem_array(p->n, sizeof *p->workers);
    if (p->workers == NULL || start(p) < 0) {
        pool_free(p);
        return NULL;
    }
    return p;
}

void pool_free(pool *p)
{
    if (p == NULL)
        return;
    pthread_mutex_lock(&p->lock);
    p->quit = true;
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
    for (size_t i = 1; i <= p->started; i++)
        pthread_join(p->workers[i].thread, NULL);
    pthread_cond_destroy(&p->idle);
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->lock);
    mem_free(p->workers);
    mem_free(p);
}

size_t pool_size(const pool *p)
{
    return p->n;
}

void pool_show(pool *p, pool_shown_fn *shown, void *context)
{
    p->shown = shown;
    p->shown_context = context;
}

void pool_run(pool *p, pool_fn *fn, void *context, size_t tasks)
{
    if (p->n == 1 || tasks <= 1) {
        for (size_t task = 0; task < tasks; task++)
            run_task(p, fn, context, task, tasks, 0);
        return;
    }
    pthread_mutex_lock(&p->lock);
    p->fn = fn;
    p->context = context;
    p->tasks = tasks;
    atomic_store_explicit(&p->next, 0, memory_order_relaxed);
    p->run++;
    p->open = true;
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);

    work(p, fn, context, tasks, 0);

    pthread_mutex_lock(&p->lock);
    p->open = false;
    while (p->active > 0)
        pthread_cond_wait(&p->idle, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

/* ---- number of cores ---- */

static int affinity_cores(void)
{
    for (int cpus = 1024; cpus <= 1 << 20;
         cpus *= 2) { /* EINVAL: the set is too small for the kernel's CPUs */
        cpu_set_t *set = CPU_ALLOC(cpus);
        if (set == NULL)
            break;
        size_t size = CPU_ALLOC_SIZE(cpus);
        int failed = sched_getaffinity(0, size, set), error = errno;
        int n = failed ? 0 : CPU_COUNT_S(size, set);
        CPU_FREE(set);
        if (!failed)
            return n;
        if (error != EINVAL)
            break;
    }
    return (int)sysconf(_SC_NPROCESSORS_ONLN);
}

/* The cores that "cpu.max" of one cgroup allows, rounded up. Returns `many` if there is no limit. */
static int quota_cores(const char *path, int many)
{
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return many;
    long long quota, period; /* microseconds of CPU time per period; the first word of the file is "max" if
                                there is no limit */
    int found = fscanf(f, "%lld %lld", &quota, &period);
    fclose(f);
    if (found != 2 || quota <= 0 || period <= 0 || quota / period >= many)
        return many;
    return (int)((quota + period - 1) / period);
}

/* The cgroup of this process (version 2: the line "0::/path") as a path in sysfs. Freed by the caller.
 * NULL if there is none. */
static char *cgroup_folder(void)
{
    FILE *f = fopen("/proc/self/cgroup", "re");
    char *line = NULL, *folder = NULL;
    size_t room = 0;
    if (f == NULL)
        return NULL;
    while (folder == NULL && getline(&line, &room, f) > 0)
        if (strncmp(line, "0::/", 4) == 0) {
            line[strcspn(line, "\n")] = '\0';
            if (asprintf(&folder, "/sys/fs/cgroup%s", line + 3) < 0)
                folder = NULL;
        }
    free(line);
    fclose(f);
    return folder;
}

/* The limit of a cgroup also applies to its descendants: returns the smallest limit from this cgroup up to
 * the root. */
static int cgroup_cores(int many)
{
    char *folder = cgroup_folder();
    int cores = many;
    while (folder != NULL && strcmp(folder, "/sys/fs") != 0) {
        char *file;
        if (asprintf(&file, "%s/cpu.max", folder) < 0)
            break;
        int n = quota_cores(file, many);
        cores = n < cores ? n : cores;
        free(file);
        *strrchr(folder, '/') = '\0';
    }
    free(folder);
    return cores;
}

int pool_cores(void)
{
    int cores = affinity_cores();
    cores = cgroup_cores(cores);
    return cores > 0 ? cores : 1;
}
