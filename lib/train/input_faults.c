/* SPDX-License-Identifier: Apache-2.0 */
#include "train/input_faults.h"

#include "base/mem.h"
#include "text/similar_codes.h"

#include <stdbool.h>
#include <string.h>

static char *copy(const char *s)
{
    return mem_strndup(s, strlen(s));
}

/* Counts a code, and stores the first. b may be NULL. 0 or -1. */
static int add(code_fault *f, const char *a, const char *b)
{
    if (f->n++)
        return 0;
    f->a = copy(a);
    f->b = b ? copy(b) : NULL;
    return f->a && (f->b || !b) ? 0 : -1;
}

int input_faults_labels(input_faults *f, const labels *train)
{
    similar_codes *s = similar_codes_new(train);
    int result = s ? 0 : -1;
    for (int32_t i = 0; !result && i < labels_count(train); i++) {
        const char *code = labels_code(train, i);
        const bool blanks = code_has_blanks(code);
        int32_t other;
        if ((blanks && add(&f->blanks, code, NULL)) ||
            (code_is_list(code, train) && add(&f->lists, code, NULL)) ||
            similar_codes_find(&other, s, code) ||
            (other >= 0 && !blanks && !code_has_blanks(labels_code(train, other)) && code_has_letter(code) &&
             add(&f->similar, code, labels_code(train, other))))
            result = -1;
    }
    similar_codes_free(s);
    return result;
}

int input_faults_descriptions(input_faults *f, const labels *train, const labels *described)
{
    similar_codes *s = similar_codes_new(described);
    int result = s ? 0 : -1;
    f->codes = labels_count(train);
    for (int32_t i = 0; !result && i < f->codes; i++) {
        const char *code = labels_code(train, i);
        const int32_t at = labels_index(described, code, strlen(code));
        int32_t other = -1;
        f->listed += at >= 0;
        f->described += at >= 0 && *labels_description(described, at);
        if ((at < 0 && similar_codes_find(&other, s, code)) ||
            (other >= 0 && add(&f->undescribed, code, labels_code(described, other))))
            result = -1;
    }
    similar_codes_free(s);
    return result;
}

static int find_unknown(input_faults *f, const dataset *dev, const labels *l)
{
    similar_codes *s = similar_codes_new(l);
    int result = s ? 0 : -1;
    for (int32_t i = 0; !result && i < map_size(dev->unknown); i++) {
        const char *code = map_key(dev->unknown, i, NULL);
        int32_t other;
        if (similar_codes_find(&other, s, code) ||
            (other >= 0 && add(&f->unknown, code, labels_code(l, other))))
            result = -1;
    }
    similar_codes_free(s);
    return result;
}

/* Texts without words are not compared: they are all equal. */
static int find_in_both(input_faults *f, const dataset *train, const dataset *dev)
{
    map *texts = map_new();
    int result = texts ? 0 : -1;
    for (size_t i = 0; !result && i < train->n; i++)
        if (train->docs[i].T && map_add(texts, (const char *)train->texts[i], sizeof train->texts[i]) < 0)
            result = -1;
    for (size_t i = 0; !result && i < dev->n; i++) {
        size_t n;
        const char *id = map_key(dev->encounters, (int32_t)i, &n);
        const bool same =
            map_find(train->encounters, id, n) >= 0 ||
            (dev->docs[i].T && map_find(texts, (const char *)dev->texts[i], sizeof dev->texts[i]) >= 0);
        f->in_both += same;
        if (same && !f->first_in_both && !(f->first_in_both = mem_strndup(id, n)))
            result = -1;
    }
    map_free(texts);
    return result;
}

int input_faults_dev(input_faults *f, const dataset *train, const dataset *dev, const labels *l)
{
    return find_unknown(f, dev, l) || find_in_both(f, train, dev) ? -1 : 0;
}

static void free_fault(code_fault *f)
{
    mem_free(f->a);
    mem_free(f->b);
}

void input_faults_free(input_faults *f)
{
    free_fault(&f->blanks);
    free_fault(&f->lists);
    free_fault(&f->similar);
    free_fault(&f->unknown);
    free_fault(&f->undescribed);
    mem_free(f->first_in_both);
    *f = (input_faults){0};
}
