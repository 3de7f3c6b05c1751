/* SPDX-License-Identifier: Apache-2.0 */
#include "model/loss.h"

#include <math.h>

/* With s = x if gold and s = -x if not, p_t = sigmoid(s), -log p_t = log(1 + exp(-s)), and
 *     d loss / ds = -(1 - p_t)^gamma (gamma p_t (-log p_t) + (1 - p_t)) */
double loss_focal(float *dx, float x, int gold, float gamma)
{
    const double s = gold ? x : -(double)x;
    const double e = exp(-fabs(s));
    const double p = s >= 0 ? 1 / (1 + e) : e / (1 + e), q = s >= 0 ? e / (1 + e) : 1 / (1 + e);
    const double nll = log1p(e) + (s < 0 ? -s : 0);
    const double weight = gamma == 0 ? 1 : gamma == 1 ? q : pow(q, gamma);
    const double ds = -weight * ((double)gamma * p * nll + q);
    *dx = (float)(gold ? ds : -ds);
    return weight * nll;
}
