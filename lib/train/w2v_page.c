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

static int page_add(w2v_page *p, w2v_trainer *t)
{
    size_t begin = p->n, needed = begin + t->c->length, longest = t->o->sentence;
    if (needed > INT32_MAX)
        return err_set("a sentence has %zu words: at most %d are supported", t->c->length, INT32_MAX);
    if (mem_grow(&p->text, &p->text_capacity, needed, sizeof *p->text) < 0 ||
        mem_grow(&p->sentence, &p->sentence_capacity, needed, sizeof *p->sentence) < 0)
        return -1;
    for (size_t i = 0; i < t->c->length; i++) {
        int32_t row = t->c->sentence[i];
        if (t->keep[row] < 1 && rng_uniform(&t->text) >= t->keep[row])
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

int w2v_page_start(w2v_trainer *t)
{
    rng_seed(&t->text, t->o->seed, (uint64_t)t->epoch, UINT64_MAX); /* no group has this number */
    t->next.n = 0;
    t->next.read = 0;
    t->read = 1;
    return corpus_rewind(t->c);
}

void w2v_page_read(w2v_trainer *t, double share)
{
    size_t needed = (size_t)(share * PAGE);
    while (t->read > 0 && t->next.n < needed) {
        t->read = corpus_read(t->c);
        if (t->read > 0 && page_add(&t->next, t) < 0)
            t->read = -1;
    }
}

int w2v_page_next(w2v_trainer *t)
{
    w2v_page_read(t, 1);
    w2v_page read = t->next;
    t->next = t->page;
    t->next.n = 0;
    t->next.read = 0;
    t->page = read;
    return t->read < 0 ? -1 : t->page.n > 0 || t->page.read > 0;
}
