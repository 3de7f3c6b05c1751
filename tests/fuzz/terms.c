/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing tables of terms, for the labels I10, E11.9 and J45, and terms in records. Parts: terms.tsv, a
 * stream of tokens. Rows that are accepted are the same after they are written and read again. Matches are
 * within the record, and are read again from the record they are written into. */
#include "fuzz.h"

#include "common/model.h"
#include "terms/matcher.h"
#include "terms/terms_file.h"

#include <math.h>
#include <string.h>

typedef struct rows {
    FILE *f; /* writes each row */
    size_t n;
    uint64_t hash;
} rows;

static void add_hash(rows *r, const char *s, size_t n)
{
    r->hash = r->hash * 31 + map_hash(s, n);
}

static int on_row(void *context, const terms_row *row)
{
    rows *r = context;
    const int32_t numbers[] = {row->label, row->both, row->encounters};
    CHECK(row->term[0] && row->label >= 0 && row->label < 3 && isfinite(row->weight) && row->both >= 0 &&
          row->encounters >= 0);
    r->n++;
    add_hash(r, row->term, strlen(row->term));
    add_hash(r, row->source, strcspn(row->source, "\r"));
    add_hash(r, (const char *)numbers, sizeof numbers);
    if (r->f)
        terms_file_row(r->f, fuzz_model()->labels, row);
    return 0;
}

static void check_file(const char *path)
{
    fuzz_file copy = fuzz_file_new("", 0);
    rows before = {.f = fopen(copy.path, "w")}, after = {0};
    terms_reader reader = {
        .labels = fuzz_model()->labels, .skip_unknown = true, .on_row = on_row, .context = &before};
    CHECK(before.f);
    terms_file_head(before.f, reader.form, &reader.marks);
    const int result = terms_file_read(&reader, path);
    CHECK(fclose(before.f) == 0);
    if (result == 0) {
        terms_reader again = {.labels = reader.labels, .on_row = on_row, .context = &after};
        CHECK(terms_file_read(&again, copy.path) == 0 && after.n == before.n && after.hash == before.hash);
    } else {
        CHECK_MESSAGE();
    }
    fuzz_file_close(&copy);
}

/* The record with its matches, as a filter writes it. */
static void check_matches(const matches *m, const record *r, size_t T)
{
    pack fields = {0};
    matches again = {0};
    record copy = {0};
    unsigned char head[5];
    buf whole = {0};
    for (size_t i = 0; i < m->n; i++) {
        CHECK(m->at[i][0] >= (i ? m->at[i - 1][0] + 1 : 0) && m->at[i][0] < 3);
        CHECK(m->at[i][1] >= 0 && m->at[i][1] < m->at[i][2] && (size_t)m->at[i][2] <= T);
    }
    for (size_t i = 0; i < r->n; i++)
        if (r->fields[i].key_len < 7 || memcmp(r->fields[i].key, "match", 5) != 0) {
            pack_key_n(&fields, r->fields[i].key, r->fields[i].key_len);
            pack_raw(&fields, r->fields[i].value, r->fields[i].size);
        }
    matches_pack(&fields, m, r);
    CHECK(buf_add(&whole, head, pack_map_head(&fields, head)) == 0 &&
          buf_add(&whole, fields.body.data, fields.body.len) == 0);
    CHECK(record_parse(&copy, whole.data, whole.len) == 0 && matches_read(&again, &copy, 3) == 1);
    CHECK(again.n == m->n && again.has_marks == (m->has_marks || record_find(r, "match_marks")));
    CHECK(m->n == 0 || (memcmp(again.at, m->at, m->n * sizeof *m->at) == 0 &&
                        memcmp(again.marks, m->marks, m->n * sizeof *m->marks) == 0));
    matches_free(&again);
    record_free(&copy);
    buf_free(&whole);
    pack_free(&fields);
}

static void check_stream(const matcher *m, const char *path)
{
    matcher_work *w = matcher_work_new(m);
    matches given = {0};
    seen_words words = {0};
    record r = {0};
    stream_in *in = stream_open(&path, 1, NULL);
    CHECK(w);
    for (int got; in && (got = stream_read(in, &r)) != 0;) {
        if (got < 0 && !stream_recoverable(in))
            break;
        if (got < 0)
            continue;
        const matches *found = seen_words_read(&words, &r) ? NULL : matcher_match(m, w, &words);
        if (found)
            check_matches(found, &r, words.T);
        if (matches_read(&given, &r, 3) == 1) {
            float logits[3] = {0};
            matches_add(logits, &given);
        }
    }
    stream_close(in);
    record_free(&r);
    matches_free(&given);
    seen_words_free(&words);
    matcher_work_free(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    fuzz_part part[2];
    fuzz_begin();
    fuzz_parts(data, n, part, 2);
    fuzz_file table = fuzz_file_new(part[0].data, part[0].n), in = fuzz_file_new(part[1].data, part[1].n);
    check_file(table.path);
    matcher *m = matcher_read(table.path, fuzz_model()->labels, NULL);
    if (m && matcher_marks(m)->any) {
        const mark_effects marks = *matcher_marks(m);
        matcher_use_scopes(m, fuzz_scopes(), &marks);
    }
    if (m)
        check_stream(m, in.path);
    else
        CHECK_MESSAGE();
    matcher_free(m);
    fuzz_file_close(&table);
    fuzz_file_close(&in);
    return 0;
}
