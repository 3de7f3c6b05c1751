/* SPDX-License-Identifier: Apache-2.0 */
/* Adam (Kingma and Ba, 2015) as torch.optim.Adam computes it, and AdamW (Loshchilov and Hutter, 2019) as
 * torch.optim.AdamW does. The paper uses Adam with the learning rate 1.5e-4 (section 4.2).
 *
 *     p := p - lr * decay * p
 *     m := b1 m + (1 - b1) g        v := b2 v + (1 - b2) g^2
 *     p := p - lr / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + eps)
 *
 * b1 = 0.9, b2 = 0.999, eps = 1e-8. Every parameter moves at every step, also the vector of a word that is
 * not in the batch, because its m is not 0. Rows of the embedding that no batch had so far have m = v = 0 and
 * do not move, so they are skipped.
 *
 * Weight decay applies to matrices (convolutions, linear layers, U, W). It does not apply to biases,
 * LayerNorm and the embedding. Word vectors are trained beforehand and should not decay to 0, and rows that
 * no batch has would decay, too. */
#ifndef ECAN_TRAIN_ADAM_H
#define ECAN_TRAIN_ADAM_H

#include "base/pool.h"
#include "model/params.h"

#include <stdint.h>

typedef struct adam {
    float *m, *v;           /* [p->size] moments, in the layout of params.data; owned */
    unsigned char *touched; /* [words] whether the row of the embedding has had a gradient; owned */
    uint64_t t;             /* number of steps */
} adam;

typedef struct adam_rates {
    float learning_rate;
    float embedding;    /* factor on the learning rate for the embedding; 0: it does not change */
    float weight_decay; /* 0: Adam */
    float gradient;     /* factor on the gradient (clip.h); 1: no clipping */
} adam_rates;

/* Moments of zero for the parameters p. 0, or -1: out of memory. */
int adam_init(adam *a, const params *p);
void adam_free(adam *a);
/* Sets the moments and t to 0. */
void adam_reset(adam *a, const params *p);

/* One step of the slice of p that this rank has (slices.h). in_batch[words] says which rows of the embedding
 * have a gradient in grad. Cannot fail. */
void adam_step(adam *a, params *p, const params *grad, const unsigned char *in_batch, const adam_rates *rates,
               pool *threads);

#endif
