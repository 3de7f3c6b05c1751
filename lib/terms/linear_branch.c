/* SPDX-License-Identifier: Apache-2.0 */
#include "terms/linear_branch.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/vectorised.h"
#include "tensor/byte_rows.h"
#include "tensor/ops.h"
#include "text/utf8.h"

#include <math.h>
#include <string.h>

/* ---- features ----
 *
 * What is known about keys and features is seldom in the cache. So the features of a text are found in
 * several passes, each of which prefetches what the next one reads. */

uint64_t linear_branch_hash(const char *form, size_t n)
{
    uint64_t h[2];
    hash128(h, form, n);
    return h[0] | 1; /* 0: no word */
}

uint64_t linear_branch_key(uint64_t first, uint64_t second)
{
    uint64_t h;
    hash128_pairs(&h, &first, &second, 1);
    return h & ~(uint64_t)1;
}

size_t linear_branch_chars(uint64_t *keys, const char *form, size_t n)
{
    enum { SHORTEST = 3, LONGEST = 4 };
    char text[4 * LINEAR_LONGEST + 2 + HASH_PADDING] = " ";
    size_t at[LINEAR_LONGEST + 3] = {0, 1}; /* character i is at text[at[i]] */
    size_t chars = 1, found = 0;
    const unsigned char *p = (const unsigned char *)form, *const end = p + n;
    while (p < end && chars <= LINEAR_LONGEST) {
        utf8_get(&p);
        at[++chars] = 1 + (size_t)(p - (const unsigned char *)form);
    }
    memcpy(text + 1, form, at[chars] - 1);
    text[at[chars]] = ' ';
    at[chars + 1] = at[chars] + 1;
    chars++;
    for (size_t length = SHORTEST; length <= LONGEST; length++)
        for (size_t i = 0; i + length <= chars; i++)
            keys[found++] = hash128_padded(text + at[i], at[i + length] - at[i]) | 1;
    return found;
}

enum { WORDS_AHEAD = 3 }; /* words from the one whose n-grams are prefetched */

/* The range of a key: a number of bits + 6 bits. */
static size_t range_of(const linear_branch_work *w, uint64_t key)
{
    return (size_t)(key >> (58 - w->bits));
}

static int make_index(const linear_branch *b, linear_branch_work *w)
{
    while ((size_t)8 << w->bits < b->features)
        w->bits++;
    w->index = mem_array((size_t)1 << w->bits, sizeof *w->index);
    w->of = mem_array(b->features, sizeof *w->of);
    if (!w->index || !w->of)
        return -1;
    for (size_t f = b->features; f-- > 0;) {
        const size_t range = range_of(w, b->keys[f]);
        w->index[range / 64].used |= (uint64_t)1 << range % 64;
        w->index[range / 64].first = (uint32_t)f;
        w->of[f] = (feature_state){.idf = b->idf[f], .scale = b->scale[f]};
    }
    for (uint32_t n = 1; n < LINEAR_COUNTED; n++)
        w->weight[n] = (float)(1 + log(n));
    return 0;
}

/* The first feature that can have this key, or -1. Usually the number of keys before it is that of the ranges
 * with keys. */
INLINE int64_t first_with(const linear_branch_work *w, uint64_t key)
{
    const size_t range = range_of(w, key);
    const key_ranges *r = &w->index[range / 64];
    const uint64_t bit = (uint64_t)1 << range % 64;
    return r->used & bit ? (int64_t)r->first + __builtin_popcountll(r->used & (bit - 1)) : -1;
}

/* The feature with this key, from f on, or -1. */
static int32_t find_from(const linear_branch *b, int64_t f, uint64_t key)
{
    if (f < 0)
        return -1;
    while ((size_t)f < b->features && b->keys[f] < key)
        f++;
    return (size_t)f < b->features && b->keys[f] == key ? (int32_t)f : -1;
}

/* The keys of a new word, and where they can be among the features. */
typedef struct word_keys {
    key_place at[1 + LINEAR_CHARS]; /* of the word, then of its character n-grams */
    size_t n;
} word_keys;

/* Sets the keys of word i, and its hash. 0 or -1. */
static int list_keys(word_keys *k, const linear_branch_work *w, seen_words *words, int32_t i)
{
    uint64_t chars[LINEAR_CHARS];
    size_t n;
    const char *plain = seen_words_plain(words, i, &n);
    if (!plain)
        return -1;
    n = term_form_length((term_form){0}, plain, n);
    words->of[i].hash = n ? linear_branch_hash(plain, n) : 0;
    words->of[i].times = 0;
    k->n = 1 + linear_branch_chars(chars, plain, n);
    k->at[0].key = linear_branch_key(words->of[i].hash, 0);
    for (size_t j = 1; j < k->n; j++)
        k->at[j].key = chars[j - 1];
    for (size_t j = 0; j < k->n; j++)
        __builtin_prefetch(&w->index[range_of(w, k->at[j].key) / 64]);
    return 0;
}

VECTORISED static void find_first(word_keys *k, const linear_branch *b, const linear_branch_work *w)
{
    for (size_t j = 0; j < k->n; j++) {
        const int64_t f = first_with(w, k->at[j].key);
        k->at[j].first = f;
        __builtin_prefetch(&b->keys[f < 0 ? 0 : f]);
    }
}

/* Appends the features of the character n-grams. 0 or -1. */
static int find_features(seen_word *word, const word_keys *k, const linear_branch *b, linear_branch_work *w)
{
    if (mem_grow(&w->chars, &w->chars_room, w->n_chars + k->n, sizeof *w->chars))
        return -1;
    word->feature = word->hash ? find_from(b, k->at[0].first, k->at[0].key) : -1;
    word->chars = (uint32_t)w->n_chars;
    for (size_t j = 1; j < k->n; j++) {
        const int32_t f = find_from(b, k->at[j].first, k->at[j].key);
        if (f >= 0)
            w->chars[w->n_chars++] = f;
    }
    word->n_chars = (uint32_t)w->n_chars - word->chars;
    return 0;
}

/* Finds hash and features of new words, a few at once. 0 or -1. */
static int find_words(const linear_branch *b, linear_branch_work *w, seen_words *words)
{
    enum { FEW = 8 };
    word_keys keys[FEW];
    int32_t *known = &words->known[WORD_FEATURE];
    if (*known == 0)
        w->n_chars = 0;
    while (*known < seen_words_count(words)) {
        const int32_t left = seen_words_count(words) - *known, n = left < FEW ? left : FEW;
        for (int32_t i = 0; i < n; i++)
            if (list_keys(&keys[i], w, words, *known + i))
                return -1;
        for (int32_t i = 0; i < n; i++)
            find_first(&keys[i], b, w);
        for (int32_t i = 0; i < n; i++, ++*known)
            if (find_features(&words->of[*known], &keys[i], b, w))
                return -1;
    }
    return 0;
}

static int make_room(const linear_branch *b, linear_branch_work *w, size_t T)
{
    if (mem_grow(&w->bigrams, &w->bigrams_room, T, sizeof *w->bigrams) ||
        mem_grow(&w->hashes, &w->hashes_room, 4 * T, sizeof *w->hashes) ||
        mem_grow(&w->words, &w->words_room, T, sizeof *w->words))
        return -1;
    if (w->sum)
        return 0;
    w->list = mem_array(b->features + 1, sizeof *w->list);
    w->x = mem_array(b->features, sizeof *w->x);
    w->y = mem_array(byte_rows_room(b->labels), sizeof *w->y);
    w->dimensions = mem_array(b->rank, sizeof *w->dimensions);
    for (size_t k = 0; w->dimensions && k < b->rank; k++)
        w->dimensions[k] = (int32_t)k;
    return w->list && w->x && w->y && w->dimensions && !make_index(b, w) &&
                   (w->sum = mem_array(byte_rows_room(b->rank), sizeof *w->sum))
               ? 0
               : -1;
}

/* The words listed so far are the first words of the text. If it has no others, they need not be counted:
 * both vectors would be the same. */
static void end_first_words(linear_branch_work *w, const seen_words *words)
{
    w->first_hashes = w->n_hashes;
    for (size_t i = 0; i < w->n_words; i++) {
        const seen_word *word = &words->of[w->words[i]];
        if (word->feature >= 0)
            w->of[word->feature].first += word->times;
    }
}

/* Lists the different words of the text, with their number, and the hashes of all, 0 between two notes. */
static void list_words(const linear_branch *b, linear_branch_work *w, seen_words *words,
                       const unsigned char *spans)
{
    size_t n = 0; /* words so far */
    w->n_words = w->n_hashes = w->first_hashes = 0;
    for (uint32_t t = 0; t < words->T; t++) {
        seen_word *word = &words->of[words->at[t]];
        if (term_words_border(spans, t))
            w->hashes[w->n_hashes++] = 0;
        if (!word->hash)
            continue;
        w->hashes[w->n_hashes++] = word->hash;
        if (word->times++ == 0) {
            w->words[w->n_words++] = words->at[t];
            __builtin_prefetch(&w->chars[word->chars]);
            if (word->feature >= 0)
                __builtin_prefetch(&w->of[word->feature], 1);
        }
        if (++n == b->first_words)
            end_first_words(w, words);
    }
}

/* Counts a feature, and lists it as number n of the text if it is new there. Returns the number of features
 * listed. */
INLINE size_t count(linear_branch_work *w, size_t n, int32_t feature, uint32_t times)
{
    feature_state *f = &w->of[feature];
    w->list[n] = feature;
    n += f->times == 0;
    f->times += times;
    return n;
}

/* Lists the keys of the bigrams. Sets *first to the number of those of the first words. Returns the number of
 * all. */
static size_t list_bigrams(linear_branch_work *w, size_t *first)
{
    size_t n = 0;
    *first = 0;
    if (w->n_hashes == 0)
        return 0;
    uint64_t *const keys = w->hashes + w->n_hashes;
    hash128_pairs(keys, w->hashes, w->hashes + 1, w->n_hashes - 1);
    for (size_t i = 0; i + 1 < w->n_hashes; i++) {
        if (!w->hashes[i] || !w->hashes[i + 1])
            continue;
        *first += i + 1 < w->first_hashes;
        w->bigrams[n].key = keys[i] & ~(uint64_t)1;
        __builtin_prefetch(&w->index[range_of(w, w->bigrams[n++].key) / 64]);
    }
    return n;
}

/* Counts the bigrams that are features. Like the next two, returns the number of features listed. */
VECTORISED static size_t count_bigrams(const linear_branch *b, linear_branch_work *w)
{
    size_t n = 0, all_first, first = 0, listed = 0;
    const size_t all = list_bigrams(w, &all_first);
    for (size_t i = 0; i < all; i++) {
        const uint64_t key = w->bigrams[i].key;
        const int64_t f = first_with(w, key);
        if (f < 0)
            continue;
        first += i < all_first;
        w->bigrams[n++] = (key_place){key, f};
        __builtin_prefetch(&b->keys[f]);
        __builtin_prefetch(&w->of[f], 1);
    }
    for (size_t i = 0; i < n; i++) {
        const int32_t f = find_from(b, w->bigrams[i].first, w->bigrams[i].key);
        if (f < 0)
            continue;
        w->of[f].first += i < first;
        listed = count(w, listed, f, 1);
    }
    return listed;
}

/* Counts the words that are features. */
static size_t count_words(linear_branch_work *w, const seen_words *words, size_t listed)
{
    for (size_t i = 0; i < w->n_words; i++) {
        const seen_word *word = &words->of[w->words[i]];
        if (word->feature >= 0)
            listed = count(w, listed, word->feature, word->times);
    }
    return listed;
}

/* Counts the character n-grams of all words, and clears the numbers of the words. */
static size_t count_chars(linear_branch_work *w, seen_words *words, size_t listed)
{
    for (size_t i = 0; i < w->n_words; i++) {
        seen_word *word = &words->of[w->words[i]];
        if (i + WORDS_AHEAD < w->n_words) {
            const seen_word *ahead = &words->of[w->words[i + WORDS_AHEAD]];
            for (uint32_t k = 0; k < ahead->n_chars; k++)
                __builtin_prefetch(&w->of[w->chars[ahead->chars + k]], 1);
        }
        for (uint32_t k = 0; k < word->n_chars; k++)
            listed = count(w, listed, w->chars[word->chars + k], word->times);
        word->times = 0;
    }
    return listed;
}

/* Counts the features of the text, and lists each once: words and bigrams, then character n-grams. 0, or -1
 * with record and reason. */
static int count_features(const linear_branch *b, linear_branch_work *w, seen_words *words)
{
    const unsigned char *spans;
    if (term_words_spans(words->record, words->T, &spans))
        return -1;
    if (make_room(b, w, words->T) || find_words(b, w, words))
        return record_error(words->record, NULL);
    list_words(b, w, words, spans);
    w->listed = count_words(w, words, count_bigrams(b, w));
    w->n = count_chars(w, words, w->listed);
    return 0;
}

/* ---- logits ---- */

static float weight_of(const linear_branch_work *w, uint32_t count)
{
    return count < LINEAR_COUNTED ? w->weight[count] : (float)(1 + log(count));
}

/* x := (1 + ln tf) idf of the features from first to end. Clears their counts. Returns the sum of squares. */
static float weigh(linear_branch_work *w, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++) {
        feature_state *f = &w->of[w->list[i]];
        w->x[i] = weight_of(w, f->times) * f->idf;
        f->times = 0;
    }
    return ops_dot(w->x + first, w->x + first, end - first);
}

/* Adds to x of the words and bigrams that of the first words, scaled to the same length. Clears the counts of
 * the first words. squares: the sum of squares before; returns that after. */
static float add_first_words(linear_branch_work *w, float squares)
{
    float of_first = 0;
    for (size_t i = 0; i < w->listed; i++) {
        const feature_state *f = &w->of[w->list[i]];
        const float y = f->first ? weight_of(w, f->first) * f->idf : 0;
        of_first += y * y;
    }
    const float ratio = of_first > 0 ? sqrtf(squares / of_first) : 0;
    for (size_t i = 0; i < w->listed; i++) {
        feature_state *f = &w->of[w->list[i]];
        if (f->first)
            w->x[i] += weight_of(w, f->first) * f->idf * ratio;
        f->first = 0;
    }
    return ops_dot(w->x, w->x, w->listed);
}

/* Scales the features from first to end to the length 1 / sqrt 2, and each by its own scale. */
static void scale(linear_branch_work *w, size_t first, size_t end, float squares)
{
    const float length = squares > 0 ? 1 / sqrtf(2 * squares) : 0;
    for (size_t i = first; i < end; i++)
        w->x[i] *= length * w->of[w->list[i]].scale;
}

/* x := the TF-IDF of the features, times their scales. Clears the counts. */
static void weigh_features(const linear_branch *b, linear_branch_work *w)
{
    float words = weigh(w, 0, w->listed);
    if (b->first_words)
        words = add_first_words(w, words);
    scale(w, 0, w->listed, words);
    scale(w, w->listed, w->n, weigh(w, w->listed, w->n));
}

const float *linear_branch_logits(const linear_branch *b, linear_branch_work *w, seen_words *words)
{
    if (count_features(b, w, words))
        return NULL;
    weigh_features(b, w);
    byte_rows_sum(w->sum, (byte_rows){b->A, b->features, b->rank}, w->list, w->x, w->n);
    if (!b->B)
        return w->sum;
    for (size_t k = 0; k < b->rank; k++)
        w->sum[k] *= b->label_scale[k];
    byte_rows_sum(w->y, (byte_rows){b->B, b->rank, b->labels}, w->dimensions, w->sum, b->rank);
    return w->y;
}

void linear_branch_work_free(linear_branch_work *w)
{
    mem_free(w->index);
    mem_free(w->of);
    mem_free(w->hashes);
    mem_free(w->bigrams);
    mem_free(w->chars);
    mem_free(w->words);
    mem_free(w->list);
    mem_free(w->x);
    mem_free(w->sum);
    mem_free(w->y);
    mem_free(w->dimensions);
    *w = (linear_branch_work){0};
}
