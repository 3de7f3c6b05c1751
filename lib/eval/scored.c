/* SPDX-License-Identifier: Apache-2.0 */
/* Reads streams for metrics.h. */
#include "eval/scored.h"

#include "base/err.h"
#include "base/progress.h"
#include "io/stream.h"

#include <string.h>

static int64_t read_records(const scored_source *source, metrics *m, stream_in *in)
{
    record r = {0};
    progress p;
    int64_t bad = 0;
    unsigned segment = stream_segment(in);
    int got;
    progress_start(&p, source->program, "records", 0, source->quiet);
    while (bad >= 0 && (got = stream_read(in, &r)) != 0) {
        bool broken = got < 0 && !stream_recoverable(in);
        if (got > 0 && stream_segment(in) != segment && metrics_header(m, stream_header(in))) {
            bad = -1;
            break;
        }
        segment = stream_segment(in);
        if (got > 0 && metrics_add(m, &r) >= 0) {
            progress_fraction(&p, r.number, stream_fraction(in));
            progress_update(&p, r.number, "");
        } else if (!source->skip_bad || broken || metrics_broken(m)) {
            bad = -1;
        } else {
            source->warn("%s", err_message());
            bad++;
        }
    }
    progress_end(&p);
    record_free(&r);
    return bad;
}

int64_t scored_read(const scored_source *source, metrics *m)
{
    stream_in *in =
        stream_open(source->files, source->n_files, &(stream_options){.max_record = source->max_record});
    if (!in)
        return -1;
    int64_t bad = -1;
    if (!stream_expect(in, "scored") && !metrics_header(m, stream_header(in)))
        bad = read_records(source, m, in);
    stream_close(in);
    return bad;
}
