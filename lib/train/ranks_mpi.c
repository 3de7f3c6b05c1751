/* SPDX-License-Identifier: Apache-2.0 */
/* Ranks of MPI (MPI: A Message-Passing Interface Standard, version 3.1).
 *
 * MPI moves large messages only while a program calls it. Between ranks_continue() and ranks_wait(), a thread
 * of its own does that a few thousand times in a second. All calls of MPI are made with a lock: one thread at
 * a time, which is MPI_THREAD_SERIALIZED. */
#include "train/ranks.h"

#include "base/err.h"
#include "base/mem.h"

#include <mpi.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

enum {
    LONGEST = 1 << 30, /* bytes of a message; MPI counts with int */
    PAUSE = 200000     /* nanoseconds between two calls of the thread */
};

static int count = 1, index_of_this;
static MPI_Request *requests;
static size_t n_requests, requests_cap;
static uint64_t bytes_sent;
static bool started;

static pthread_t thread;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* protects the variables above and below */
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static bool has_thread, continues, ended; /* continues: the thread has messages to move */

bool ranks_supported(void)
{
    return true;
}

/* A rank that ends early ends the others. */
static void abort_at_exit(void)
{
    if (!started)
        return;
    started = false;
    pthread_mutex_lock(&lock);
    MPI_Abort(MPI_COMM_WORLD, 1);
}

/* Signals are for other threads. */
static void *move_messages(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&lock);
    while (!ended) {
        int all = 0;
        if (!continues) {
            pthread_cond_wait(&wake, &lock);
            continue;
        }
        MPI_Testall((int)n_requests, requests, &all, MPI_STATUSES_IGNORE);
        if (all)
            n_requests = 0;
        continues = n_requests > 0;
        pthread_mutex_unlock(&lock);
        nanosleep(&(struct timespec){.tv_nsec = PAUSE}, NULL);
        pthread_mutex_lock(&lock);
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

static int start_thread(void)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = pthread_create(&thread, NULL, move_messages, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    has_thread = error == 0;
    return error ? err_set("cannot start a thread for MPI") : 0;
}

/* An error of MPI ends all ranks, with a message of MPI. */
int ranks_start(void)
{
    int provided;
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided) != MPI_SUCCESS)
        return err_set("MPI cannot be started");
    started = true;
    atexit(abort_at_exit);
    MPI_Comm_size(MPI_COMM_WORLD, &count);
    MPI_Comm_rank(MPI_COMM_WORLD, &index_of_this);
    if (provided < MPI_THREAD_SERIALIZED) {
        err_set("this MPI does not support programs with threads");
        return ranks_all_fail();
    }
    if (count > RANKS_MOST) {
        err_set("%d ranks, but a batch has %d slots: use at most %d ranks, with more --threads each", count,
                RANKS_MOST, RANKS_MOST);
        return ranks_all_fail();
    }
    return count > 1 ? start_thread() : 0;
}

static void end_thread(void)
{
    pthread_mutex_lock(&lock);
    ended = true;
    pthread_cond_signal(&wake);
    pthread_mutex_unlock(&lock);
    pthread_join(thread, NULL);
}

void ranks_finish(void)
{
    if (has_thread)
        end_thread();
    mem_free(requests);
    requests = NULL;
    requests_cap = 0;
    started = false;
    MPI_Finalize();
}

size_t ranks_count(void)
{
    return (size_t)count;
}

size_t ranks_index(void)
{
    return (size_t)index_of_this;
}

static MPI_Request *next_request(void)
{
    if (mem_grow(&requests, &requests_cap, n_requests + 1, sizeof *requests)) {
        started = false;
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    return &requests[n_requests++];
}

void ranks_send(size_t to, const void *data, size_t bytes)
{
    pthread_mutex_lock(&lock);
    bytes_sent += bytes;
    for (const char *at = data; bytes > 0;) {
        const size_t n = bytes < LONGEST ? bytes : LONGEST;
        MPI_Isend(at, (int)n, MPI_BYTE, (int)to, 0, MPI_COMM_WORLD, next_request());
        at += n;
        bytes -= n;
    }
    pthread_mutex_unlock(&lock);
}

void ranks_receive(size_t from, void *data, size_t bytes)
{
    pthread_mutex_lock(&lock);
    for (char *at = data; bytes > 0;) {
        const size_t n = bytes < LONGEST ? bytes : LONGEST;
        MPI_Irecv(at, (int)n, MPI_BYTE, (int)from, 0, MPI_COMM_WORLD, next_request());
        at += n;
        bytes -= n;
    }
    pthread_mutex_unlock(&lock);
}

void ranks_continue(void)
{
    pthread_mutex_lock(&lock);
    continues = true;
    pthread_cond_signal(&wake);
    pthread_mutex_unlock(&lock);
}

void ranks_wait(void)
{
    pthread_mutex_lock(&lock);
    MPI_Waitall((int)n_requests, requests, MPI_STATUSES_IGNORE);
    n_requests = 0;
    continues = false;
    pthread_mutex_unlock(&lock);
}

uint64_t ranks_bytes(void)
{
    return bytes_sent;
}
