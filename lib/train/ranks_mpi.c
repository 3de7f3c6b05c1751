/* SPDX-License-Identifier: Apache-2.0 */
/* Ranks of MPI (MPI: A Message-Passing Interface Standard, version 3.1). */
#include "train/ranks.h"

#include "base/err.h"
#include "base/mem.h"

#include <mpi.h>

#include <stdlib.h>

enum { LONGEST = 1 << 30 }; /* bytes of a message; MPI counts with int */

static int count = 1, index_of_this;
static MPI_Request *requests;
static size_t n_requests, requests_cap;
static uint64_t bytes_sent;
static bool started;

bool ranks_supported(void)
{
    return true;
}

/* A rank that ends early ends the others. */
static void abort_at_exit(void)
{
    if (started)
        MPI_Abort(MPI_COMM_WORLD, 1);
}

/* An error of MPI ends all ranks, with a message of MPI. */
int ranks_start(void)
{
    int provided;
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS)
        return err_set("MPI cannot be started");
    started = true;
    atexit(abort_at_exit);
    MPI_Comm_size(MPI_COMM_WORLD, &count);
    MPI_Comm_rank(MPI_COMM_WORLD, &index_of_this);
    if (provided < MPI_THREAD_FUNNELED)
        return err_set("this MPI does not support programs with threads");
    if (count > RANKS_MOST)
        return err_set("%d ranks, but a batch has %d slots: use at most %d ranks, with more --threads each",
                       count, RANKS_MOST, RANKS_MOST);
    return 0;
}

void ranks_finish(void)
{
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
    if (mem_grow(&requests, &requests_cap, n_requests + 1, sizeof *requests))
        MPI_Abort(MPI_COMM_WORLD, 1);
    return &requests[n_requests++];
}

void ranks_send(size_t to, const void *data, size_t bytes)
{
    bytes_sent += bytes;
    for (const char *at = data; bytes > 0;) {
        const size_t n = bytes < LONGEST ? bytes : LONGEST;
        MPI_Isend(at, (int)n, MPI_BYTE, (int)to, 0, MPI_COMM_WORLD, next_request());
        at += n;
        bytes -= n;
    }
}

void ranks_receive(size_t from, void *data, size_t bytes)
{
    for (char *at = data; bytes > 0;) {
        const size_t n = bytes < LONGEST ? bytes : LONGEST;
        MPI_Irecv(at, (int)n, MPI_BYTE, (int)from, 0, MPI_COMM_WORLD, next_request());
        at += n;
        bytes -= n;
    }
}

void ranks_wait(void)
{
    MPI_Waitall((int)n_requests, requests, MPI_STATUSES_IGNORE);
    n_requests = 0;
}

uint64_t ranks_bytes(void)
{
    return bytes_sent;
}
