/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing ecan-convert codes. Parts: a table of codes, encounters whose codes are used. The labels that are
 * made can be written, and every code of the table is found. */
#include "fuzz.h"

#include "corpus/code_labels.h"

#include <string.h>

static void check_labels(const code_table *t, const map *used, code_points points)
{
    code_labels_counts counts = {0};
    labels *l = code_labels_make(t, used, points, &counts);
    if (l) {
        fuzz_file out = fuzz_file_new("", 0);
        CHECK(labels_write(l, out.path) == 0);
        labels *again = labels_read(out.path);
        CHECK(again && labels_count(again) == labels_count(l));
        labels_free(again);
        fuzz_file_close(&out);
    } else {
        CHECK_MESSAGE();
    }
    labels_free(l);
    map_free(counts.missing);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char *const encodings[] = {NULL, "WINDOWS-1252"}, *const languages[] = {NULL, "fr", "nl"};
    fuzz_part part[2];
    code_table t;
    fuzz_begin();
    fuzz_parts(data, n, part, 2);
    fuzz_file table = fuzz_file_new(part[0].data, part[0].n),
              encounters = fuzz_file_new(part[1].data, part[1].n);
    CHECK(code_table_open(&t, encodings[n % 2], languages[n % 3], NULL, NULL) == 0);
    if (code_table_read(&t, table.path)) {
        CHECK_MESSAGE();
    } else {
        map *used = map_new();
        for (int32_t i = 0; i < map_size(t.codes); i++) {
            const char *code = (const char *)t.text.data + t.entries[i].code;
            CHECK(code_table_find(&t, code, strlen(code)) == i);
        }
        check_labels(&t, NULL, (code_points)(n / 2 % 3));
        if (code_labels_used(used, encounters.path))
            CHECK_MESSAGE();
        else
            check_labels(&t, used, CODE_POINTS_SAME);
        map_free(used);
    }
    code_table_close(&t);
    fuzz_file_close(&table);
    fuzz_file_close(&encounters);
    return 0;
}
