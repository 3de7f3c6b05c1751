/* SPDX-License-Identifier: Apache-2.0 */
#include "terms/mine.h"

#include "base/err.h"
#include "base/rng.h"
#include "terms/claims.h"
#include "terms/ngrams.h"

#include <math.h>
#include <string.h>

enum { MOST_PLACES = 1 << 26 }; /* encounters of n-grams that are in memory at a time: 256 MiB */

typedef struct miner {
    mined *out;
    const term_corpus *c;
    ngrams g;
    claims claims;
    int max_length;       /* words of n-grams that are not marked by coders */
    bool claiming;        /* first pass over the text: terms claim labels */
    int ignored;          /* marks of places that do not count */
    uint32_t n_terms;     /* number of n-grams so far in this pass; terms are numbered from 1 */
    uint32_t *random;     /* [encounters] */
    uint32_t sample_mask; /* encounters for which (random & sample_mask) is 0 are observed */
    int32_t *frequency;   /* [labels] */
    int32_t (*frequency_in)[TERM_PARTS]; /* [labels] in each part */
    /* of the current n-gram */
    unsigned char *marks; /* [df] of its best place in each encounter */
    int32_t *count;       /* [labels] encounters with n-gram and label; all 0 afterwards */
    int32_t *marked;      /* [labels] of count, encounters in which coders marked the n-gram for the label */
    int32_t *found;       /* [labels] labels that occur with the n-gram; then those that are kept */
    int32_t *place;       /* [labels] their index in found; -1: not in it */
    int32_t (*count_in)[TERM_PARTS];  /* [labels] count in each part, by place */
    int32_t (*marked_in)[TERM_PARTS]; /* [labels] marked in each part, by place */
    float (*scores)[CLAIM_COUNTS];    /* [labels] term_claim() with the counts outside each part, and with all
                                         counts, by place */
    int32_t (*claimed)[CLAIM_COUNTS]; /* [labels] encounters claimed with the same counts, by place */
    /* marked phrases of the length of the current n-grams, in order of the n-grams; the next one */
    const term_phrase **phrases;
    size_t n_phrases, phrase;
} miner;

static int part_of(const miner *m, int32_t doc)
{
    return (int)(m->random[doc] >> 16) % TERM_PARTS;
}

static bool trusted(const miner *m, const term_counts *c)
{
    return (c->marked > 0 && c->both >= m->out->min_marked) ||
           (c->length <= m->max_length && c->both >= m->out->min_encounters &&
            c->both >= MINE_PRECISION * c->encounters);
}

/* ---- limits ---- */

static void raise_min_encounters(mined *out)
{
    size_t n = 0;
    out->min_marked = ++out->min_encounters;
    for (size_t i = 0; i < out->n; i++)
        if (out->terms[i].counts.both >= out->min_encounters)
            out->terms[n++] = out->terms[i];
    out->n = n;
}

static void halve_observations(miner *m)
{
    size_t n = 0;
    m->sample_mask = 2 * m->sample_mask + 1;
    for (size_t i = 0; i < m->out->n_seen; i++)
        if (!(m->random[m->out->seen[i].doc] & m->sample_mask))
            m->out->seen[n++] = m->out->seen[i];
    m->out->n_seen = n;
}

static int push_term(miner *m, mined_term t)
{
    mined *out = m->out;
    while (out->n >= MINE_TERMS)
        raise_min_encounters(out);
    if (!trusted(m, &t.counts))
        return 0;
    if (out->n == out->room && mem_grow(&out->terms, &out->room, out->n + 1, sizeof *out->terms))
        return -1;
    out->terms[out->n++] = t;
    return 0;
}

static int push_observation(miner *m, observation o)
{
    mined *out = m->out;
    while (out->n_seen >= MINE_OBSERVATIONS)
        halve_observations(m);
    if (m->random[o.doc] & m->sample_mask)
        return 0;
    if (out->n_seen == out->seen_room &&
        mem_grow(&out->seen, &out->seen_room, out->n_seen + 1, sizeof *out->seen))
        return -1;
    out->seen[out->n_seen++] = o;
    return 0;
}

/* ---- one n-gram, which is in the encounters docs[df] ---- */

/* Sets m->found[n] to the labels whose pair with the n-gram can be kept, with the counts of all encounters or
 * with those outside a part. */
static int32_t find_labels(miner *m, const int32_t *docs, int32_t df, const int32_t df_in[TERM_PARTS],
                           uint32_t term)
{
    const term_corpus *c = m->c;
    int32_t n = 0, kept = 0, most = 0;
    for (int32_t i = 0; i < df; i++)
        for (size_t g = c->gold_at[docs[i]]; g < c->gold_at[docs[i] + 1]; g++) {
            if (m->count[c->gold[g]]++ == 0)
                m->found[n++] = c->gold[g];
            m->marked[c->gold[g]] += m->claims.phrase[g] == term;
        }
    for (int p = 0; p < TERM_PARTS; p++)
        most = df_in[p] > most ? df_in[p] : most;
    for (int32_t i = 0; i < n; i++) {
        const int32_t label = m->found[i];
        const term_counts best = {.both = m->count[label],
                                  .encounters = df - most,
                                  .length = m->g.length,
                                  .marked = m->marked[label]};
        if (trusted(m, &best)) {
            m->place[label] = kept;
            m->found[kept++] = label;
        } else {
            m->count[label] = m->marked[label] = 0;
        }
    }
    return kept;
}

static void count_parts(miner *m, const int32_t *docs, int32_t df, int32_t n, uint32_t term)
{
    const term_corpus *c = m->c;
    memset(m->count_in, 0, (size_t)n * sizeof *m->count_in);
    memset(m->marked_in, 0, (size_t)n * sizeof *m->marked_in);
    for (int32_t i = 0; i < df; i++)
        for (size_t g = c->gold_at[docs[i]]; g < c->gold_at[docs[i] + 1]; g++) {
            const int32_t place = m->place[c->gold[g]];
            if (place < 0)
                continue;
            m->count_in[place][part_of(m, docs[i])]++;
            m->marked_in[place][part_of(m, docs[i])] += m->claims.phrase[g] == term;
        }
}

static bool has_gold(const term_corpus *c, int32_t doc, int32_t label)
{
    for (size_t g = c->gold_at[doc]; g < c->gold_at[doc + 1]; g++)
        if (c->gold[g] == label)
            return true;
    return false;
}

/* The counts of the n-gram and the label at place i: those outside a part, or those of all encounters
 * (TERM_PARTS). */
static term_counts counts_of(const miner *m, int32_t i, int32_t df, const int32_t df_in[TERM_PARTS], int part)
{
    const int32_t label = m->found[i];
    term_counts c = {.both = m->count[label],
                     .encounters = df,
                     .frequency = m->frequency[label],
                     .length = m->g.length,
                     .claimed = m->claimed[i][part],
                     .marked = m->marked[label]};
    if (part < TERM_PARTS) {
        c.both -= m->count_in[i][part];
        c.encounters -= df_in[part];
        c.frequency -= m->frequency_in[label][part];
        c.marked -= m->marked_in[i][part];
    }
    return c;
}

static void claim(miner *m, const int32_t *docs, int32_t df, const int32_t df_in[TERM_PARTS], int32_t n,
                  uint32_t term)
{
    const term_corpus *c = m->c;
    for (int32_t i = 0; i < n; i++)
        for (int p = 0; p < CLAIM_COUNTS; p++) {
            const term_counts counts = counts_of(m, i, df, df_in, p);
            m->scores[i][p] = trusted(m, &counts) ? term_claim(&counts) : -INFINITY;
        }
    for (int32_t i = 0; i < df; i++)
        for (size_t g = c->gold_at[docs[i]]; g < c->gold_at[docs[i] + 1]; g++) {
            const int32_t place = m->place[c->gold[g]];
            if (place >= 0)
                claims_offer(&m->claims, g, part_of(m, docs[i]), term, m->scores[place]);
        }
}

static void count_claims(miner *m, const int32_t *docs, int32_t df, uint32_t term)
{
    const term_corpus *c = m->c;
    for (int32_t i = 0; i < df; i++)
        for (size_t g = c->gold_at[docs[i]]; g < c->gold_at[docs[i] + 1]; g++) {
            const int32_t place = m->place[c->gold[g]];
            if (place >= 0)
                claims_count(m->claimed[place], &m->claims, g, part_of(m, docs[i]), term);
        }
}

static int observe(miner *m, int32_t doc, unsigned char marks, int32_t df, const int32_t df_in[TERM_PARTS],
                   int32_t n)
{
    for (int32_t i = 0; i < n; i++) {
        const int32_t label = m->found[i];
        const term_counts counts = counts_of(m, i, df, df_in, part_of(m, doc));
        if (!trusted(m, &counts))
            continue;
        if (push_observation(m, (observation){.counts = counts,
                                              .doc = doc,
                                              .label = label,
                                              .gold = has_gold(m->c, doc, label),
                                              .marks = marks}))
            return -1;
    }
    return 0;
}

/* Adds the pairs that are kept, and the observations of all encounters with the n-gram; df of them count. */
static int keep_pairs(miner *m, const int32_t *docs, int32_t all, int32_t df, const int32_t df_in[TERM_PARTS],
                      int32_t n, size_t at)
{
    for (int32_t i = 0; i < all; i++)
        if (!(m->random[docs[i]] & m->sample_mask) && observe(m, docs[i], m->marks[i], df, df_in, n))
            return -1;
    for (int32_t i = 0; i < n; i++) {
        const term_counts counts = counts_of(m, i, df, df_in, TERM_PARTS);
        if (trusted(m, &counts) &&
            push_term(m, (mined_term){.counts = counts, .at = at, .label = m->found[i]}))
            return -1;
    }
    return 0;
}

/* Moves encounters in which the n-gram has an ignored mark to the end. Returns the number of the others. */
static int32_t move_ignored(miner *m, int32_t *docs, int32_t n)
{
    int32_t df = 0;
    for (int32_t i = 0; i < n; i++) {
        const int32_t doc = docs[i];
        const unsigned char marks = m->marks[i];
        if (marks & m->ignored)
            continue;
        docs[i] = docs[df];
        m->marks[i] = m->marks[df];
        docs[df] = doc;
        m->marks[df++] = marks;
    }
    return df;
}

static int mine_ngram(miner *m, int32_t *docs, int32_t all, size_t at, uint32_t term)
{
    const int32_t df = move_ignored(m, docs, all);
    int32_t df_in[TERM_PARTS] = {0};
    int result = 0;
    for (int32_t i = 0; i < df; i++)
        df_in[part_of(m, docs[i])]++;
    const int32_t n = find_labels(m, docs, df, df_in, term);
    if (n == 0)
        return 0;
    count_parts(m, docs, df, n, term);
    memset(m->claimed, 0, (size_t)n * sizeof *m->claimed);
    if (m->claiming) {
        claim(m, docs, df, df_in, n, term);
    } else {
        count_claims(m, docs, df, term);
        result = keep_pairs(m, docs, all, df, df_in, n, at);
    }
    for (int32_t i = 0; i < n; i++) {
        m->count[m->found[i]] = m->marked[m->found[i]] = 0;
        m->place[m->found[i]] = -1;
    }
    return result;
}

/* ---- one length: the encounters of each n-gram ---- */

typedef struct index_part {
    int32_t begin, end; /* range of n-grams */
    size_t
        *at; /* [end - begin] position of the next encounter of each; afterwards the end of its encounters */
    size_t *first; /* [end - begin] a position in the text where the n-gram starts */
    int32_t *docs;
    unsigned char *marks; /* parallel to docs: the marks of the best place in the encounter */
} index_part;

static void fill(miner *m, index_part *x)
{
    const ngrams *g = &m->g;
    for (int32_t doc = 0; doc < (int32_t)m->c->n; doc++)
        for (size_t t = m->c->text_at[doc]; t < m->c->text_at[doc + 1]; t++) {
            const int32_t i = g->starts[t] - x->begin;
            if (g->starts[t] < x->begin || g->starts[t] >= x->end)
                continue;
            const int marks = term_corpus_marks(m->c, t, g->length);
            if (x->first[i] == SIZE_MAX) {
                x->first[i] = t;
            } else if (x->docs[x->at[i] - 1] == doc) {
                if (!marks)
                    x->marks[x->at[i] - 1] = 0;
                continue;
            }
            x->docs[x->at[i]] = doc;
            x->marks[x->at[i]++] = (unsigned char)marks;
        }
}

/* Indexes the n-grams from begin on, as many as have at most MOST_PLACES encounters together. */
static int make_index(miner *m, index_part *x, int32_t begin)
{
    size_t places = 0;
    *x = (index_part){.begin = begin, .end = begin};
    while (x->end < m->g.n && (x->end == begin || places + (size_t)m->g.df[x->end] <= MOST_PLACES))
        places += (size_t)m->g.df[x->end++];
    const size_t n = (size_t)(x->end - begin);
    x->at = mem_array(n, sizeof *x->at);
    x->first = mem_array(n, sizeof *x->first);
    x->docs = mem_room(places, sizeof *x->docs);
    x->marks = mem_room(places, 1);
    if (!x->at || !x->first || !x->docs || !x->marks)
        return -1;
    for (size_t i = 0, at = 0; i < n; at += (size_t)m->g.df[begin + (int32_t)i++]) {
        x->at[i] = at;
        x->first[i] = SIZE_MAX;
    }
    fill(m, x);
    return 0;
}

static int by_ngram(const void *a, const void *b, void *starts)
{
    const int32_t *of = starts, x = of[(*(term_phrase *const *)a)->at],
                  y = of[(*(term_phrase *const *)b)->at];
    return x < y ? -1 : x > y;
}

/* Sorts the marked phrases that are as long as the n-grams. */
static void find_phrases(miner *m)
{
    const term_phrases *p = &m->c->phrases;
    m->n_phrases = m->phrase = 0;
    for (size_t i = 0; i < p->n; i++)
        if (p->of[i].words == m->g.length)
            m->phrases[m->n_phrases++] = &p->of[i];
    if (m->n_phrases)
        qsort_r(m->phrases, m->n_phrases, sizeof *m->phrases, by_ngram, m->g.starts);
}

/* Stores for which labels of encounters the n-gram is marked. N-grams come in ascending order. */
static void mark(miner *m, int32_t ngram, uint32_t term)
{
    while (m->phrase < m->n_phrases && m->g.starts[m->phrases[m->phrase]->at] == ngram)
        m->claims.phrase[m->phrases[m->phrase++]->gold] = term;
}

static int mine_level(miner *m)
{
    int result = 0;
    find_phrases(m);
    for (int32_t begin = 0; !result && begin < m->g.n;) {
        index_part x;
        result = make_index(m, &x, begin);
        for (int32_t i = 0; !result && i < x.end - x.begin; i++) {
            const int32_t df = m->g.df[begin + i];
            m->marks = x.marks + x.at[i] - df;
            mark(m, begin + i, m->n_terms + 1);
            result = mine_ngram(m, x.docs + x.at[i] - df, df, x.first[i], ++m->n_terms);
        }
        begin = x.end;
        mem_free(x.at);
        mem_free(x.first);
        mem_free(x.docs);
        mem_free(x.marks);
    }
    return result;
}

/* ---- all n-grams ---- */

static int begin(miner *m)
{
    const size_t L = (size_t)m->c->n_labels;
    m->random = mem_array(m->c->n, sizeof *m->random);
    m->frequency = mem_array(L, sizeof *m->frequency);
    m->frequency_in = mem_array(L, sizeof *m->frequency_in);
    m->count = mem_array(L, sizeof *m->count);
    m->found = mem_array(L, sizeof *m->found);
    m->place = mem_array(L, sizeof *m->place);
    m->count_in = mem_array(L, sizeof *m->count_in);
    m->scores = mem_array(L, sizeof *m->scores);
    m->claimed = mem_array(L, sizeof *m->claimed);
    m->marked = mem_array(L, sizeof *m->marked);
    m->marked_in = mem_array(L, sizeof *m->marked_in);
    m->phrases = mem_array(m->c->phrases.n, sizeof *m->phrases);
    if (!m->random || !m->frequency || !m->frequency_in || !m->count || !m->found || !m->place ||
        !m->count_in || !m->scores || !m->claimed || !m->marked || !m->marked_in || !m->phrases ||
        claims_begin(&m->claims, m->c))
        return -1;
    memset(m->place, -1, L * sizeof *m->place);
    rng r;
    rng_seed(&r, 1, 0, 0);
    for (size_t i = 0; i < m->c->n; i++) {
        m->random[i] = (uint32_t)rng_next(&r);
        for (size_t g = m->c->gold_at[i]; g < m->c->gold_at[i + 1]; g++) {
            m->frequency[m->c->gold[g]]++;
            m->frequency_in[m->c->gold[g]][part_of(m, (int32_t)i)]++;
        }
    }
    return 0;
}

/* One pass over the text for each length, from single words to n-grams of max_length words, and further to
 * the longest phrase that coders marked. */
static int mine_levels(miner *m)
{
    const int longest = m->c->phrases.longest > m->max_length ? m->c->phrases.longest : m->max_length;
    int result = ngrams_begin(&m->g, m->c);
    m->n_terms = 0;
    for (int length = 1; !result && length <= longest; length++)
        result =
            ngrams_next(&m->g, length <= m->max_length ? m->out->min_encounters : INT32_MAX) || mine_level(m)
                ? -1
                : 0;
    ngrams_free(&m->g);
    return result;
}

int mine(mined *out, const term_corpus *c, int max_length, int min_encounters, int ignored)
{
    *out = (mined){.min_encounters = min_encounters, .min_marked = 1};
    miner m = {.out = out, .c = c, .max_length = max_length, .claiming = true, .ignored = ignored};
    int result = begin(&m) || mine_levels(&m) ? -1 : 0;
    m.claiming = false;
    if (!result)
        result = mine_levels(&m);
    claims_free(&m.claims);
    mem_free(m.random);
    mem_free(m.frequency);
    mem_free(m.frequency_in);
    mem_free(m.count);
    mem_free(m.found);
    mem_free(m.place);
    mem_free(m.count_in);
    mem_free(m.scores);
    mem_free(m.claimed);
    mem_free(m.marked);
    mem_free(m.marked_in);
    mem_free(m.phrases);
    return result;
}

void mined_free(mined *m)
{
    mem_free(m->terms);
    mem_free(m->seen);
    *m = (mined){0};
}
