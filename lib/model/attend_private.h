/* SPDX-License-Identifier: Apache-2.0 */
/* Declarations that attend.c and attend_bf16.c share. */
#ifndef ECAN_MODEL_ATTEND_PRIVATE_H
#define ECAN_MODEL_ATTEND_PRIVATE_H

#include "model/attend.h"

/* attend_forward() for all labels in the precision of p->sizes. */
int attend_all(const attended *to, const params *p, const float *const *H, size_t T, attend_work *w);

/* attend_forward() in bfloat16 and, for labels that may be predicted, in 32 bits. to->A must be NULL. */
int attend_in_bf16(const attended *to, const params *p, const float *const *H, size_t T, attend_work *w);
void attend_again_free(attend_again *x);

#endif
