/* SPDX-License-Identifier: Apache-2.0 */
/* One rank: the program has no MPI. */
#include "train/ranks.h"

bool ranks_supported(void)
{
    return false;
}

int ranks_start(void)
{
    return 0;
}

void ranks_finish(void)
{
}

size_t ranks_count(void)
{
    return 1;
}

size_t ranks_index(void)
{
    return 0;
}

void ranks_send(size_t to, const void *data, size_t bytes)
{
    (void)to;
    (void)data;
    (void)bytes;
}

void ranks_receive(size_t from, void *data, size_t bytes)
{
    (void)from;
    (void)data;
    (void)bytes;
}

void ranks_continue(void)
{
}

void ranks_wait(void)
{
}

uint64_t ranks_bytes(void)
{
    return 0;
}
