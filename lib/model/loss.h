/* SPDX-License-Identifier: Apache-2.0 */
/* Binary cross entropy and focal loss (section 3.4), of one label from its logit x:
 *
 *     p_t = sigmoid(x) where gold, 1 - sigmoid(x) where not
 *     loss = -(1 - p_t)^gamma log p_t          gamma 0: binary cross entropy */
#ifndef ECAN_MODEL_LOSS_H
#define ECAN_MODEL_LOSS_H

/* The loss, and its derivative by the logit in *dx. */
double loss_focal(float *dx, float x, int gold, float gamma);

#endif
