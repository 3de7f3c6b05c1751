/* SPDX-License-Identifier: Apache-2.0 */
#include "terms/matches.h"

#include "base/err.h"
#include "base/mem.h"

#include "text/scopes.h"

#include <math.h>
#include <string.h>

void matches_free(matches *m)
{
    mem_free(m->at);
    mem_free(m->weights);
    mem_free(m->marks);
    *m = (matches){0};
}

int matches_reserve(matches *m, size_t n)
{
    return mem_grow(&m->at, &m->at_room, n + 1, sizeof *m->at) ||
                   mem_grow(&m->weights, &m->weights_room, n + 1, sizeof *m->weights) ||
                   mem_grow(&m->marks, &m->marks_room, n + 1, sizeof *m->marks)
               ? -1
               : 0;
}

void matches_pack(pack *out, const matches *m, const record *in)
{
    pack_key(out, "matches");
    pack_i4(out, m->n ? m->at[0] : NULL, 2, (const size_t[]){m->n, 3});
    pack_key(out, "match_weights");
    pack_f4(out, m->weights, 1, &m->n);
    if (m->has_marks || record_find(in, "match_marks")) {
        pack_key(out, "match_marks");
        pack_i4(out, m->marks, 1, &m->n);
    }
}

static int check_match(const int32_t at[3], float weight, size_t L, size_t words, size_t i)
{
    if (at[0] < 0 || (size_t)at[0] >= L)
        return err_set("match %zu: label %d of %zu", i + 1, (int)at[0], L);
    if (at[1] < 0 || at[2] <= at[1] || (size_t)at[2] > words)
        return err_set("match %zu: words %d to %d of %zu", i + 1, (int)at[1], (int)at[2], words);
    return isfinite(weight) ? 0 : err_set("match %zu: the weight is not a finite number", i + 1);
}

/* Reads match_marks, of n matches. 0 or -1. */
static int read_marks(matches *m, const record *r, size_t n)
{
    tensor marks;
    m->has_marks = record_find(r, "match_marks") != NULL;
    memset(m->marks, 0, n * sizeof *m->marks);
    if (!m->has_marks)
        return 0;
    if (record_tensor(r, "match_marks", 'i', 1, &marks))
        return -1;
    if (marks.count != n) {
        err_set("expected [%zu], got [%zu]", n, marks.count);
        return record_error(r, "match_marks");
    }
    memcpy(m->marks, marks.data, n * sizeof *m->marks);
    for (size_t i = 0; i < n; i++)
        if (m->marks[i] < 0 || m->marks[i] >= 1 << SCOPE_KINDS) {
            err_set("match %zu: expected marks from 0 to %d, got %d", i + 1, (1 << SCOPE_KINDS) - 1,
                    (int)m->marks[i]);
            return record_error(r, "match_marks");
        }
    return 0;
}

int matches_read(matches *m, const record *r, size_t L)
{
    tensor at, weights;
    walk tokens;
    uint32_t words = INT32_MAX;
    m->n = 0;
    if (!record_find(r, "matches"))
        return 0;
    if (record_tensor(r, "matches", 'i', 2, &at) || record_tensor(r, "match_weights", 'f', 1, &weights) ||
        (record_find(r, "tokens") && record_strings(r, "tokens", &tokens, &words)))
        return -1;
    if (at.shape[1] != 3 || at.shape[0] != weights.count) {
        err_set("expected [%zu][3], got [%zu][%zu]", weights.count, at.shape[0], at.shape[1]);
        return record_error(r, "matches");
    }
    if (matches_reserve(m, weights.count))
        return record_error(r, "matches");
    memcpy(m->at, at.data, at.count * sizeof(int32_t));
    memcpy(m->weights, weights.data, weights.count * sizeof(float));
    for (size_t i = 0; i < weights.count; i++)
        if (check_match(m->at[i], m->weights[i], L, words, i))
            return record_error(r, "matches");
    if (read_marks(m, r, weights.count))
        return -1;
    m->n = weights.count;
    return 1;
}

void matches_add(float *logits, const matches *m)
{
    for (size_t i = 0; i < m->n; i++)
        logits[m->at[i][0]] += m->weights[i];
}
