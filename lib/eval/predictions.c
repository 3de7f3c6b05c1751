/* SPDX-License-Identifier: Apache-2.0 */
/* The predictions of an encounter form a linked list. They are stored in blocks, so that growing copies
 * nothing. */
#include "eval/predictions.h"

#include "base/err.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/printable.h"

#include <string.h>

#define BLOCK ((uint32_t)1 << 16) /* predictions */

typedef struct prediction {
    int32_t code;
    float score;
    uint32_t line; /* in the file; UINT32_MAX for all lines beyond */
    uint32_t next; /* 0: the last one */
} prediction;

/* The predictions of an encounter. Predictions are numbered from 1. */
typedef struct chain {
    uint32_t first, last;
    bool known;
} chain;

/* The last use of a code: the round of predictions_next(), and the line. */
typedef struct met {
    uint32_t round, line;
} met;

typedef struct source {
    const char *path;
    uint32_t predictions; /* number of predictions before it */
} source;

struct predictions {
    map *ids, *codes;
    chain *chains; /* [map_size(ids)] */
    prediction **blocks;
    met *met; /* [map_size(codes)] */
    source *sources;
    size_t chains_cap, blocks_cap, met_cap, sources_cap, n_sources;
    uint32_t n, round; /* number of predictions; rounds of predictions_next() */
};

predictions *predictions_new(void)
{
    predictions *p = mem_array(1, sizeof *p);
    if (!p)
        return NULL;
    p->ids = map_new();
    p->codes = map_new();
    if (p->ids && p->codes)
        return p;
    predictions_free(p);
    return NULL;
}

void predictions_free(predictions *p)
{
    if (!p)
        return;
    for (uint32_t b = 0; p->blocks && b * (uint64_t)BLOCK < p->n; b++)
        mem_free(p->blocks[b]);
    mem_free(p->blocks);
    mem_free(p->chains);
    mem_free(p->met);
    mem_free(p->sources);
    map_free(p->ids);
    map_free(p->codes);
    mem_free(p);
}

static prediction *prediction_at(const predictions *p, uint32_t number)
{
    return &p->blocks[(number - 1) / BLOCK][(number - 1) % BLOCK];
}

int predictions_source(predictions *p, const char *path)
{
    if (mem_grow(&p->sources, &p->sources_cap, p->n_sources + 1, sizeof *p->sources))
        return -1;
    p->sources[p->n_sources++] = (source){path, p->n};
    return 0;
}

int32_t predictions_encounter(predictions *p, const char *id, size_t n)
{
    const int32_t before = map_size(p->ids);
    if (mem_grow(&p->chains, &p->chains_cap, (size_t)before + 1, sizeof *p->chains))
        return -1;
    const int32_t e = map_add(p->ids, id, n);
    if (e < 0)
        return -1;
    if (e == before)
        p->chains[e] = (chain){0};
    return e;
}

void predictions_set_known(predictions *p, int32_t encounter)
{
    p->chains[encounter].known = true;
}

static int32_t add_code(predictions *p, const char *code, size_t n)
{
    const int32_t before = map_size(p->codes);
    if (mem_grow(&p->met, &p->met_cap, (size_t)before + 1, sizeof *p->met))
        return -1;
    const int32_t c = map_add(p->codes, code, n);
    if (c < 0)
        return -1;
    if (c == before)
        p->met[c] = (met){0};
    return c;
}

/* Makes room for one more prediction. */
static prediction *new_prediction(predictions *p)
{
    const size_t block = p->n / BLOCK;
    if (p->n == UINT32_MAX) {
        err_set("more than %lu predictions", (unsigned long)UINT32_MAX);
        return NULL;
    }
    if (p->n % BLOCK == 0) {
        if (mem_grow(&p->blocks, &p->blocks_cap, block + 1, sizeof *p->blocks) ||
            !(p->blocks[block] = mem_array(BLOCK, sizeof **p->blocks)))
            return NULL;
    }
    return prediction_at(p, ++p->n);
}

int predictions_add(predictions *p, int32_t encounter, const char *code, size_t n, float score, uint64_t line)
{
    const int32_t c = add_code(p, code, n);
    prediction *new = c < 0 ? NULL : new_prediction(p);
    if (!new)
        return -1;
    *new = (prediction){c, score, line < UINT32_MAX ? (uint32_t)line : UINT32_MAX, 0};
    chain *to = &p->chains[encounter];
    if (to->last)
        prediction_at(p, to->last)->next = p->n;
    else
        to->first = p->n;
    to->last = p->n;
    return 0;
}

int32_t predictions_encounters(const predictions *p)
{
    return map_size(p->ids);
}

const char *predictions_id(const predictions *p, int32_t encounter)
{
    return map_key(p->ids, encounter, NULL);
}

int32_t predictions_find(const predictions *p, const char *id, size_t n)
{
    return map_find(p->ids, id, n);
}

bool predictions_known(const predictions *p, int32_t encounter)
{
    return p->chains[encounter].known;
}

int32_t predictions_codes(const predictions *p)
{
    return map_size(p->codes);
}

const char *predictions_code(const predictions *p, int32_t code)
{
    return map_key(p->codes, code, NULL);
}

int32_t predictions_find_code(const predictions *p, const char *code, size_t n)
{
    return map_find(p->codes, code, n);
}

/* The file that a prediction came from. */
static const char *source_of(const predictions *p, uint32_t number)
{
    size_t i = p->n_sources;
    while (i > 1 && p->sources[i - 1].predictions >= number)
        i--;
    return p->sources[i - 1].path;
}

/* The code is not quoted: with the wrong column it would be another text of the file. */
static int duplicate(const predictions *p, int32_t encounter, uint32_t at, uint32_t first_line)
{
    char id[PRINTABLE_ROOM];
    const char *s = predictions_id(p, encounter);
    return err_set("%s: line %lu: encounter %s: duplicate code, first on line %lu", source_of(p, at),
                   (unsigned long)prediction_at(p, at)->line, printable_id(id, s, strlen(s)),
                   (unsigned long)first_line);
}

int predictions_next(predictions *p, int32_t encounter, uint32_t *at, int32_t *code, float *score)
{
    p->round += *at == 0;
    *at = *at ? prediction_at(p, *at)->next : p->chains[encounter].first;
    if (!*at)
        return 0;
    const prediction *here = prediction_at(p, *at);
    met *m = &p->met[here->code];
    if (m->round == p->round)
        return duplicate(p, encounter, *at, m->line);
    *m = (met){p->round, here->line};
    *code = here->code;
    *score = here->score;
    return 1;
}
