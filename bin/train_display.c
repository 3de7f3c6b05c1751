/* SPDX-License-Identifier: Apache-2.0 */
#include "train_display.h"
#include "base/ratio.h"

#include <stdio.h>

void train_display_progress(void *context, uint64_t words, uint64_t of, const char *phase, int epoch,
                            double loss)
{
    train_display *d = context;
    char note[96];
    if (d->epoch != epoch) {
        progress_start(&d->line, "ecan-train", "words", of, d->quiet);
        d->epoch = epoch;
    }
    snprintf(note, sizeof note, "%s epoch %d, loss %.5f", phase, epoch, loss);
    progress_update(&d->line, words, note);
}

void train_display_epoch(void *context, const trainer_epoch *e)
{
    train_display *d = context;
    progress_end(&d->line);
    if (!d->quiet)
        fprintf(stderr,
                "%-5s %3d  loss %.5f  dev loss %.5f  micro-F1 %.4f  (%.4f at %.3f)  %.0f words/s  %.1f s%s\n",
                e->phase, e->epoch, e->loss, e->dev_loss, e->dev_micro_f1, e->dev_best_micro_f1,
                e->dev_threshold, e->words_per_second, e->seconds, e->best ? "  *" : "");
}

void train_display_dataset(const char *name, const dataset *d)
{
    fprintf(stderr, "%-5s %zu encounters, %llu words (%.1f%% unknown", name, d->n,
            (unsigned long long)d->words, ratio_or_0(100.0 * (double)d->words_unknown, (double)d->words));
    if (d->words_cut)
        fprintf(stderr, "; %llu beyond --max-words", (unsigned long long)d->words_cut);
    fprintf(stderr, "), %llu labels assigned", (unsigned long long)d->gold);
    if (d->gold_unknown)
        fprintf(stderr, " (%llu with codes that the training set lacks)",
                (unsigned long long)d->gold_unknown);
    fputc('\n', stderr);
}
