/* SPDX-License-Identifier: Apache-2.0 */
/* Declarations that attend.c, attend_bf16.c and attend_train.c share. */
#ifndef ECAN_MODEL_ATTEND_PRIVATE_H
#define ECAN_MODEL_ATTEND_PRIVATE_H

#include "model/attend.h"

/* U'_a = U P_a' + p_a for labels first .. first+n-1. Up[n][S] has the U'_a of all attentions side by side. */
void attend_project(float *Up, const params *p, size_t first, size_t n, precision rounding);

/* attend_forward() for all labels in one precision. In bfloat16 to->A must be NULL. w must always be used
 * with the same precision, except for documents without words. */
int attend_all(const attended *to, const params *p, precision rounding, const float *const *H, size_t T,
               attend_work *w);

/* attend_forward() in bfloat16 and, for labels that may be predicted, in 32 bits. to->A must be NULL. */
int attend_in_bf16(const attended *to, const params *p, const float *const *H, size_t T, attend_work *w);
void attend_again_free(attend_again *x);

#endif
