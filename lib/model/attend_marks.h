/* SPDX-License-Identifier: Apache-2.0 */
/* Attention on words that a coder marked for a label. The loss of a marked label of a document also has, for
 * each of n attentions,
 *
 *     weight / n * -log m        m = sum_{t marked} A_t
 *
 * so that with S, whose softmax A is:  dS_t = weight / n * A_t (1 - [t marked] / m) */
#ifndef ECAN_MODEL_ATTEND_MARKS_H
#define ECAN_MODEL_ATTEND_MARKS_H

#include <stddef.h>
#include <stdint.h>

/* Words first .. end-1 are marked for a label. */
typedef struct attend_mark {
    int32_t label, first, end;
} attend_mark;

/* The marks of a tile of labels, sorted by label; those of a label do not overlap. Borrowed. */
typedef struct attend_marks {
    const attend_mark *of; /* [n] labels are those of the tile, from 0 */
    size_t n;
    float weight;
} attend_marks;

/* The number of labels that have marks. */
size_t attend_marks_labels(const attend_mark *of, size_t n);

/* Between ops_softmax_dot() and ops_softmax_dot_backward() of one attention, with their SG, Z, T and n:
 * fills columns[labels][T] with dS, times scale, of the labels that have marks. Returns the sum of their
 * losses, without scale. factor = weight / attentions. */
double attend_marks_loss(float *columns, const attend_marks *marks, float factor, float scale,
                         const float *SG, const float *Z, size_t T, size_t n);
/* Afterwards: adds the columns to dS. */
void attend_marks_add(float *SG, const attend_marks *marks, const float *columns, size_t T, size_t n);

#endif
