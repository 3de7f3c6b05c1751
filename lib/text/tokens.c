/* SPDX-License-Identifier: Apache-2.0 */
#include "text/tokens.h"

#include <string.h>

void tokens_clear(tokens *w)
{
    w->T = 0;
    w->bytes.len = 0;
}

void tokens_free(tokens *w)
{
    buf_free(&w->bytes);
    for (int i = 0; i < 3; i++)
        buf_free(&w->scratch[i]);
    mem_free(w->ends);
    mem_free(w->spans);
    *w = (tokens){0};
}

const char *tokens_word(const tokens *w, size_t i, size_t *n)
{
    size_t start = i > 0 ? w->ends[i - 1] : 0;
    *n = w->ends[i] - start;
    return (const char *)w->bytes.data + start;
}

int tokens_add(tokens *w, const char *word, size_t n, const int32_t span[3])
{
    if (mem_grow(&w->ends, &w->n_ends, w->T + 1, sizeof *w->ends) < 0 ||
        mem_grow(&w->spans, &w->n_spans, w->T + 1, sizeof *w->spans) < 0 || buf_add(&w->bytes, word, n) < 0)
        return -1;
    w->ends[w->T] = w->bytes.len;
    memcpy(w->spans[w->T++], span, sizeof *w->spans);
    return 0;
}
