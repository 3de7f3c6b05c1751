/* SPDX-License-Identifier: Apache-2.0 */
#include "convert.h"

#include "../fuzz.h"
#include "corpus/convert_spans.h"
#include "text/encounter.h"
#include "text/gold_spans.h"
#include "text/lines.h"

static void tell(const char *message)
{
    CHECK(message[0] != '\0');
}

convert_options fuzz_convert_options(size_t n)
{
    return (convert_options){.skip_bad = true, .tell = tell, .encoding = n % 2 ? "WINDOWS-1252" : NULL};
}

static void check_line(char *line, size_t n)
{
    static tokenizer *t;
    static notes_rules *rules;
    encounter e = {0};
    if (!t)
        CHECK((t = tokenizer_new(&(tokenize_options){0})) && (rules = notes_rules_new(&(notes_options){0})));
    CHECK(encounter_read(&e, t, rules, line, n) == 0);
    encounter_free(&e);
}

static void check_spans_line(char *line, size_t n)
{
    gold_spans s = {0};
    json_t *json = ecan_json_parse_line(line, n);
    CHECK(json && gold_spans_read(&s, json, NULL) == 0 && s.n > 0);
    gold_spans_free(&s);
    json_decref(json);
}

/* Writes with a function, and checks each line. */
static void check_written(convert *v, int (*write)(convert *, FILE *), void (*check)(char *, size_t))
{
    lines in;
    fuzz_file out = fuzz_file_new("", 0);
    FILE *f = fopen(out.path, "w");
    CHECK(f);
    if (write(v, f) < 0)
        CHECK_MESSAGE();
    CHECK(fclose(f) == 0 && lines_open(&in, out.path, 0) == 0);
    while (lines_next(&in) > 0)
        check(in.text, in.n);
    lines_close(&in);
    fuzz_file_close(&out);
}

void fuzz_convert_check(convert *v)
{
    check_written(v, convert_write, check_line);
    if (v->spans)
        check_written(v, convert_write_spans, check_spans_line);
}
