/* SPDX-License-Identifier: Apache-2.0 */
/* Declarations that check.c (records, sizes, keys), check_values.c (values) and check_labels.c (labels in
 * headers and predictions) share. */
#ifndef ECAN_IO_CHECK_PRIVATE_H
#define ECAN_IO_CHECK_PRIVATE_H

#include "base/idset.h"
#include "base/map.h"
#include "io/check.h"
#include "io/kinds.h"

#define UNKNOWN (-1)

/* Sizes that several keys have in common. Their letters are those of record_keys. */
typedef enum check_size {
    SIZE_TOKENS,
    SIZE_READ,
    SIZE_E,
    SIZE_L,
    SIZE_S,
    SIZE_MATCHES,
    SIZE_BLOCKS,
    SIZES
} check_size;

struct check {
    bool every_value;
    idset ids;
    const record *header; /* of the segment; borrowed */
    const record_kind *kind;
    map *codes;     /* the header's labels; NULL if it has none */
    uint64_t *seen; /* [L] the number of the last record that predicted the label */
    size_t seen_cap;
    int64_t sizes[SIZES]; /* UNKNOWN until a key has it: T and n in a record, the others in a segment */
    size_t *D;            /* [blocks] widths in this segment */
    size_t D_cap;

    /* The members below belong to the current record. */
    const record *r;
    int64_t n_documents;
    size_t *length; /* [n_documents], in code points */
    bool *read;     /* [n_documents] whether a span of the document was seen */
    size_t length_cap, read_cap;
    tensor scores; /* count is 0 if the record has none */
};

static inline walk open_field(const field *f)
{
    return (walk){f->value, f->value + f->size};
}

/* Reads a string that must not be empty. */
int check_text(walk *w, const char **s, size_t *n);
/* Reads a tensor and checks its type and shape, not its values. */
int check_tensor(check *c, walk *w, char type, const char *shape, tensor *t);
/* Checks that all numbers are within 0 and 1. */
int check_probabilities(const tensor *t);
/* Checks all values of a header or record: strings are UTF-8, numbers in tensors are finite. */
int check_values(const record *r);
/* Checks the numbers of a tensor by the rule of its key. */
int check_tensor_values(check *c, key_rule rule, const tensor *t);
float check_float_at(const tensor *t, size_t i);

/* In check_labels.c. */
int check_predicted(check *c, const field *f);

#endif
