/* SPDX-License-Identifier: Apache-2.0 */
#include "train/schedule.h"

#include <math.h>

bool schedule_is_on(const schedule *s)
{
    return s->warm_up > 0 || s->decay != DECAY_NONE;
}

double schedule_factor(const schedule *s, double before, double after)
{
    if (after < s->warm_up)
        return after / s->warm_up;
    if (s->decay == DECAY_NONE || before <= s->warm_up)
        return 1;
    const double x = (before - s->warm_up) / (s->epochs - s->warm_up);
    if (x >= 1)
        return 0;
    return s->decay == DECAY_LINEAR ? 1 - x : (1 + cos(3.14159265358979323846 * x)) / 2;
}
