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
    term_words words; /* the words of the terms */
    map *forms;
    pair_map nodes; /* (node + 1, word) -> node; the root is 0 */
    term *rows;
    size_t n, room;
    uint32_t added; /* terms; a term is several rows if the languages split it into different words */
    size_t *at;     /* [nodes.n + 1]: first row of each node; made by matcher_finish() */
    int32_t labels;
    bool largest;
    tokens text;
    const scopes *scopes; /* NULL: places have no marks */
    scopes *own_scopes;
    mark_effects marks;
    float effects[1 << SCOPE_KINDS]; /* of each set of marks */
};

#endif
