/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/score_combination.h"

#include "base/err.h"
#include "io/json.h"

#include <math.h>
#include <string.h>

const char *const score_average_names[] = {
    [AVERAGE_MEAN] = "mean", [AVERAGE_LOGIT] = "logit", [AVERAGE_LEARNED] = "learned"};

/* ---- JSON ---- */

/* The key by; absent: learned. */
static int get_by(score_combination *c, const json_t *o)
{
    const json_t *v = json_object_get(o, "by");
    const char *by = json_string_value(v);
    c->by = AVERAGE_LEARNED;
    for (int i = 0; by && i <= AVERAGE_LEARNED; i++)
        if (strcmp(by, score_average_names[i]) == 0) {
            c->by = (score_average_by)i;
            return 0;
        }
    return v ? err_set("key by: expected mean, logit or learned") : 0;
}

static int get_member(score_combination *c, const json_t *o)
{
    const char *model = json_string_value(json_object_get(o, "model"));
    if (ecan_json_number(&c->weights[c->n], o, "weight", c->by == AVERAGE_LEARNED ? -1e6 : 1e-6, 1e6))
        return err_prefix("members: number %d: ", c->n + 1);
    if (model && strlen(model) >= SCORE_COMBINATION_MODEL)
        return err_set("members: number %d: key model: not a fingerprint", c->n + 1);
    strcpy(c->model[c->n++], model ? model : "");
    return 0;
}

static int from_json(score_combination *c, const json_t *o)
{
    const json_t *members = json_object_get(o, "members");
    const size_t n = json_array_size(members); /* 0 if it is not an array */
    if (n < 1 || n > SCORE_COMBINATION_SYSTEMS)
        return err_set(
            "key members: expected an array of 1 to %d elements; ecan-average --fit writes such files",
            SCORE_COMBINATION_SYSTEMS);
    c->n = 0;
    if (get_by(c, o))
        return -1;
    for (size_t i = 0; i < n; i++)
        if (get_member(c, json_array_get(members, i)))
            return -1;
    return (c->by == AVERAGE_LEARNED && ecan_json_number(&c->bias, o, "bias", -1e6, 1e6)) ||
                   ecan_json_number(&c->threshold, o, "threshold", 0, 1)
               ? -1
               : 0;
}

int score_combination_read(score_combination *c, const char *path)
{
    json_t *o = ecan_json_read_file(path);
    if (!o)
        return -1;
    *c = (score_combination){.micro_f1 = NAN};
    const int result = from_json(c, o);
    json_decref(o);
    return result ? err_prefix("%s: ", path) : 0;
}

static json_t *member_json(const score_combination *c, int i)
{
    json_t *o = json_object();
    const double w = c->weights[i];
    ecan_json_set(o, "weight", c->by == AVERAGE_LEARNED ? ecan_json_float((float)w) : ecan_json_double(w));
    if (c->model[i][0])
        ecan_json_set(o, "model", json_string(c->model[i]));
    return o;
}

int score_combination_write(FILE *f, const score_combination *c)
{
    json_t *o = json_object(), *members = json_array();
    if (c->by != AVERAGE_LEARNED)
        ecan_json_set(o, "by", json_string(score_average_names[c->by]));
    for (int i = 0; i < c->n; i++)
        ecan_json_append(members, member_json(c, i));
    ecan_json_set(o, "members", members);
    if (c->by == AVERAGE_LEARNED)
        ecan_json_set(o, "bias", ecan_json_float((float)c->bias));
    ecan_json_set(o, "threshold", ecan_json_float((float)c->threshold));
    if (!isnan(c->micro_f1))
        ecan_json_set(o, "micro_f1", ecan_json_float((float)c->micro_f1));
    const int result = ecan_json_write_line(f, o);
    json_decref(o);
    return result;
}

/* ---- the systems ---- */

int score_combination_check_labels(const score_members *m)
{
    return m->partial
               ? err_set(
                     "%d of %d labels are not in every file: a combination needs all labels of all systems "
                     "(ecan-import --labels)",
                     (int)m->partial, (int)labels_count(m->labels))
               : 0;
}

int score_combination_check(const score_combination *c, const score_members *m, const record *const *headers)
{
    if (c->n != m->n)
        return err_set("the combination has weights for %d file%s, but there %s %d", c->n,
                       c->n == 1 ? "" : "s", m->n == 1 ? "is" : "are", m->n);
    if (score_combination_check_labels(m))
        return -1;
    for (int i = 0; i < m->n; i++) {
        const char *model;
        size_t n;
        const int found = score_members_model(headers[i], &model, &n);
        if (found < 0)
            return -1;
        if (found && c->model[i][0] && (strlen(c->model[i]) != n || memcmp(c->model[i], model, n) != 0)) {
            err_set("scores of another model than in --fit; give the files in the same order, or fit again");
            return record_error(headers[i], "history");
        }
    }
    return 0;
}
