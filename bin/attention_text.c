/* SPDX-License-Identifier: Apache-2.0 */
#include "attention_text.h"

#include "base/err.h"
#include "base/list.h"
#include "base/printable.h"
#include "eval/highlight.h"
#include "io/show.h"
#include "text/labels.h"
#include "text/unread.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int put_heading(buf *out, const record *r, const char *code, float score, bool colour)
{
    char number[32] = "";
    if (score >= 0)
        snprintf(number, sizeof number, " %.3f", (double)score);
    uint64_t cut;
    char not_read[64] = "";
    if (unread_words_of(&cut, r) < 0)
        return -1;
    if (cut > 0)
        snprintf(not_read, sizeof not_read, " (%" PRIu64 " word%s not read)", cut, cut == 1 ? "" : "s");
    char id[PRINTABLE_ROOM];
    printable_id(id, r->id, strlen(r->id));
    const char *parts[] = {colour ? "\033[1m== " : "== ", id, " ", code, number, not_read,
                           colour ? "\033[0m\n" : "\n"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (show_text(out, parts[i]) < 0)
            return -1;
    return 0;
}

/* *score = the score of label j, or -1 if the record has no scores. Returns 0 or -1. */
static int read_score(float *score, const record *r, int32_t j)
{
    tensor t;
    buf scratch = {0};
    *score = -1;
    if (!record_find(r, "scores"))
        return 0;
    if (record_tensor(r, "scores", 'f', 1, &t))
        return -1;
    const float *scores = tensor_floats(&t, &scratch);
    if (scores && (size_t)j < t.count)
        *score = scores[j];
    buf_free(&scratch);
    return scores ? 0 : record_error(r, "scores");
}

int attention_text(FILE *out, const record *r, const record *header, const char *codes, bool colour)
{
    buf text = {0};
    labels *l = labels_new();
    const char *code;
    size_t n;
    int result = l && labels_from_header(l, header) == 0 ? 0 : -1;
    while (result == 0 && list_next(&codes, &code, &n)) {
        int32_t j = labels_index(l, code, n);
        if (j < 0) {
            result = err_set("--attention: unknown code '%.*s': the model does not have it", (int)n, code);
            break;
        }
        float score;
        text.len = 0;
        if (read_score(&score, r, j) || put_heading(&text, r, labels_code(l, j), score, colour) < 0 ||
            highlight_record(&text, r, j, labels_count(l), colour) < 0)
            result = -1;
        else
            fwrite(text.data, 1, text.len, out);
    }
    labels_free(l);
    buf_free(&text);
    return result;
}
