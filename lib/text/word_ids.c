/* SPDX-License-Identifier: Apache-2.0 */
#include "text/word_ids.h"

#include "base/mem.h"

int word_ids_add(word_ids *w, const record *r, vocab *words, bool grow, size_t most, size_t *left_out)
{
    walk at;
    uint32_t tokens;
    if (record_strings(r, "tokens", &at, &tokens))
        return -1;
    const size_t T = most && tokens > most ? most : tokens;
    if (mem_grow(&w->ids, &w->room, w->n + T + 1, sizeof *w->ids))
        return record_error(r, "tokens");
    for (size_t t = 0; t < T; t++) {
        const char *word;
        size_t size;
        if (walk_str(&at, &word, &size))
            return record_error(r, "tokens");
        const int32_t id = grow ? vocab_add(words, word, size) : vocab_id(words, word, size);
        if (id < 0)
            return record_error(r, "tokens");
        w->ids[w->n + t] = id;
    }
    w->n += T;
    if (left_out)
        *left_out = tokens - T;
    return 0;
}
