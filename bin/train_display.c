/* SPDX-License-Identifier: Apache-2.0 */
#include "train_display.h"
#include "base/ratio.h"

#include <stdio.h>
#include <string.h>

/* The seconds until the last epoch; 0 if they are not known. position is in epochs. Training can end before
 * the last one. */
static double time_to_last_epoch(train_display *d, double position)
{
    const double now = progress_now();
    if (d->start == 0) {
        d->start = now;
        d->start_position = position;
    }
    if (position <= d->start_position || (double)d->max_epochs <= position)
        return 0;
    return (now - d->start) / (position - d->start_position) * ((double)d->max_epochs - position);
}

void train_display_progress(void *context, uint64_t words, uint64_t of, const char *phase, int epoch,
                            double loss)
{
    train_display *d = context;
    char note[160];
    if (d->epoch != epoch) {
        progress_start(&d->line, "ecan-train", "words", 0, d->quiet);
        d->epoch = epoch;
    }
    d->line.left = time_to_last_epoch(d, epoch - 1 + ratio_or_0((double)words, (double)of));
    d->line.bound = "at most";
    snprintf(note, sizeof note, "epoch %d/%lld, %s loss %.5f", epoch, (long long)d->max_epochs, phase, loss);
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
    if (!d->quiet && e->bytes_per_step > 0)
        fprintf(stderr, "           %.0f bytes sent by each rank in a step\n", e->bytes_per_step);
}

void train_display_dataset(const char *name, const dataset *d)
{
    fprintf(stderr, "%-5s %zu encounters, %llu words (%.1f%% unknown", name, d->n,
            (unsigned long long)d->words, ratio_or_0(100.0 * (double)d->words_unknown, (double)d->words));
    fprintf(stderr, "), %llu labels assigned", (unsigned long long)d->gold);
    if (d->gold_unknown)
        fprintf(stderr, " (%llu with codes that the %s lacks)", (unsigned long long)d->gold_unknown,
                strcmp(name, "train") == 0 ? "model" : "training set");
    fputc('\n', stderr);
    char text[UNREAD_ROOM];
    if (unread_words(text, &d->unread, "--max-words"))
        fprintf(stderr, "%-5s %s\n", name, text);
    if (unread_notes(text, &d->unread))
        fprintf(stderr, "%-5s %s\n", name, text);
}

void train_display_spans(const dataset *d, size_t n)
{
    const span_marks *m = &d->marks;
    const struct {
        uint64_t n;
        const char *why;
    } left[] = {{n - m->found, "of encounters that are not in train"},
                {m->no_code, "of codes that their encounter does not have"},
                {m->no_word, "without a word that is read"}};
    fprintf(stderr, "train %llu of %zu spans are used",
            (unsigned long long)(m->found - m->no_code - m->no_word), n);
    const char *between = "; left out: ";
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        if (left[i].n) {
            fprintf(stderr, "%s%llu %s", between, (unsigned long long)left[i].n, left[i].why);
            between = ", ";
        }
    fputc('\n', stderr);
}
