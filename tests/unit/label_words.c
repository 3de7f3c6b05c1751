/* SPDX-License-Identifier: Apache-2.0 */
/* lib/train/label_words: the words that support a label most, compared with the formula over all words. */
#include "train/label_words.h"

#include "numbers.h"
#include "tap.h"

#include <string.h>

enum { TEXTS = 30, WORDS = 25, LONGEST = 20, LABELS = 6 };

typedef struct made {
    int32_t ids[TEXTS][LONGEST], gold[TEXTS][LABELS];
    example docs[TEXTS];
    dataset d;
    bool has[TEXTS][WORDS], is[TEXTS][LABELS];
} made;

static void put_gold(made *m, int i, int j)
{
    m->gold[i][m->docs[i].n_gold++] = j;
    m->is[i][j] = true;
}

/* No text has label 0; only the first text has label 1. Text 1 has no words. Words 0 and 1 are none. */
static void make(made *m, rng *r)
{
    *m = (made){.d = {.docs = m->docs, .n = TEXTS}};
    for (int i = 0; i < TEXTS; i++) {
        m->docs[i] =
            (example){.ids = m->ids[i], .gold = m->gold[i], .T = i == 1 ? 0 : 1 + rng_below(r, LONGEST)};
        for (size_t t = 0; t < m->docs[i].T; t++) {
            m->ids[i][t] = 1 + (int32_t)rng_below(r, WORDS - 1);
            m->has[i][m->ids[i][t]] = true;
        }
        if (i == 0)
            put_gold(m, i, 1);
        for (int j = 2; j < LABELS; j++)
            if (rng_below(r, 2 + (uint32_t)j) == 0)
                put_gold(m, i, j);
    }
}

/* s of a word for a label; -1 where it does not count. */
static double score(const made *m, int j, int w)
{
    int n_j = 0, n_w = 0, n_jw = 0;
    for (int i = 0; i < TEXTS; i++) {
        n_j += m->is[i][j];
        n_w += m->has[i][w];
        n_jw += m->is[i][j] && m->has[i][w];
    }
    if (n_jw < 2 || n_jw < n_j / 3.0)
        return -1;
    return (double)n_jw / n_j * log((double)n_jw / n_j / ((n_w + 1.0) / (TEXTS + 1)));
}

/* Each word is the best of those that are not listed yet. */
static int is_best(const made *m, int j, const int32_t *words)
{
    bool listed[WORDS] = {true, true};
    for (int k = 0; k < LABEL_WORDS; k++) {
        int best = VOCAB_PAD;
        for (int w = VOCAB_UNK + 1; w < WORDS; w++)
            if (!listed[w] && score(m, j, w) > 0 && (best == VOCAB_PAD || score(m, j, w) > score(m, j, best)))
                best = w;
        if (words[k] != best)
            return 0;
        listed[best] = true;
    }
    return 1;
}

int main(void)
{
    rng r;
    rng_seed(&r, 1, 0, 0);
    int right = 0, full = 0;
    static made m;
    for (int round = 0; round < 50; round++) {
        label_words f;
        make(&m, &r);
        if (label_words_find(&f, &m.d, LABELS, WORDS))
            return 1;
        for (int j = 0; j < LABELS; j++) {
            right += is_best(&m, j, f.words[j]);
            full += f.words[j][LABEL_WORDS - 1] != VOCAB_PAD;
        }
        if (round == 0)
            ok(f.words[0][0] == VOCAB_PAD && f.words[1][0] == VOCAB_PAD,
               "a label of no text and one of one text have no words");
        label_words_free(&f);
    }
    ok(right == 50 * LABELS, "the best words of %d of %d labels", right, 50 * LABELS);
    ok(full > 50, "%d labels have more than enough of them", full);

    label_words f;
    ok(!label_words_find(&f, &(dataset){.n = 0}, 2, WORDS) && f.words[1][0] == VOCAB_PAD,
       "no texts: no words");
    label_words_free(&f);
    return tap_done();
}
