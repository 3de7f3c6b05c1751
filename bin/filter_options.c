/* SPDX-License-Identifier: Apache-2.0 */
#include "filter_options.h"

#include "base/pool.h"

#include <string.h>

void filter_options_list(cli_option *list, filter_options *o)
{
    *o = (filter_options){.threads = pool_cores(), .max_record = (int64_t)STREAM_MAX_RECORD};
    const cli_option rows[N_FILTER_OPTIONS] = {
        {"output", 'o', "FILE", CLI_STRING, &o->output, .help = "write the stream to FILE",
         .show = "standard output"},
        {"threads", 'T', "N", CLI_INT, &o->threads, .min = 1, .max = 1024,
         .help = "number of threads; the output does not depend on it", .show = "all cores"},
        CLI_ROW_SKIP_BAD(o->skip_bad),
        CLI_ROW_MAX_RECORD(o->max_record, 1024),
        {"unbuffered", 'u', NULL, CLI_FLAG, &o->unbuffered, .help = "write every record immediately"},
        {"quiet", 'q', NULL, CLI_FLAG, &o->quiet,
         .help = "no progress line, no counts of words that are not read"}};
    memcpy(list, rows, sizeof rows);
}

void filter_options_begin(filter *f, const filter_options *o)
{
    f->skip_bad = o->skip_bad;
    f->unbuffered = o->unbuffered;
    f->quiet = o->quiet;
    f->max_record = o->max_record;
    f->output = o->output;
    f->warn = cli_warn;
}

void threshold_options_list(cli_option *list, threshold_options *o, const char *shown,
                            const char *shown_of_labels)
{
    const cli_option rows[N_THRESHOLD_OPTIONS] = {
        {"threshold", 't', "P", CLI_REAL, &o->threshold, .max = 1, .given = &o->threshold_given,
         .help = "predict the codes whose probability is above P", .show = shown},
        {"thresholds", 0, "FILE", CLI_STRING, &o->thresholds,
         .help = "thresholds of single labels, one per line of FILE: code, tab, threshold",
         .show = shown_of_labels}};
    memcpy(list, rows, sizeof rows);
}
