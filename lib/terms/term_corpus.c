/* SPDX-License-Identifier: Apache-2.0 */
#include "terms/term_corpus.h"

#include "base/err.h"
#include "text/tokenized.h"

#include <string.h>

static int push(int32_t **list, size_t *room, size_t *n, int32_t value)
{
    if (*n == *room && mem_grow(list, room, *n + 1, sizeof **list))
        return -1;
    (*list)[(*n)++] = value;
    return 0;
}

/* Adds the number of a word, or -1, and its marks. */
static int push_word(term_corpus *c, int32_t word, int marks)
{
    size_t *n = &c->text_at[c->n + 1];
    if (c->scopes) {
        if (*n == c->marks_room && mem_grow(&c->marks, &c->marks_room, *n + 1, sizeof *c->marks))
            return -1;
        c->marks[*n] = (unsigned char)marks;
    }
    return push(&c->text, &c->text_room, n, word);
}

static int read_words(term_corpus *c, const record *r)
{
    const unsigned char *spans, *marks = NULL;
    if (seen_words_read(&c->words, r) || term_words_spans(r, c->words.T, &spans) ||
        (c->scopes && !(marks = scopes_mark(c->scopes_work, &c->words))))
        return -1;
    if (term_words_add(&c->words, c->forms, c->form))
        return record_error(r, NULL);
    for (uint32_t t = 0; t < c->words.T; t++)
        if ((term_words_border(spans, t) && push_word(c, -1, 0)) ||
            push_word(c, c->words.at[t], marks ? marks[t] : 0))
            return record_error(r, NULL);
    const size_t length = c->text_at[c->n + 1] - c->text_at[c->n];
    c->longest = length > c->longest ? length : c->longest;
    return 0;
}

static bool has_gold(const term_corpus *c, int32_t label)
{
    for (size_t i = c->gold_at[c->n]; i < c->gold_at[c->n + 1]; i++)
        if (c->gold[i] == label)
            return true;
    return false;
}

static int read_gold(term_corpus *c, const record *r, labels *l, bool grow)
{
    walk at;
    uint32_t codes;
    if (!record_find(r, "labels")) {
        err_set("no labels: terms cannot be learnt from it");
        return record_error(r, NULL);
    }
    if (record_strings(r, "labels", &at, &codes))
        return -1;
    for (uint32_t i = 0; i < codes; i++) {
        const char *code;
        size_t n;
        if (walk_str(&at, &code, &n))
            return record_error(r, "labels");
        const int32_t label = grow ? labels_add(l, code, n, NULL) : labels_index(l, code, n);
        if (grow && label < 0)
            return record_error(r, "labels");
        c->unknown += label < 0;
        if (label >= 0 && !has_gold(c, label) && push(&c->gold, &c->gold_room, &c->gold_at[c->n + 1], label))
            return record_error(r, NULL);
    }
    return 0;
}

static int read_record(term_corpus *c, const record *r, labels *l, bool grow)
{
    if (mem_grow(&c->text_at, &c->text_at_room, c->n + 2, sizeof *c->text_at) ||
        mem_grow(&c->gold_at, &c->gold_at_room, c->n + 2, sizeof *c->gold_at))
        return record_error(r, NULL);
    c->text_at[c->n + 1] = c->text_at[c->n];
    c->gold_at[c->n + 1] = c->gold_at[c->n];
    if (read_words(c, r) || read_gold(c, r, l, grow))
        return -1;
    c->n++;
    return term_phrases_add(c, l, r);
}

static int read_header(void *context, const record *header)
{
    term_corpus *c = context;
    if (c->has_header)
        return tokenized_check(c->tokenizer, header, "the segment before it");
    c->has_header = true;
    return tokenized_with(&c->tokenizer, header);
}

static int read_all(term_corpus *c, stream_in *in, labels *l, bool grow)
{
    record r = {0};
    int got;
    while ((got = stream_read(in, &r)) > 0)
        if ((got = read_record(c, &r, l, grow)))
            break;
    record_free(&r);
    return got;
}

int term_corpus_read(term_corpus *c, const char *const *paths, int n_paths, labels *l, bool grow,
                     term_form form, const scopes *s, const term_spans *spans)
{
    *c = (term_corpus){.words.keep_all = true,
                       .forms = map_new(),
                       .form = form,
                       .phrases.spans = spans,
                       .scopes = s,
                       .scopes_work = s ? scopes_work_new(s) : NULL};
    if (!c->forms || (s && !c->scopes_work) ||
        mem_grow(&c->text_at, &c->text_at_room, 1, sizeof *c->text_at) ||
        mem_grow(&c->gold_at, &c->gold_at_room, 1, sizeof *c->gold_at))
        return err_memory("out of memory");
    c->text_at[0] = c->gold_at[0] = 0;
    stream_in *in = stream_open(paths, n_paths, &(stream_options){.on_header = read_header, .context = c});
    const int result = in && !stream_expect(in, "tokens") ? read_all(c, in, l, grow) : -1;
    stream_close(in);
    c->n_labels = labels_count(l);
    if (!result && c->n > INT32_MAX)
        return err_set("more than %d encounters", INT32_MAX);
    return result;
}

void term_corpus_free(term_corpus *c)
{
    seen_words_free(&c->words);
    term_phrases_free(&c->phrases);
    if (c->forms)
        map_free(c->forms);
    mem_free(c->text);
    mem_free(c->marks);
    scopes_work_free(c->scopes_work);
    mem_free(c->text_at);
    mem_free(c->gold);
    mem_free(c->gold_at);
    json_decref(c->tokenizer);
    *c = (term_corpus){0};
}

size_t term_corpus_words(const term_corpus *c, size_t i, int32_t *forms, size_t *at)
{
    size_t n = 0;
    for (size_t t = c->text_at[i]; t < c->text_at[i + 1]; t++) {
        const int32_t form = c->text[t] < 0 ? TERM_UNKNOWN : c->words.of[c->text[t]].form;
        if (form == TERM_DROPPED)
            continue;
        forms[n] = form;
        at[n++] = t;
    }
    return n;
}

int term_corpus_phrase(const term_corpus *c, size_t at, int words, buf *out)
{
    for (bool first = true; words > 0; at++, first = false) {
        size_t n;
        const char *s = map_key(c->words.words, c->text[at], &n);
        words -= c->words.of[c->text[at]].form != TERM_DROPPED;
        if ((!first && buf_add(out, " ", 1)) || buf_add(out, s, n))
            return -1;
    }
    return buf_add(out, "", 1);
}

int term_corpus_marks(const term_corpus *c, size_t at, int words)
{
    int all = c->marks ? c->marks[at] : 0;
    for (; all && words > 0; at++) {
        all &= c->marks[at];
        words -= c->words.of[c->text[at]].form != TERM_DROPPED;
    }
    return all;
}
