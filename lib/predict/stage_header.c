/* SPDX-License-Identifier: Apache-2.0 */
/* The headers of streams: which ones a stage accepts, and the fields that it adds. */
#include "base/err.h"
#include "predict/model_stage.h"
#include "text/thresholds.h"
#include "text/tokenized.h"

#include <string.h>

int model_stage_check(void *context, const record *header)
{
    const model_stage *s = context;
    const char *made_by;
    size_t n;
    if (!s->m->words)
        return 0;
    const int found = model_of_stream(header, &made_by, &n);
    if (found < 0)
        return err_prefix("header: history: ");
    if (found && (n != 32 || memcmp(made_by, s->m->fingerprint, 32) != 0))
        return err_set("expected a stream made with this model (%.8s...), got one of another model: run the "
                       "earlier stages with this model",
                       s->m->fingerprint);
    return tokenized_check(model_tokenizer(s->m), header, "the model's (ecan-tokenize -m uses its settings)");
}

int model_stage_check_ids(void *context, const record *header)
{
    if (record_find(header, "vectors"))
        return err_set(
            "expected ids of the model, got ids of a file of word vectors: run ecan-embed without --vectors");
    return model_stage_check(context, header);
}

int model_stage_vectors_header(const model_stage *s, pack *fields)
{
    pack_key(fields, "vectors");
    pack_str(fields, s->vectors->fingerprint);
    return pack_failed(fields) ? err_memory("out of memory") : 0;
}

int model_stage_header(const model_stage *s, pack *fields)
{
    const int32_t L = labels_count(s->m->labels);
    labels_pack(fields, s->m->labels);
    thresholds_pack(fields, s->threshold, s->thresholds, L);
    return pack_failed(fields) ? err_memory("out of memory") : 0;
}
