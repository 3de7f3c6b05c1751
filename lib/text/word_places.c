/* SPDX-License-Identifier: Apache-2.0 */
#include "text/word_places.h"

#include "base/err.h"
#include "text/note_ids.h"

void word_places_free(word_places *w)
{
    map_free(w->notes);
    mem_free(w->first);
    buf_free(&w->scratch);
    *w = (word_places){0};
}

int word_places_read(word_places *w, const record *r)
{
    tensor t;
    map_free(w->notes);
    if (!(w->notes = map_new()) || note_ids_read(w->notes, r) || record_tensor(r, "spans", 'i', 2, &t))
        return -1;
    if (t.shape[1] != 3) {
        err_set("expected [words][3]");
        return record_error(r, "spans");
    }
    const size_t notes = (size_t)map_size(w->notes);
    w->scratch.len = 0;
    w->of = (const int32_t(*)[3])tensor_ints(&t, &w->scratch);
    w->n = t.shape[0];
    if (!w->of || mem_grow(&w->first, &w->first_room, notes + 1, sizeof *w->first))
        return -1;
    for (size_t i = 0; i < notes; i++)
        w->first[i] = w->n;
    for (size_t i = 0; i < w->n; i++) {
        const int32_t note = w->of[i][0];
        if (note >= 0 && (size_t)note < notes && w->first[note] == w->n)
            w->first[note] = i;
    }
    return 0;
}

void word_places_find(const word_places *w, const char *note, size_t size, int32_t begin, int32_t end,
                      size_t *first, size_t *last)
{
    const int32_t at = map_find(w->notes, note, size);
    size_t i = at < 0 ? w->n : w->first[at];
    while (i < w->n && w->of[i][0] == at && w->of[i][2] <= begin)
        i++;
    *first = i;
    while (i < w->n && w->of[i][0] == at && w->of[i][1] < end)
        i++;
    *last = i;
}
