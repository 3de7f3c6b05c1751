/* SPDX-License-Identifier: Apache-2.0 */
#include "convert.h"

#include "../fuzz.h"
#include "text/encounter.h"
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

void fuzz_convert_check(convert *v)
{
    lines in;
    fuzz_file out = fuzz_file_new("", 0);
    FILE *f = fopen(out.path, "w");
    CHECK(f);
    if (convert_write(v, f) < 0)
        CHECK_MESSAGE();
    CHECK(fclose(f) == 0 && lines_open(&in, out.path, 0) == 0);
    while (lines_next(&in) > 0)
        check_line(in.text, in.n);
    lines_close(&in);
    fuzz_file_close(&out);
}
