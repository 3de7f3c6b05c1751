/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/groups.h"

#include "base/err.h"
#include "base/map.h"
#include "base/mem.h"
#include "io/utf8check.h"
#include "text/labels.h"
#include "text/lines.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A line of a table that matches several codes. */
typedef struct rule {
    char *low, *high; /* a range in upper case, both of this length; or NULL */
    size_t length;
    char *pattern;
    int32_t group;
} rule;

struct groups {
    char by[32];
    bool sorted; /* shown in order of their names */
    int prefix;  /* number of characters; 0: use the table */
    map *names;
    map *codes; /* single codes and their groups */
    int32_t *group;
    size_t group_cap;
    rule *rules; /* in order of the table */
    size_t n_rules, rules_cap;
};

static groups *groups_new(void)
{
    groups *g = mem_array(1, sizeof *g);
    if (!g)
        return NULL;
    g->names = map_new();
    g->codes = map_new();
    if (g->names && g->codes)
        return g;
    groups_free(g);
    return NULL;
}

void groups_free(groups *g)
{
    if (!g)
        return;
    for (size_t i = 0; i < g->n_rules; i++) {
        mem_free(g->rules[i].low);
        mem_free(g->rules[i].high);
        mem_free(g->rules[i].pattern);
    }
    mem_free(g->rules);
    mem_free(g->group);
    map_free(g->names);
    map_free(g->codes);
    mem_free(g);
}

const char *groups_by(const groups *g)
{
    return g->by;
}

int32_t groups_count(const groups *g)
{
    return map_size(g->names);
}

const char *groups_name(const groups *g, int32_t i)
{
    return map_key(g->names, i, NULL);
}

static int by_name(const void *a, const void *b, void *context)
{
    return strcmp(groups_name(context, *(const int32_t *)a), groups_name(context, *(const int32_t *)b));
}

void groups_order(const groups *g, int32_t *order)
{
    const int32_t n = groups_count(g);
    for (int32_t i = 0; i < n; i++)
        order[i] = i;
    if (g->sorted && n)
        qsort_r(order, (size_t)n, sizeof *order, by_name, (void *)(uintptr_t)g);
}

/* ---- tables ---- */

/* A copy with ASCII letters in upper case. */
static char *upper(const char *s, size_t n)
{
    char *copy = mem_strndup(s, n);
    for (char *c = copy; c && *c; c++)
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    return copy;
}

static bool is_plain(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isascii((unsigned char)s[i]) || !isalnum((unsigned char)s[i]))
            return false;
    return n > 0;
}

/* "A00-B99": two bounds of equally many letters and digits, the first not above the second. */
static bool is_range(const char *s, size_t n)
{
    const size_t half = n / 2;
    return n % 2 == 1 && s[half] == '-' && is_plain(s, half) && is_plain(s + half + 1, half) &&
           strncasecmp(s, s + half + 1, half) <= 0;
}

static int add_rule(groups *g, const char *s, size_t n, int32_t group)
{
    if (mem_grow(&g->rules, &g->rules_cap, g->n_rules + 1, sizeof *g->rules))
        return -1;
    rule *r = &g->rules[g->n_rules++];
    *r = (rule){.group = group};
    if (!is_range(s, n))
        return (r->pattern = mem_strndup(s, n)) ? 0 : -1;
    r->length = n / 2;
    r->low = upper(s, r->length);
    r->high = upper(s + r->length + 1, r->length);
    return r->low && r->high ? 0 : -1;
}

/* Text with the form of a range or a pattern can also be a code. */
static int add_line(groups *g, const char *code, size_t n, const char *name, size_t name_size)
{
    const int32_t group = map_add(g->names, name, name_size);
    const int32_t before = map_size(g->codes), c = group < 0 ? -1 : map_add(g->codes, code, n);
    if (c < 0 || mem_grow(&g->group, &g->group_cap, (size_t)c + 1, sizeof *g->group))
        return -1;
    if (c < before)
        return err_set("duplicate code: an earlier line has it, too");
    g->group[c] = group;
    return is_range(code, n) || strpbrk(map_key(g->codes, c, NULL), "*?[") ? add_rule(g, code, n, group) : 0;
}

static int read_line(groups *g, lines *in)
{
    size_t bad;
    if (in->n > 0 && in->text[in->n - 1] == '\r')
        in->text[--in->n] = '\0';
    const char *tab = memchr(in->text, '\t', in->n);
    const size_t n = tab ? (size_t)(tab - in->text) : in->n;
    const size_t name_size = tab ? in->n - n - 1 : 0;
    if (labels_check_code(in->text, n))
        return -1;
    if (name_size == 0 || memchr(tab + 1, '\t', name_size) || memchr(tab + 1, '\0', name_size))
        return err_set("expected a code, a tab and the name of a group");
    if (!utf8_check((const unsigned char *)tab + 1, name_size, &bad))
        return err_set("invalid UTF-8 in the name of a group");
    return add_line(g, in->text, n, tab + 1, name_size);
}

groups *groups_read(const char *path)
{
    lines in;
    if (lines_open(&in, path, LINES_SHORT))
        return NULL;
    groups *g = groups_new();
    int got = g ? 1 : -1;
    while (got > 0 && (got = lines_next_named(&in)) > 0)
        if (in.n > 0 && read_line(g, &in))
            got = lines_error(&in);
    lines_close(&in);
    if (got < 0) {
        groups_free(g);
        return NULL;
    }
    strcpy(g->by, "table");
    return g;
}

/* The chapters of ICD-10 and ICD-10-CM, whose ranges differ only at their ends. Codes of ICD-10-PCS have
 * seven characters and no point. Their first characters distinguish them from diagnoses that are written
 * without points. */
static const char *const icd10[][2] = {{"[0-9BDFX][!.][!.][!.][!.][!.][!.]", "procedures"},
                                       {"C[025789BDFGHTVW][!.][!.][!.][!.][!.]", "procedures"},
                                       {"[GH]Z[!.][!.][!.][!.][!.]", "procedures"},
                                       {"A00-B99", "01 infectious and parasitic"},
                                       {"C00-D49", "02 neoplasms"},
                                       {"D50-D89", "03 blood and immune"},
                                       {"E00-E90", "04 endocrine and metabolic"},
                                       {"F00-F99", "05 mental and behavioural"},
                                       {"G00-G99", "06 nervous system"},
                                       {"H00-H59", "07 eye"},
                                       {"H60-H95", "08 ear"},
                                       {"I00-I99", "09 circulatory"},
                                       {"J00-J99", "10 respiratory"},
                                       {"K00-K95", "11 digestive"},
                                       {"L00-L99", "12 skin"},
                                       {"M00-M99", "13 musculoskeletal"},
                                       {"N00-N99", "14 genitourinary"},
                                       {"O00-O9A", "15 pregnancy and childbirth"},
                                       {"P00-P96", "16 perinatal"},
                                       {"Q00-Q99", "17 congenital"},
                                       {"R00-R99", "18 symptoms and findings"},
                                       {"S00-T98", "19 injury and poisoning"},
                                       {"V00-Y99", "20 external causes"},
                                       {"Z00-Z99", "21 health status and contact"},
                                       {"U00-U99", "22 special purposes"}};

/* ICD-9-CM with points: procedures have it after two digits, diagnoses after three. */
static const char *const icd9[][2] = {{"001-139", "01 infectious and parasitic"},
                                      {"140-239", "02 neoplasms"},
                                      {"240-279", "03 endocrine and metabolic"},
                                      {"280-289", "04 blood"},
                                      {"290-319", "05 mental"},
                                      {"320-389", "06 nervous system and sense organs"},
                                      {"390-459", "07 circulatory"},
                                      {"460-519", "08 respiratory"},
                                      {"520-579", "09 digestive"},
                                      {"580-629", "10 genitourinary"},
                                      {"630-679", "11 pregnancy and childbirth"},
                                      {"680-709", "12 skin"},
                                      {"710-739", "13 musculoskeletal"},
                                      {"740-759", "14 congenital"},
                                      {"760-779", "15 perinatal"},
                                      {"780-799", "16 symptoms"},
                                      {"800-999", "17 injury and poisoning"},
                                      {"E000-E999", "18 external causes"},
                                      {"V01-V91", "19 health status and contact"},
                                      {"00-99", "procedures"}};

groups *groups_chapters(const char *classification)
{
    const bool ten = strcmp(classification, "icd10") == 0;
    const char *const(*table)[2] = ten ? icd10 : icd9;
    const size_t n = ten ? sizeof icd10 / sizeof *icd10 : sizeof icd9 / sizeof *icd9;
    if (!ten && strcmp(classification, "icd9") != 0) {
        err_set("unknown chapters '%s': choose icd10 or icd9", classification);
        return NULL;
    }
    groups *g = groups_new();
    for (size_t i = 0; g && i < n; i++)
        if (add_line(g, table[i][0], strlen(table[i][0]), table[i][1], strlen(table[i][1]))) {
            groups_free(g);
            return NULL;
        }
    if (g)
        snprintf(g->by, sizeof g->by, "chapters %s", classification);
    if (g)
        g->sorted = true;
    return g;
}

groups *groups_prefix(int n)
{
    groups *g = groups_new();
    if (!g)
        return NULL;
    g->prefix = n;
    g->sorted = true;
    snprintf(g->by, sizeof g->by, "prefix %d", n);
    return g;
}

/* ---- the group of a code ---- */

/* Whether the first characters are letters or digits between the bounds: 38.93 is not in 360-389. */
static bool in_range(const rule *r, const char *code)
{
    if (strlen(code) < r->length || !is_plain(code, r->length))
        return false;
    return strncasecmp(code, r->low, r->length) >= 0 && strncasecmp(code, r->high, r->length) <= 0;
}

static bool fits(const rule *r, const char *code)
{
    return r->pattern ? fnmatch(r->pattern, code, FNM_CASEFOLD) == 0 : in_range(r, code);
}

/* The first characters of the code without points. */
static int32_t by_prefix(groups *g, const char *code)
{
    char *name = mem_array(strlen(code) + 1, 1);
    size_t n = 0;
    int characters = 0;
    if (!name)
        return -1;
    for (const char *c = code; *c; c++) {
        if (*c == '.')
            continue;
        characters += ((unsigned char)*c & 0xc0) != 0x80; /* not a continuation byte */
        if (characters > g->prefix)
            break;
        name[n++] = *c;
    }
    const int32_t group = map_add(g->names, name, n);
    mem_free(name);
    return group;
}

int32_t groups_of(groups *g, const char *code)
{
    if (g->prefix)
        return by_prefix(g, code);
    const int32_t c = map_find(g->codes, code, strlen(code));
    if (c >= 0)
        return g->group[c];
    for (size_t i = 0; i < g->n_rules; i++)
        if (fits(&g->rules[i], code))
            return g->rules[i].group;
    return map_add(g->names, "", 0);
}
