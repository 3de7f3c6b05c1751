/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of a thread of a model_stage. Private to lib/predict. */
#ifndef ECAN_PREDICT_STAGE_WORKER_H
#define ECAN_PREDICT_STAGE_WORKER_H

#include "base/mem.h"
#include "predict/model_stage.h"
#include "text/seen_words.h"
#include "text/unread.h"
#include "text/word_ids.h"

#include <stddef.h>
#include <stdint.h>

/* Memory of one thread. */
struct model_stage_worker {
    net_work net;
    word_ids words;
    seen_words seen;  /* those of records whose terms or linear branch are computed */
    size_t words_cut; /* words of the record that the model does not read */
    unread unread;    /* of all records */
    float *X;         /* [T][E], for embed with the vectors of a file */
    size_t X_room;
    buf in[CONFIG_BLOCKS];   /* aligned copies of tensors that are not aligned in the record */
    float *A[CONFIG_BLOCKS]; /* [L][T] each, for attend --weights */
    size_t A_room[CONFIG_BLOCKS];
    float *scores, *peak_weights; /* [L] */
    int32_t *peaks, *order;       /* [L][2], [L] */
    matcher_work *terms;
    matches matches; /* of the record */
    linear_branch_work linear;
    gradient_work gradient; /* for model_stage_support() */
    float *support;         /* [T] */
    size_t support_room;
    /* for model_stage_weights(): a model with some of the labels */
    attend_work few;
    float *few_U, *few_weights; /* [n][d_l], [n] */
    int32_t *few_peaks;         /* [n][2] */
    size_t few_U_room, few_weights_room, few_peaks_room;
};

#endif
