/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing tables of groups, and codes of any form in all ways of grouping. Parts: a table, codes with line
 * feeds between them. A code has one group, which does not change. */
#include "fuzz.h"

#include "eval/groups.h"
#include "text/labels.h"

#include <string.h>

static void check_groups(groups *g, const fuzz_part *codes)
{
    const char *line = (const char *)codes->data;
    for (size_t left = codes->n; left > 0;) {
        const char *end = memchr(line, '\n', left);
        const size_t n = end ? (size_t)(end - line) : left;
        if (labels_check_code(line, n) == 0) {
            char *code = mem_strndup(line, n);
            const int32_t group = groups_of(g, code);
            CHECK(group >= 0 && group < groups_count(g) && groups_of(g, code) == group);
            mem_free(code);
        }
        left -= n + (end != NULL);
        line += n + (end != NULL);
    }
    const size_t n = (size_t)groups_count(g);
    int32_t *order = mem_array(n, sizeof *order);
    bool *seen = mem_array(n, sizeof *seen);
    groups_order(g, order);
    for (size_t i = 0; i < n; i++) {
        CHECK(order[i] >= 0 && (size_t)order[i] < n && !seen[order[i]] && groups_name(g, order[i]));
        seen[order[i]] = true;
    }
    mem_free(order);
    mem_free(seen);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    fuzz_part part[2];
    fuzz_begin();
    fuzz_parts(data, n, part, 2);
    fuzz_file in = fuzz_file_new(part[0].data, part[0].n);
    groups *all[] = {groups_read(in.path), groups_chapters("icd10"), groups_chapters("icd9"),
                     groups_prefix(3)};
    CHECK(all[1] && all[2] && all[3]);
    if (!all[0])
        CHECK_MESSAGE();
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (all[i])
            check_groups(all[i], &part[1]);
        groups_free(all[i]);
    }
    fuzz_file_close(&in);
    return 0;
}
