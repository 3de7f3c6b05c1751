/* SPDX-License-Identifier: Apache-2.0 */
#include "train/label_words.h"

#include "base/mem.h"

#include <math.h>
#include <string.h>

/* Counts of words, and a list of the words with a count above 0. The list makes it fast to clear the counts.
 */
typedef struct counts {
    int32_t *n;    /* [words] */
    int32_t *last; /* [words] number of the last text in which the word was counted, from 1 */
    int32_t *list; /* [words] words with n > 0 */
    size_t listed;
} counts;

static int counts_init(counts *c, size_t words)
{
    *c = (counts){.n = mem_array(words, sizeof *c->n),
                  .last = mem_array(words, sizeof *c->last),
                  .list = mem_array(words, sizeof *c->list)};
    return c->n && c->last && c->list ? 0 : -1;
}

static void counts_free(counts *c)
{
    mem_free(c->n);
    mem_free(c->last);
    mem_free(c->list);
}

static void counts_clear(counts *c)
{
    for (size_t i = 0; i < c->listed; i++)
        c->n[c->list[i]] = c->last[c->list[i]] = 0;
    c->listed = 0;
}

/* Counts each word of a text once. */
static void count_text(counts *c, const example *text, int32_t number)
{
    for (size_t t = 0; t < text->T; t++) {
        const int32_t w = text->ids[t];
        if (w <= VOCAB_UNK || c->last[w] == number + 1)
            continue;
        if (c->n[w]++ == 0)
            c->list[c->listed++] = w;
        c->last[w] = number + 1;
    }
}

/* Inserts word w with score s into the best words. Of equal scores the smaller row comes first, in any order
 * of insertion. */
static void insert_ranked(int32_t *words, double *s, int32_t w, double value)
{
    int at = LABEL_WORDS;
    while (at > 0 &&
           (words[at - 1] == VOCAB_PAD || value > s[at - 1] || (value == s[at - 1] && w < words[at - 1])))
        at--;
    if (at == LABEL_WORDS)
        return;
    const size_t moved = (LABEL_WORDS - 1 - at);
    memmove(words + at + 1, words + at, moved * sizeof *words);
    memmove(s + at + 1, s + at, moved * sizeof *s);
    words[at] = w;
    s[at] = value;
}

/* c has the counts of the n_j texts of a label, `all` those of all n texts. */
static void best_words(int32_t *words, const counts *c, int32_t n_j, const int32_t *all, size_t n)
{
    double s[LABEL_WORDS];
    for (size_t i = 0; i < c->listed; i++) {
        const int32_t w = c->list[i], n_jw = c->n[w];
        const double of_label = (double)n_jw / n_j, of_all = (all[w] + 1.0) / ((double)n + 1);
        if (n_jw >= 2 && 3 * (int64_t)n_jw >= n_j && of_label > of_all)
            insert_ranked(words, s, w, of_label * log(of_label / of_all));
    }
}

/* The texts of label j are text[first[j] .. first[j + 1]). */
static int texts_of_labels(size_t **first, int32_t **text, const dataset *d, size_t L)
{
    size_t *next = mem_array(L + 1, sizeof *next);
    *first = mem_array(L + 1, sizeof **first);
    if (!next || !*first) {
        mem_free(next);
        return -1;
    }
    for (size_t i = 0; i < d->n; i++)
        for (size_t g = 0; g < d->docs[i].n_gold; g++)
            (*first)[d->docs[i].gold[g] + 1]++;
    for (size_t j = 0; j < L; j++)
        (*first)[j + 1] += (*first)[j];
    memcpy(next, *first, (L + 1) * sizeof *next);
    *text = mem_room((*first)[L], sizeof **text);
    for (size_t i = 0; *text && i < d->n; i++)
        for (size_t g = 0; g < d->docs[i].n_gold; g++)
            (*text)[next[d->docs[i].gold[g]]++] = (int32_t)i;
    mem_free(next);
    return *text ? 0 : -1;
}

int label_words_find(label_words *f, const dataset *d, size_t L, size_t words)
{
    size_t *first = NULL;
    int32_t *text = NULL;
    counts all = {0}, c = {0};
    *f = (label_words){.labels = L, .words = mem_array(L, sizeof *f->words)};
    const int result = f->words && !counts_init(&all, words) && !counts_init(&c, words) &&
                               !texts_of_labels(&first, &text, d, L)
                           ? 0
                           : -1;
    for (size_t i = 0; !result && i < d->n; i++)
        count_text(&all, &d->docs[i], (int32_t)i);
    for (size_t j = 0; !result && j < L; j++) {
        for (size_t i = first[j]; i < first[j + 1]; i++)
            count_text(&c, &d->docs[text[i]], text[i]);
        best_words(f->words[j], &c, (int32_t)(first[j + 1] - first[j]), all.n, d->n);
        counts_clear(&c);
    }
    counts_free(&all);
    counts_free(&c);
    mem_free(first);
    mem_free(text);
    return result;
}

void label_words_free(label_words *f)
{
    mem_free(f->words);
    *f = (label_words){0};
}
