/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing the tables of ecan-counts: two files, which are added. No word and no code has more encounters than
 * there are. The sum is the same when it is written and read again, and then the bytes are the same, too. */
#include "fuzz.h"

#include "text/counts.h"

#include <string.h>

enum { TABLES = 2 };

static void check_table(const counts *c, const count_table *t)
{
    for (int32_t i = 0; i < map_size(t->names); i++)
        CHECK(t->rows[i].encounters >= 1 && t->rows[i].encounters <= c->encounters &&
              t->rows[i].encounters <= t->rows[i].occurrences);
}

static void check_sorted(const count_table *t)
{
    int32_t n;
    int32_t *order = counts_sorted(t, 2, &n);
    CHECK(order && n <= map_size(t->names));
    for (int32_t i = 0; i < n; i++)
        CHECK(t->rows[order[i]].encounters >= 2 &&
              (i == 0 || t->rows[order[i]].encounters <= t->rows[order[i - 1]].encounters));
    mem_free(order);
}

static void write_to(const counts *c, const char *path)
{
    FILE *f = fopen(path, "w");
    CHECK(f && counts_write(c, 1, f) == 0 && fclose(f) == 0);
}

static void check_same(const char *a, const char *b)
{
    FILE *x = fopen(a, "r"), *y = fopen(b, "r");
    int c;
    CHECK(x && y);
    do
        CHECK((c = getc(x)) == getc(y));
    while (c != EOF);
    fclose(x);
    fclose(y);
}

static void check_round_trip(const counts *c)
{
    counts back;
    fuzz_file first = fuzz_file_new("", 0), second = fuzz_file_new("", 0);
    write_to(c, first.path);
    CHECK(counts_init(&back) == 0 && counts_read(&back, first.path) == 0);
    CHECK(back.encounters == c->encounters && map_size(back.words.names) == map_size(c->words.names) &&
          map_size(back.codes.names) == map_size(c->codes.names));
    write_to(&back, second.path);
    check_same(first.path, second.path);
    counts_free(&back);
    fuzz_file_close(&first);
    fuzz_file_close(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    fuzz_part parts[TABLES];
    counts c;
    bool good = true;
    fuzz_begin();
    const size_t tables = fuzz_parts(data, n, parts, TABLES);
    CHECK(counts_init(&c) == 0);
    for (size_t i = 0; good && i < tables; i++) {
        fuzz_file f = fuzz_file_new(parts[i].data, parts[i].n);
        good = counts_read(&c, f.path) == 0;
        fuzz_file_close(&f);
    }
    if (good && c.encounters <= INT64_MAX) {
        check_table(&c, &c.words);
        check_table(&c, &c.codes);
        check_sorted(&c.words);
        check_round_trip(&c);
    } else if (!good) {
        CHECK_MESSAGE();
    }
    counts_free(&c);
    return 0;
}
