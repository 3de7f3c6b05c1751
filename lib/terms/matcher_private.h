/* SPDX-License-Identifier: Apache-2.0 */
/* The table of matcher.h, for matcher.c, which makes it, and matcher_match.c, which finds its terms in
 * records. */
#ifndef ECAN_TERMS_MATCHER_PRIVATE_H
#define ECAN_TERMS_MATCHER_PRIVATE_H

#include "terms/matcher.h"
#include "terms/pair_map.h"
#include "text/tokenize.h"

typedef struct term {
    int32_t node, label;
    float weight;
    uint32_t order; /* the number of its term, in the order in which they were added */
} term;

struct matcher {
    tokenizer *split; /* splits terms into words */
    term_form form;
    map *forms;     /* of the words of the terms */
    pair_map nodes; /* (node + 1, form) -> node; the root is 0 */
    term *rows;
    size_t n, room;
    uint32_t added; /* terms; a term is several rows if the languages split it into different words */
    /* made by matcher_finish(): */
    uint32_t *row;   /* [nodes.n + 1] the first row of each node; the next one has the end */
    int32_t *single; /* [forms] the node of each form as the only word; -1: none */
    uint64_t *pairs; /* [2^pair_bits / 64] a bit for the hash of each pair of nodes. Few words of a text
                        continue a term, and with these bits most of the others are not looked up */
    int pair_bits;
    int32_t labels;
    bool largest;
    tokens text; /* of a term that is added, and its words: */
    seen_words seen;
    const scopes *scopes; /* NULL: places have no marks */
    scopes *own_scopes;
    mark_effects marks;
    float effects[1 << SCOPE_KINDS]; /* of each set of marks */
};

/* The bit of a pair in pairs. */
static inline size_t matcher_pair_bit(const matcher *m, uint64_t key)
{
    return pair_hash(key) >> (64 - m->pair_bits);
}

#endif
