/* SPDX-License-Identifier: Apache-2.0 */
/* The schedule of the learning rate in a phase of training. Over the first epochs it grows linearly from 0 to
 * its full value (warm-up). Then it is constant, or decays to 0 at the end of the last epoch, linearly or
 * along half a cosine (Loshchilov and Hutter, 2017):
 *
 *     x = (done - warm_up) / (epochs - warm_up)        linear: 1 - x        cosine: (1 + cos(pi x)) / 2
 *
 * Time is in epochs, so the schedule does not depend on the batch size. The paper gives only
 * the initial rate (section 4.2). */
#ifndef ECAN_TRAIN_SCHEDULE_H
#define ECAN_TRAIN_SCHEDULE_H

#include <stdbool.h>

typedef enum schedule_decay { DECAY_NONE, DECAY_LINEAR, DECAY_COSINE } schedule_decay;

typedef struct schedule {
    double warm_up; /* in epochs; 0: none */
    schedule_decay decay;
    int epochs; /* maximum number of epochs of a phase */
} schedule;

/* Whether the learning rate changes. */
bool schedule_is_on(const schedule *s);

/* The factor on the learning rate for a step that begins at `before` and ends at `after`, in epochs of the
 * phase. Warm-up uses the end of the step and decay its beginning, so that no step has the factor 0. */
double schedule_factor(const schedule *s, double before, double after);

#endif
