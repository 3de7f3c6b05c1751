/* SPDX-License-Identifier: Apache-2.0 */
/* Adam (Kingma and Ba, 2015) as torch.optim.Adam computes it, and AdamW (Loshchilov and Hutter, 2019) as
 * torch.optim.AdamW does, over a params of gradients:
 *
 *     p := p - lr * decay * p
 *     m := b1 m + (1 - b1) g        v := b2 v + (1 - b2) g^2
 *     p := p - lr / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + eps)
 *
 * b1 = 0.9, b2 = 0.999, eps = 1e-8. Every parameter moves at every step, also a word that is not in the batch
 * (its m is not 0); rows of the embedding that no batch has touched yet have m = v = 0, and are passed over,
 * which is the same.
 *
 * Weight decay is for what multiplies (convolutions, linear layers, U, W), not for what is added or scales a
 * channel (biases, LayerNorm), and not for the embedding: word vectors come from elsewhere, where they should
 * be drawn to, if to anything, and rows that no batch has touched would shrink too. */
#ifndef ECAN_TRAIN_ADAM_H
#define ECAN_TRAIN_ADAM_H

#include "base/pool.h"
#include "model/params.h"

#include <stdint.h>

typedef struct adam {
    float *m, *v;           /* [p->size], as params.data */
    unsigned char *touched; /* [words]: the row has had a gradient at some time */
    uint64_t t;             /* steps taken */
} adam;

typedef struct adam_rates {
    float learning_rate;
    float embedding;    /* factor on the learning rate for the embedding; 0: it stands still */
    float weight_decay; /* 0: Adam */
    float gradient;     /* factor on the gradient: what clipping says (clip.h), else 1 */
} adam_rates;

int adam_init(adam *a, const params *p); /* 0 or -1 */
void adam_free(adam *a);
void adam_reset(adam *a, const params *p); /* back to t = 0 */

/* One step. in_batch[words]: rows of the embedding that have a gradient now. */
void adam_step(adam *a, params *p, const params *grad, const unsigned char *in_batch, const adam_rates *rates,
               pool *threads);

#endif
