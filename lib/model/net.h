/* SPDX-License-Identifier: Apache-2.0 */
/* The forward pass of the whole network for one document, from word ids to logits. Prediction, evaluation
 * during training and the four filters of a pipe call the same functions (encode.h, attend.h), so their
 * results are bit-identical. */
#ifndef ECAN_MODEL_NET_H
#define ECAN_MODEL_NET_H

#include "model/attend.h"
#include "model/encode.h"

/* The buffers of one thread. Zero-initialized before the first use. */
typedef struct net_work {
    encoding e;
    attend_work a;
} net_work;
void net_work_free(net_work *w);

/* Fills logits[L], peaks[L][2] and peak_weights[L] (attend.h) for a document of T ids, which must be below
 * p->words. 0, or -1: out of memory. */
int net_forward(float *logits, int32_t *peaks, float *peak_weights, const params *p, const int32_t *ids,
                size_t T, net_work *w);

#endif
