/* SPDX-License-Identifier: Apache-2.0 */
#include "model/attend_marks.h"

#include <math.h>

/* The marks of the label of of[0]. */
static size_t marks_of_label(const attend_mark *of, size_t n)
{
    size_t k = 1;
    while (k < n && of[k].label == of[0].label)
        k++;
    return k;
}

size_t attend_marks_labels(const attend_mark *of, size_t n)
{
    size_t labels = 0;
    for (size_t i = 0; i < n; i += marks_of_label(of + i, n - i))
        labels++;
    return labels;
}

/* Weights below this are 0 in 32 bits, so that the loss and the gradient stay finite. */
static const double least = 1e-30;

/* The column of a label: A, and then dS. Returns -log m. */
static double label_loss(float *column, const attend_mark *of, size_t marks, float factor, const float *S,
                         float Z, size_t T, size_t stride)
{
    double m = 0;
    for (size_t t = 0; t < T; t++)
        column[t] = S[t * stride] / Z;
    for (size_t i = 0; i < marks; i++)
        for (int32_t t = of[i].first; t < of[i].end; t++)
            m += (double)column[t];
    m = fmax(m, least);
    for (size_t t = 0; t < T; t++)
        column[t] *= factor;
    const float kept = (float)(1 - 1 / m);
    for (size_t i = 0; i < marks; i++)
        for (int32_t t = of[i].first; t < of[i].end; t++)
            column[t] *= kept;
    return -log(m);
}

double attend_marks_loss(float *columns, const attend_marks *marks, float factor, float scale,
                         const float *SG, const float *Z, size_t T, size_t n)
{
    double loss = 0;
    for (size_t i = 0, k; i < marks->n; i += k, columns += T) {
        const attend_mark *of = marks->of + i;
        k = marks_of_label(of, marks->n - i);
        loss += label_loss(columns, of, k, factor * scale, SG + of->label, Z[of->label], T, 2 * n);
    }
    return (double)factor * loss;
}

void attend_marks_add(float *SG, const attend_marks *marks, const float *columns, size_t T, size_t n)
{
    for (size_t i = 0; i < marks->n; i += marks_of_label(marks->of + i, marks->n - i), columns += T)
        for (size_t t = 0; t < T; t++)
            SG[t * 2 * n + (size_t)marks->of[i].label] += columns[t];
}
