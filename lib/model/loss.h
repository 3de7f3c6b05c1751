/* SPDX-License-Identifier: Apache-2.0 */
/* Binary cross entropy and focal loss (section 3.5, equation 7) of one label, from its logit x:
 *
 *     p_t = sigmoid(x) if the label is gold, 1 - sigmoid(x) if not
 *     loss = -(1 - p_t)^gamma log p_t          gamma = 0: binary cross entropy */
#ifndef ECAN_MODEL_LOSS_H
#define ECAN_MODEL_LOSS_H

/* Returns the loss, and fills *dx with its derivative with respect to x. Cannot fail. */
double loss_focal(float *dx, float x, int gold, float gamma);

#endif
