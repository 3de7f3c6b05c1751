/* SPDX-License-Identifier: Apache-2.0 */
#include "train/ranks.h"

#include "base/err.h"

#include <string.h>

enum { TEXT = 512 };

static bool agreed;

size_t ranks_begin_of(size_t n, size_t rank)
{
    return n * rank / ranks_count();
}

void ranks_broadcast(void *data, size_t bytes)
{
    if (ranks_index() > 0)
        ranks_receive(0, data, bytes);
    for (size_t to = 1; ranks_index() == 0 && to < ranks_count(); to++)
        ranks_send(to, data, bytes);
    ranks_wait();
}

static char *element(void *data, size_t size, size_t i)
{
    return (char *)data + size * i;
}

static size_t bytes_of(const size_t *first, size_t size, size_t rank)
{
    return (first[rank + 1] - first[rank]) * size;
}

void ranks_begin_gather(void *data, size_t size, const size_t *first)
{
    const size_t me = ranks_index();
    for (size_t i = 0; i < ranks_count(); i++) {
        if (i == me)
            continue;
        ranks_receive(i, element(data, size, first[i]), bytes_of(first, size, i));
        ranks_send(i, element(data, size, first[me]), bytes_of(first, size, me));
    }
}

void ranks_gather(void *data, size_t size, const size_t *first)
{
    ranks_begin_gather(data, size, first);
    ranks_wait();
}

void ranks_begin_gather_first(void *data, size_t size, const size_t *first)
{
    const size_t me = ranks_index();
    if (me > 0)
        ranks_send(0, element(data, size, first[me]), bytes_of(first, size, me));
    for (size_t i = 1; me == 0 && i < ranks_count(); i++)
        ranks_receive(i, element(data, size, first[i]), bytes_of(first, size, i));
}

void ranks_begin_scatter(void *data, size_t size, const size_t *first)
{
    const size_t me = ranks_index();
    if (me > 0)
        ranks_receive(0, element(data, size, first[me]), bytes_of(first, size, me));
    for (size_t i = 1; me == 0 && i < ranks_count(); i++)
        ranks_send(i, element(data, size, first[i]), bytes_of(first, size, i));
}

void ranks_share(void *values, size_t size)
{
    size_t first[RANKS_MOST + 1];
    for (size_t i = 0; i <= ranks_count(); i++)
        first[i] = i;
    ranks_gather(values, size, first);
}

typedef struct outcome {
    int32_t failed;
    char message[TEXT];
} outcome;

int ranks_agree(int result)
{
    if (ranks_count() == 1)
        return result;
    outcome of[RANKS_MOST] = {{0}};
    outcome *mine = &of[ranks_index()];
    if (result) {
        mine->failed = 1;
        strncpy(mine->message, err_message(), TEXT - 1);
    }
    ranks_share(of, sizeof *of);
    for (size_t i = 0; i < ranks_count(); i++)
        if (of[i].failed) {
            agreed = true;
            return i == 0 ? err_set("%s", of[i].message) : err_set("rank %zu: %s", i, of[i].message);
        }
    return 0;
}

bool ranks_agreed(void)
{
    return agreed;
}

int ranks_all_fail(void)
{
    agreed = true;
    return -1;
}

int ranks_same(const char *name, const char *text)
{
    char of[RANKS_MOST][TEXT] = {{0}};
    strncpy(of[ranks_index()], text, TEXT - 1);
    ranks_share(of, TEXT);
    for (size_t i = 1; i < ranks_count(); i++)
        if (strcmp(of[i], of[0]) != 0) {
            agreed = true;
            return err_set(
                "rank %zu has another \"%s\" than rank 0: start all ranks with the same program, options "
                "and data",
                i, name);
        }
    return 0;
}
