/* SPDX-License-Identifier: Apache-2.0 */
/* encounters -> train.jsonl, dev.jsonl and test.jsonl; or what several files have in common */
#include "cli.h"

#include "base/err.h"
#include "base/printable.h"
#include "corpus/divide.h"
#include "io/folder.h"
#include "io/output.h"
#include "text/lines.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static struct {
    const char *output, *patient, *date;
    int by;
    double dev, test;
    int64_t seed;
    bool check, quiet, by_given;
} o = {.patient = "patient", .date = "date", .dev = 0.1, .test = 0.1, .seed = 1};

static const cli_option options[] = {
    {"output", 'o', "DIR|FILE", CLI_STRING, &o.output,
     .help = "write the three files into the folder DIR; with --check, write the report to FILE",
     .show = "the report: standard output"},
    {"by", 0, "RULE", CLI_CHOICE, &o.by, .choices = DIVIDE_RULES, .given = &o.by_given,
     .help =
         "what the division depends on: codes gives each file its fraction of the encounters of each code; "
         "patient divides patients at random; date puts the latest encounters into test"},
    {"dev", 0, "F", CLI_REAL, &o.dev, .min = 0, .max = 1, .help = "fraction of the encounters for dev"},
    {"test", 0, "F", CLI_REAL, &o.test, .min = 0, .max = 1, .help = "fraction of the encounters for test"},
    {"patient", 0, "KEY", CLI_STRING, &o.patient, .help = "key of an encounter that names its patient"},
    {"date", 0, "KEY", CLI_STRING, &o.date,
     .help = "key of the date of an encounter, or of its notes, of which the latest counts"},
    {"seed", 0, "N", CLI_INT, &o.seed, .min = 0, .max = 1e15, .help = "seed of the random choices"},
    {"check", 0, NULL, CLI_FLAG, &o.check,
     .help =
         "report the encounters and patients that are in more than one FILE; exit with 1 if there are any"},
    {"quiet", 'q', NULL, CLI_FLAG, &o.quiet, .help = "no counts, only warnings and errors"},
    {0}};

static const cli_program program = {
    .name = "ecan-split",
    .summary = "divide encounters into train, dev and test, and check such files",
    .usage = "[OPTION]... -o DIR [FILE]...\n       ecan-split --check [OPTION]... FILE FILE...",
    .description =
        "Reads encounters (formats/encounters.md) and writes train.jsonl, dev.jsonl and test.jsonl into the "
        "folder DIR. Lines are unchanged and in the order in which they came. The same input and seed give "
        "the same files.\n\nEncounters of a patient are never divided, if they have the key --patient. "
        "Encounters without it that have the same text stay together, too. With --by date, the encounters of "
        "a date stay together instead, and a message counts the patients that are in two files.\n\n--by "
        "codes is iterative stratification (Sechidis et al., 2011): codes are taken from the rarest on, and "
        "each of their encounters goes to the file that needs most of them.\n\n--check compares files. "
        "Encounters are the same if they have the same id, or the same text. A model that was trained on "
        "encounters of its dev or test set has results that are too good. The files that this program writes "
        "are checked in the same way.\n\nA temporary file in $TMPDIR holds the notes. Memory is about 100 "
        "bytes and the id per encounter, 8 bytes per code of an encounter, and the largest line.",
    .example =
        "ecan-split -o data encounters.jsonl\necan-split --by date --dev 0.15 --test 0.15 -o data "
        "encounters.jsonl.gz\necan-split --by patient --patient subject_id --seed 2 -o data a.jsonl b.jsonl\n"
        "ecan-split --check data/train.jsonl data/dev.jsonl data/test.jsonl",
    .see_also = "ecan-convert, ecan-corpus, ecan-tokenize, ecan-train",
    .options = options};

enum { PARTS = 3 };
static const char *const part_name[PARTS] = {"train", "dev", "test"};
static const char *const part_file[PARTS] = {"train.jsonl", "dev.jsonl", "test.jsonl"};

static void report_one(FILE *f, const char *a, const char *b, const char *what, const overlap *found)
{
    char first[PRINTABLE_ROOM];
    if (found->count > 0)
        fprintf(f, "%s and %s: %" PRId32 " %s (first: %s)\n", a, b, found->count, what,
                printable_id(first, found->first, strlen(found->first)));
}

/* Reports what each pair of parts has in common. Returns whether there is anything. */
static bool report(FILE *f, const encounter_index *x, const char *const *names, int32_t parts)
{
    bool any = false;
    for (int32_t a = 0; a < parts; a++)
        for (int32_t b = a + 1; b < parts; b++) {
            overlaps found;
            if (find_overlaps(x, a, b, &found))
                cli_die("%s", err_message());
            report_one(f, names[a], names[b], "encounters with the same id", &found.ids);
            report_one(f, names[a], names[b], "encounters with the same text", &found.texts);
            report_one(f, names[a], names[b], "patients in both", &found.patients);
            any = any || found.ids.count || found.texts.count || found.patients.count;
        }
    return any;
}

static int check(encounter_index *x, const char *const *files, int n)
{
    if (n < 2 || n > DIVIDE_PARTS)
        cli_usage("--check compares 2 to %d files", DIVIDE_PARTS);
    if (o.by_given)
        cli_usage("--by cannot be used with --check");
    for (int i = 0; i < n; i++)
        if (encounter_index_read(x, files[i], i, false))
            cli_die("%s", err_message());
    FILE *f = cli_output(o.output, OUTPUT_PLAIN);
    const bool any = report(f, x, files, n);
    cli_close(f);
    return any ? CLI_FAILED : CLI_OK;
}

/* ---- division ---- */

typedef struct split_part {
    encounter_index *x;
    int number;
} split_part;

static int write_part(const void *context, const char *path)
{
    const split_part *p = context;
    FILE *f = lines_create_private(path);
    if (!f)
        return -1;
    if (encounter_index_write(p->x, p->number, f)) {
        fclose(f);
        return -1;
    }
    return lines_finish(f, path);
}

/* All three files, or none. */
static void write_parts(encounter_index *x)
{
    split_part part[PARTS];
    folder_part files[PARTS];
    for (int p = 0; p < PARTS; p++) {
        char *path = file_join(o.output, part_file[p]);
        if (!path || output_check(path))
            cli_die("%s", err_message());
        free(path);
        part[p] = (split_part){x, p};
        files[p] = (folder_part){part_file[p], write_part, &part[p], NULL};
    }
    if (folder_write(o.output, files, PARTS))
        cli_die("%s", err_message());
}

/* Prints the encounters and codes of each part, and how many codes of it train lacks. */
static void count(const encounter_index *x)
{
    const size_t codes = (size_t)map_size(x->codes);
    bool *in_part[PARTS];
    for (int p = 0; p < PARTS; p++)
        if (!(in_part[p] = mem_array(codes, sizeof(bool))))
            cli_die("%s", err_message());
    int64_t n[PARTS] = {0};
    for (size_t i = 0; i < x->n; i++) {
        const indexed_encounter *e = &x->encounters[i];
        n[e->part]++;
        for (size_t c = e->first_code; c < e->first_code + e->n_codes; c++)
            in_part[e->part][x->codes_of[c]] = true;
    }
    for (int p = 0; p < PARTS; p++) {
        int64_t all = 0, unknown = 0;
        for (size_t c = 0; c < codes; c++) {
            all += in_part[p][c];
            unknown += in_part[p][c] && !in_part[0][c];
        }
        if (p == 0)
            cli_warn("%s: %" PRId64 " encounters, %" PRId64 " codes", part_name[p], n[p], all);
        else
            cli_warn("%s: %" PRId64 " encounters, %" PRId64 " codes, %" PRId64 " of them not in train",
                     part_name[p], n[p], all, unknown);
    }
    for (int p = 0; p < PARTS; p++)
        mem_free(in_part[p]);
}

static void split(encounter_index *x, const char *const *files, int n)
{
    static const char *const standard_input[] = {"-"};
    const double share[PARTS] = {1 - o.dev - o.test, o.dev, o.test};
    if (!o.output)
        cli_usage("missing option --output DIR");
    if (share[0] <= 0)
        cli_usage("--dev and --test leave nothing for train: their sum must be below 1");
    if (n == 0)
        files = standard_input, n = 1;
    for (int i = 0; i < n; i++)
        if (encounter_index_read(x, files[i], 0, true))
            cli_die("%s", err_message());
    if (x->n == 0)
        cli_die("%s: no encounters", strcmp(files[0], "-") == 0 ? "standard input" : files[0]);
    if (divide(x, (divide_rule)o.by, share, PARTS, (uint64_t)o.seed))
        cli_die("%s", err_message());
    if (!o.quiet)
        count(x);
    report(stderr, x, part_name, PARTS);
    write_parts(x);
}

int main(int argc, char **argv)
{
    const char *const *files;
    int n, code = CLI_OK;
    encounter_index x;
    cli_parse(&program, argc, argv, &files, &n);
    if (encounter_index_init(&x, o.patient, o.date, !o.check))
        cli_die("%s", err_message());
    if (o.check)
        code = check(&x, files, n);
    else
        split(&x, files, n);
    encounter_index_free(&x);
    return cli_finish(code);
}
