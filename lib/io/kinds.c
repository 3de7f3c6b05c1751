/* SPDX-License-Identifier: Apache-2.0 */
#include "io/kinds.h"

#include "base/err.h"

#include <stdio.h>
#include <string.h>

const record_kind record_kinds[] = {
    {"tokens", "ecan-tokenize", NULL, {"tokens"}},
    {"embedded", "ecan-embed", NULL, {"ids", "X"}},
    {"encoded", "ecan-encode", NULL, {"ids", "H"}},
    {"attended", "ecan-attend", NULL, {"V", "peaks", "peak_weights"}},
    {"scored", "ecan-score", "ecan-predict", {"scores", "predicted"}},
    {0},
};

const record_key record_keys[] = {
    {"labels", KEY_OTHER, 0, NULL, RULE_STRINGS, true, "tokens"},
    {"documents", KEY_OTHER, 0, NULL, RULE_DOCUMENTS, true, "tokens"},
    {"tokens", KEY_OTHER, 0, NULL, RULE_TOKENS, false, "tokens"},
    {"spans", KEY_TENSOR, 'i', "T3", RULE_SPANS, false, "tokens"},
    {"note_languages", KEY_OTHER, 0, NULL, RULE_STRINGS, false, "tokens"},
    {"gaps", KEY_TENSOR, 'i', "*", RULE_GAPS, false, "tokens"},
    {"words_cut", KEY_OTHER, 0, NULL, RULE_COUNT, false, "tokens"},
    {"notes_cut", KEY_OTHER, 0, NULL, RULE_COUNT, false, "tokens"},
    {"matches", KEY_TENSOR, 'i', "n3", RULE_MATCHES, false, "tokens"},
    {"match_weights", KEY_TENSOR, 'f', "n", RULE_NONE, false, "tokens"},
    {"match_marks", KEY_TENSOR, 'i', "n", RULE_MARKS, false, "tokens"},
    {"linear_logits", KEY_TENSOR, 'f', "L", RULE_NONE, false, "tokens"},
    {"ids", KEY_TENSOR, 'i', "t", RULE_IDS, false, "embedded"},
    {"X", KEY_TENSOR, 'f', "tE", RULE_NONE, false, "embedded"},
    {"H", KEY_TENSORS, 'f', "t*", RULE_BLOCKS, false, "encoded"},
    {"V", KEY_TENSOR, 'f', "LS", RULE_NONE, false, "attended"},
    {"peaks", KEY_TENSOR, 'i', "L2", RULE_PEAKS, false, "attended"},
    {"A", KEY_TENSORS, 'f', "Lt", RULE_PROBABILITIES, false, "attended"},
    {"peak_weights", KEY_TENSOR, 'f', "L", RULE_PROBABILITIES, false, "attended"},
    {"scores", KEY_TENSOR, 'f', "L", RULE_SCORES, false, "scored"},
    {"predicted", KEY_OTHER, 0, NULL, RULE_PREDICTED, false, "scored"},
    {0},
};

const record_kind *record_kind_named(const char *name, size_t n)
{
    for (const record_kind *k = record_kinds; k->name; k++)
        if (strlen(k->name) == n && memcmp(k->name, name, n) == 0)
            return k;
    return NULL;
}

static const char *article(const char *name)
{
    return strchr("aeiou", *name) ? "an" : "a";
}

/* Writes the names of the programs that turn `from` into `to`, separated by commas. */
static void name_programs(char *text, size_t size, const record_kind *from, const record_kind *to)
{
    size_t n = 0;
    *text = '\0';
    if (from == record_kinds && to->of_tokens) {
        snprintf(text, size, "%s", to->of_tokens);
        return;
    }
    for (const record_kind *k = from + 1; k <= to && n < size; k++)
        n += snprintf(text + n, size - n, "%s%s", k == from + 1 ? "" : k == to ? " and " : ", ", k->made_by);
}

int record_kind_expect(const char *expected, const char *found)
{
    const record_kind *to = record_kind_named(expected, strlen(expected)),
                      *from = record_kind_named(found, strlen(found));
    if (strcmp(expected, found) == 0)
        return 0;
    if (!to)
        return err_set("expected %s '%s' stream", article(expected), expected);
    if (!from) /* the name found is not quoted: it could be any text */
        return err_set("expected %s '%s' stream, got an unknown kind: use the output of %s",
                       article(expected), expected, to->made_by);
    if (from > to)
        return err_set("expected %s '%s' stream, got '%s': use the output of %s", article(expected), expected,
                       from->name, to->made_by);
    char programs[100];
    name_programs(programs, sizeof programs, from, to);
    return err_set("expected %s '%s' stream, got '%s': run %s first", article(expected), expected, from->name,
                   programs);
}

bool record_key_is_of(const record_key *k, const record_kind *kind)
{
    return record_kind_named(k->kind, strlen(k->kind)) <= kind;
}

bool record_key_is_reserved(const char *name)
{
    for (const record_key *k = record_keys; k->name; k++)
        if (strcmp(k->name, name) == 0)
            return !k->given;
    return false;
}
