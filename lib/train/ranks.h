/* SPDX-License-Identifier: Apache-2.0 */
/* The processes of a training, which MPI calls ranks. Without MPI there is one, and nothing is sent.
 *
 * Two files implement ranks_start() to ranks_wait(): ranks_one.c without MPI, and ranks_mpi.c, which is the
 * only file that includes mpi.h. ecan-train-mpi is linked with the latter. All other functions are made of
 * these.
 *
 * All ranks call the same functions in the same order. */
#ifndef ECAN_TRAIN_RANKS_H
#define ECAN_TRAIN_RANKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RANKS_MOST = 8 };

/* Whether the program can have several ranks. */
bool ranks_supported(void);
/* Called once, before the other functions. 0, or -1: too many ranks, or an error of MPI. From then on, a
 * process that ends without ranks_finish() ends the others. */
int ranks_start(void);
/* Called by all ranks at the end. */
void ranks_finish(void);

size_t ranks_count(void); /* 1 before ranks_start() */
size_t ranks_index(void); /* of this rank, from 0 */

/* Begin to send to, or to receive from, another rank. Messages between two ranks arrive in order. The data
 * must not be changed, or read, before ranks_wait(). Any thread may call them, one at a time. */
void ranks_send(size_t to, const void *data, size_t bytes);
void ranks_receive(size_t from, void *data, size_t bytes);
/* What was begun continues in another thread, while the caller computes, until ranks_wait(). */
void ranks_continue(void);
/* Waits until all data are sent and received. */
void ranks_wait(void);

/* Number of bytes that this rank has sent. */
uint64_t ranks_bytes(void);

/* ---- all ranks together ---- */

/* Part `rank` of n elements is n * rank / count .. n * (rank + 1) / count - 1. */
size_t ranks_begin_of(size_t n, size_t rank);

/* Sends data of rank 0 to all. */
void ranks_broadcast(void *data, size_t bytes);
/* Each rank has filled elements first[rank] .. first[rank + 1] - 1 of data. Afterwards all ranks have all. */
void ranks_gather(void *data, size_t size, const size_t *first);
/* The same, which ends with ranks_wait(): for all ranks; for rank 0 only; and the reverse, in which rank 0
 * has all, and each gets its own. */
void ranks_begin_gather(void *data, size_t size, const size_t *first);
void ranks_begin_gather_first(void *data, size_t size, const size_t *first);
void ranks_begin_scatter(void *data, size_t size, const size_t *first);
/* values[count]: each rank has set its own; afterwards all have all. */
void ranks_share(void *values, size_t size);

/* 0 if result is 0 in all ranks. Otherwise -1, and all have the message of the first rank with an error. */
int ranks_agree(int result);
/* Whether the last error was of ranks_agree(), or that of ranks_all_fail(), so that all ranks know it. */
bool ranks_agreed(void);
/* Returns -1. The last error is that of all ranks. */
int ranks_all_fail(void);
/* 0 if all ranks have the same text. Otherwise -1, with the name and the first rank that has another one. */
int ranks_same(const char *name, const char *text);

#endif
