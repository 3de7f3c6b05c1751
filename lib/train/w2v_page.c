/* SPDX-License-Identifier: Apache-2.0 */
/* The pages of the text. */
#include "base/err.h"
#include "base/mem.h"
#include "train/w2v_private.h"

#define PAGE (1 << 16) /* minimum number of words of a page */

/* Ends the sentence that begins at `begin`. A sentence of one word has no context and is removed. */
static void end_sentence(w2v_page *p, size_t begin)
{
    for (size_t i = begin; i < p->n; i++)
        p->sentence[i] = (w2v_bounds){(int32_t)begin, (int32_t)p->n};
    if (p->n - begin == 1)
        p->n = begin;
}

static int page_add(w2v_trainer *t, rng *r)
{
    w2v_page *p = &t->page;
    size_t begin = p->n, needed = begin + t->c->length, longest = t->o->sentence;
    if (needed > INT32_MAX)
        return err_set("a sentence has %zu words: at most %d are supported", t->c->length, INT32_MAX);
    if (mem_grow(&p->text, &p->text_capacity, needed, sizeof *p->text) < 0 ||
        mem_grow(&p->sentence, &p->sentence_capacity, needed, sizeof *p->sentence) < 0)
        return -1;
    for (size_t i = 0; i < t->c->length; i++) {
        int32_t row = t->c->sentence[i];
        if (t->keep[row] < 1 && rng_uniform(r) >= t->keep[row])
            continue;
        p->text[p->n++] = row;
        if (p->n - begin == longest) {
            end_sentence(p, begin);
            begin = p->n;
        }
    }
    end_sentence(p, begin);
    p->read += t->c->length_read;
    return 0;
}

int w2v_page_fill(w2v_trainer *t, rng *r)
{
    int got = 1;
    t->page.n = 0;
    t->page.read = 0;
    while (t->page.n < PAGE && (got = corpus_read(t->c)) > 0)
        if (page_add(t, r) < 0)
            return -1;
    return got < 0 ? -1 : t->page.n > 0 || t->page.read > 0;
}
