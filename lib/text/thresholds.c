/* SPDX-License-Identifier: Apache-2.0 */
#include "text/thresholds.h"

#include "base/err.h"
#include "base/mem.h"
#include "text/lines.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int check(double threshold)
{
    return threshold >= 0 && threshold <= 1 ? 0 : err_set("expected a threshold from 0 to 1");
}

/* ---- headers ---- */

static int one_for_all(const record *header, float *common)
{
    double threshold = 0.5;
    const field *f = record_find(header, "threshold");
    if (f) {
        walk w = {f->value, f->value + f->size};
        if (walk_double(&w, &threshold) || check(threshold))
            return record_error(header, "threshold");
    }
    *common = (float)threshold;
    return 0;
}

static int one_a_label(const record *header, int32_t L, float *t)
{
    tensor values;
    buf scratch = {0};
    if (record_tensor(header, "thresholds", 'f', 1, &values))
        return -1;
    if (values.count != (size_t)L) {
        err_set("%zu thresholds for %ld labels", values.count, (long)L);
        return record_error(header, "thresholds");
    }
    const float *v = tensor_floats(&values, &scratch);
    int result = v ? 0 : -1;
    for (int32_t i = 0; !result && i < L; i++) {
        t[i] = v[i];
        result = check(v[i]);
    }
    buf_free(&scratch);
    return result ? record_error(header, "thresholds") : 0;
}

int thresholds_from_header(const record *header, int32_t L, float *common, float *t)
{
    if (one_for_all(header, common))
        return -1;
    for (int32_t i = 0; i < L; i++)
        t[i] = *common;
    return record_find(header, "thresholds") ? one_a_label(header, L, t) : 0;
}

void thresholds_pack(pack *fields, float common, const float *t, int32_t L)
{
    bool differ = false;
    for (int32_t i = 0; t && i < L; i++)
        differ |= t[i] != common;
    pack_key(fields, "threshold");
    pack_float(fields, common);
    if (!differ)
        return;
    pack_key(fields, "thresholds");
    pack_f4(fields, t, 1, &(size_t){L});
}

/* ---- files ---- */

static int read_line(lines *in, const labels *l, bool *named, float *t)
{
    if (in->n > 0 && in->text[in->n - 1] == '\r')
        in->text[--in->n] = '\0';
    const char *tab = memchr(in->text, '\t', in->n);
    if (!tab)
        return err_set("expected a code, a tab and a threshold: no tab found");
    const int32_t i = labels_index(l, in->text, tab - in->text);
    if (i < 0)
        return err_set("unknown code: the model does not have it");
    if (named[i])
        return err_set("duplicate code %s", labels_code(l, i));
    char *end;
    const double threshold = strtod(tab + 1, &end);
    if (end == tab + 1 || strspn(tab + 1, "0123456789.eE+-") != in->n - (tab + 1 - in->text) || *end)
        return err_set("expected a number as threshold");
    named[i] = true;
    t[i] = (float)threshold;
    return check(threshold);
}

int thresholds_read(const char *path, const labels *l, float *t)
{
    lines in;
    if (lines_open(&in, path, LINES_SHORT))
        return -1;
    bool *named = mem_array(labels_count(l), sizeof *named);
    int got = named ? 1 : -1;
    while (got > 0 && (got = lines_next_named(&in)) > 0)
        if (in.n > 0 && read_line(&in, l, named, t))
            got = lines_error(&in);
    mem_free(named);
    lines_close(&in);
    return got;
}
