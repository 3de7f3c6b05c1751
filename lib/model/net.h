/* SPDX-License-Identifier: Apache-2.0 */
/* The whole network forward, for one document: word ids in, probabilities out. Prediction, evaluation during
 * training and the four filters of the pipe are made of the same calls (encode.h, attend.h), so they agree to
 * the last bit. */
#ifndef ECAN_MODEL_NET_H
#define ECAN_MODEL_NET_H

#include "model/attend.h"
#include "model/encode.h"

/* Room of one thread; zeroed before its first use. */
typedef struct net_work {
    encoding e;
    attend_work a;
} net_work;
void net_work_free(net_work *w);

/* logits[L], peaks[L][2] and peak_weights[L] (attend.h) of a document of T ids within the vocabulary. 0,
 * or -1 when memory is out. */
int net_forward(float *logits, int32_t *peaks, float *peak_weights, const params *p, const int32_t *ids,
                size_t T, net_work *w);

#endif
