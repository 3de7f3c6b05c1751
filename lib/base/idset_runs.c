/* SPDX-License-Identifier: Apache-2.0 */
/* Sorted runs of hashes in temporary files. Run i has about 2^i times as many hashes as the table had. */
#include "base/err.h"
#include "base/idset.h"
#include "base/mem.h"
#include "base/tempfile.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RUNS = 40, BLOCK = 256 /* hashes that are read at a time */, FILTER_BITS = 27, FILTER_HASHES = 4 };

typedef struct run {
    FILE *f; /* NULL: there is none */
    size_t n;
} run;

struct idset_runs {
    run at[RUNS];
    uint64_t *filter; /* bit x is set for FILTER_HASHES values x of each hash */
};

static int compare(const uint64_t a[2], const uint64_t b[2])
{
    if (a[0] != b[0])
        return a[0] < b[0] ? -1 : 1;
    return a[1] < b[1] ? -1 : a[1] > b[1];
}

static int compare_hashes(const void *a, const void *b)
{
    return compare(a, b);
}

static int fail(const char *what)
{
    return err_io("temporary file of ids in %s: cannot %s: %s: set TMPDIR to another folder",
                  tempfile_folder(), what, strerror(errno));
}

/* ---- the filter ---- */

static uint64_t filter_bit(const uint64_t h[2], int i)
{
    return (h[1] + (uint64_t)i * (h[0] | 1)) >> (64 - FILTER_BITS);
}

static void add_to_filter(uint64_t *filter, const uint64_t h[2])
{
    for (int i = 0; i < FILTER_HASHES; i++)
        filter[filter_bit(h, i) / 64] |= (uint64_t)1 << filter_bit(h, i) % 64;
}

static bool may_have(const uint64_t *filter, const uint64_t h[2])
{
    for (int i = 0; i < FILTER_HASHES; i++)
        if (!(filter[filter_bit(h, i) / 64] >> filter_bit(h, i) % 64 & 1))
            return false;
    return true;
}

/* ---- looking for a hash ---- */

/* The number of hashes of n that are expected between two of them: hashes are uniform. */
static size_t expected_between(uint64_t low, uint64_t high, size_t n)
{
    return (size_t)(ldexp((double)(high - low), -64) * (double)n);
}

/* 1, 0 or -1. Interpolation search: the first guess is within about sqrt(n) of the place. */
static int has_hash(const run *r, const uint64_t h[2])
{
    uint64_t block[BLOCK][2];
    size_t low = 0, high = r->n, guess = expected_between(0, h[0], r->n);
    while (low < high) {
        const size_t last = high - low > BLOCK ? high - BLOCK : low;
        size_t at = guess > BLOCK / 2 ? guess - BLOCK / 2 : 0;
        at = at < low ? low : at > last ? last : at;
        const size_t n = high - at < BLOCK ? high - at : BLOCK, bytes = n * sizeof *block;
        const ssize_t got = pread(fileno(r->f), block, bytes, (off_t)(at * sizeof *block));
        if (got != (ssize_t)bytes) {
            if (got >= 0)
                errno = EIO;
            if (got < 0 && errno == EINTR)
                continue;
            return fail("read");
        }
        if (compare(h, block[0]) < 0) {
            const size_t back = expected_between(h[0], block[0][0], r->n);
            high = at;
            guess = back < at ? at - back : 0;
        } else if (compare(h, block[n - 1]) > 0) {
            low = at + n;
            guess = low + expected_between(block[n - 1][0], h[0], r->n);
        } else {
            return bsearch(h, block, n, sizeof *block, compare_hashes) != NULL;
        }
    }
    return 0;
}

int idset_runs_have(const idset_runs *runs, const uint64_t h[2])
{
    int found = 0;
    if (!may_have(runs->filter, h))
        return 0;
    for (int i = 0; i < RUNS && !found; i++)
        if (runs->at[i].f)
            found = has_hash(&runs->at[i], h);
    return found;
}

/* ---- adding a run ---- */

static void close_run(run *r)
{
    if (r->f)
        fclose(r->f);
    *r = (run){0};
}

static int finish_run(run *r)
{
    if (!ferror(r->f) && fflush(r->f) == 0)
        return 0;
    (void)fail("write");
    close_run(r);
    return -1;
}

static int write_run(run *r, uint64_t (*hashes)[2], size_t n)
{
    *r = (run){tempfile_open(), n};
    if (!r->f)
        return -1;
    fwrite(hashes, sizeof *hashes, n, r->f);
    return finish_run(r);
}

/* Writes all hashes of a and b, which are different. Both stay open. */
static int merge(run *merged, const run *a, const run *b)
{
    uint64_t x[2], y[2];
    *merged = (run){tempfile_open(), a->n + b->n};
    if (!merged->f)
        return -1;
    rewind(a->f);
    rewind(b->f);
    bool more_x = fread(x, sizeof x, 1, a->f) == 1, more_y = fread(y, sizeof y, 1, b->f) == 1;
    size_t n = 0;
    for (; more_x || more_y; n++) {
        if (!more_y || (more_x && compare(x, y) < 0)) {
            fwrite(x, sizeof x, 1, merged->f);
            more_x = fread(x, sizeof x, 1, a->f) == 1;
        } else {
            fwrite(y, sizeof y, 1, merged->f);
            more_y = fread(y, sizeof y, 1, b->f) == 1;
        }
    }
    if (n == merged->n)
        return finish_run(merged);
    (void)fail("read");
    close_run(merged);
    return -1;
}

/* The first free place of runs, with the run that has all hashes of those before it. -1: nothing has changed.
 */
static int merge_runs(idset_runs *runs, run *new)
{
    int i = 0;
    for (; i < RUNS - 1 && runs->at[i].f; i++) {
        run merged;
        const int failed = merge(&merged, &runs->at[i], new);
        close_run(new);
        if (failed)
            return -1;
        *new = merged;
    }
    return i;
}

static idset_runs *new_runs(void)
{
    idset_runs *runs = mem_array(1, sizeof *runs);
    if (runs && !(runs->filter = mem_array(((size_t)1 << FILTER_BITS) / 64, sizeof *runs->filter))) {
        mem_free(runs);
        return NULL;
    }
    return runs;
}

idset_runs *idset_runs_add(idset_runs *runs, uint64_t (*hashes)[2], size_t n)
{
    run new;
    idset_runs *to = runs ? runs : new_runs();
    if (!to)
        return NULL;
    qsort(hashes, n, sizeof *hashes, compare_hashes);
    const int place = write_run(&new, hashes, n) ? -1 : merge_runs(to, &new);
    if (place < 0) {
        if (!runs)
            idset_runs_free(to);
        return NULL;
    }
    for (int i = 0; i < place; i++)
        close_run(&to->at[i]);
    to->at[place] = new;
    for (size_t i = 0; i < n; i++)
        add_to_filter(to->filter, hashes[i]);
    return to;
}

void idset_runs_free(idset_runs *runs)
{
    for (int i = 0; runs && i < RUNS; i++)
        close_run(&runs->at[i]);
    if (runs)
        mem_free(runs->filter);
    mem_free(runs);
}
