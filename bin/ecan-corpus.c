/* SPDX-License-Identifier: Apache-2.0 */
/* a public data set as its publishers have it -> train.jsonl, dev.jsonl, test.jsonl, labels.tsv */
#include "cli.h"

#include "base/err.h"
#include "corpus/source.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

static struct {
    const char *output, *splits;
    int64_t top, dev, seed;
    bool quiet;
} o = {.dev = -1, .seed = 1};

static const cli_option options[] = {
    {"output", 'o', "DIR", CLI_STRING, &o.output, .show = "",
     .help = "write the four files into the folder DIR"},
    {"splits", 0, "PATH", CLI_STRING, &o.splits, .show = "",
     .help =
         "splits of the encounters: a folder of lists of ids, or a CSV file with the columns _id and split"},
    {"top", 0, "N", CLI_INT, &o.top, .min = 1, .max = 1e9, .show = "all labels; 50 for mimic3-50",
     .help = "keep only the N most frequent labels, and the encounters that have one of them"},
    {"dev", 0, "N", CLI_INT, &o.dev, .min = 0, .max = 1e9, .show = "1545 for eurlex, 1415 for wiki10",
     .help = "number of training documents that become the dev set (eurlex, wiki10)"},
    {"seed", 0, "N", CLI_INT, &o.seed, .min = 0, .max = 1e15,
     .help = "seed of the random choice of the dev set (eurlex, wiki10)"},
    {"quiet", 'q', NULL, CLI_FLAG, &o.quiet, .help = "no counts, only warnings and errors"},
    {0}};

static const cli_program program = {
    .name = "ecan-corpus",
    .summary = "read a public data set in the layout of its publishers",
    .usage = "SOURCE FOLDER... [--splits PATH] -o DIR",
    .description =
        "Writes train.jsonl, dev.jsonl and test.jsonl (formats/encounters.md) and labels.tsv (code, tab, "
        "description) into the folder DIR. After an error none of them is written. labels.tsv has the labels "
        "of all three splits. Encounters without text or without labels are skipped and counted.\n\nTables "
        "are files NAME.csv or NAME.csv.gz. Names of tables and columns may be in upper or lower case. Text "
        "files may be compressed with gzip. SOURCE is one of:\n\n  eurlex, wiki10               the layout "
        "of AttentionXML and X-Transformer\n  mimic3-full, mimic3-50       MIMIC-III with the splits of "
        "CAML\n  mimic3-clean                 MIMIC-III with the splits of Edin et al. (2023)\n  "
        "mimic4-icd9, mimic4-icd10    MIMIC-IV with the splits of Edin et al. (2023)\n  mdace, mdace-code    "
        "        MDACE with the splits MDace-ev or MDace-code-ev\n  encounters                   a folder of "
        "ecan's own files, to choose labels with --top\n\neurlex, wiki10: FOLDER has train_raw_texts.txt or "
        "train_texts.txt with one document per line. train_labels.txt has the labels of each document, "
        "separated by spaces. The files for test have the same form. label_map.txt is optional and has the "
        "names of the labels. If all labels are numbers, they are line numbers of label_map.txt, counted "
        "from 0. The dev set is chosen from train at random. If the labels are only in Y.trn.npz and "
        "Y.tst.npz, convert them to text first:\n\n  python3 -c 'import sys, scipy.sparse as s\n  for r in "
        "s.load_npz(sys.argv[1]).tocsr(): print(*r.indices)' Y.trn.npz >train_labels.txt\n\nMIMIC-III: "
        "FOLDER has NOTEEVENTS, DIAGNOSES_ICD, PROCEDURES_ICD, D_ICD_DIAGNOSES and D_ICD_PROCEDURES. "
        "--splits has CAML's lists train_full_hadm_ids.csv, train_50_hadm_ids.csv and so on. The notes of an "
        "encounter are the discharge summaries of an admission, reports and addenda, in the order of the "
        "file. Its labels are diagnoses and procedures. A point is inserted after three characters of a "
        "diagnosis, after four if it begins with E. In a procedure it is inserted after two. mimic3-50 keeps "
        "the 50 most frequent codes of all admissions with a summary. For the tokenization of the paper, "
        "train with TOKENIZE='--compat caml --numbers ten'.\n\nMIMIC-IV: the first FOLDER is mimiciv, the "
        "second is mimic-iv-note. Tables may be in their subfolders hosp and note. Only codes of the ICD "
        "version of SOURCE are read. A note with the same text as another note of its admission is "
        "skipped.\n\nmimic3-clean, mimic4-icd9 and mimic4-icd10 keep codes of at least ten admissions, "
        "counted over all splits. Their splits are published as feather files; convert them to CSV "
        "first:\n\n  python3 -c 'import sys, pandas\n  pandas.read_feather(sys.argv[1]).to_csv(sys.argv[2], "
        "index=False)' \\\n      mimiciv_icd10_split.feather splits.csv\n\nMDACE: the first FOLDER has the "
        "files of one code system, for example data/Inpatient/ICD-10/1.0; the second has NOTEEVENTS. The ids "
        "of encounters and notes are hadm_id and note_id, so that ecan-evidence can use the JSON files as "
        "gold.\n\nA warning is printed if the numbers of encounters or labels differ from those of the "
        "paper.\n\nA temporary file in $TMPDIR holds the notes of the three splits. Memory is about 100 "
        "bytes per note, 100 bytes and the id per encounter, 16 bytes per code of an encounter, and the "
        "largest row or line.",
    .example =
        "ecan-corpus eurlex EUR-Lex -o eurlex\necan-corpus mimic3-full mimiciii --splits "
        "caml-mimic/mimicdata/mimic3 -o mimic3-full\necan-corpus mimic4-icd10 mimiciv mimic-iv-note --splits "
        "splits.csv -o mimic4-icd10\necan-corpus mdace MDACE/data/Inpatient/ICD-10/1.0 mimiciii \\\n    "
        "--splits MDACE/splits/Inpatient -o mdace\necan-corpus encounters dutch --top 50 -o dutch-50",
    .see_also = "ecan-tokenize, ecan-train, ecan-evidence",
    .options = options};

/* The output folder must not be one of the input folders. */
static void reject_own_input(const char *const *folders, int n)
{
    struct stat out, in;
    if (stat(o.output, &out))
        return;
    for (int i = 0; i < n; i++)
        if (stat(folders[i], &in) == 0 && in.st_dev == out.st_dev && in.st_ino == out.st_ino)
            cli_usage("--output: %s is an input folder: choose another folder", o.output);
}

static void check_operands(const corpus_source *source, const char *const *operands, int n)
{
    if (n < 2)
        cli_usage("missing argument FOLDER, the folder of the data set");
    if (n > 2 && (source->layout == CORPUS_XMC || source->layout == CORPUS_ENCOUNTERS))
        cli_usage("unexpected argument '%s': %s has one folder", operands[2], source->name);
    if (!o.output)
        cli_usage("missing option --output DIR");
    if (source->lists && !o.splits)
        cli_usage("missing option --splits PATH, which %s requires", source->name);
    if (!source->lists && o.splits)
        cli_usage("--splits cannot be used with %s, whose files are already split", source->name);
    if (source->layout != CORPUS_XMC && o.dev >= 0)
        cli_usage("--dev cannot be used with %s, only with eurlex and wiki10", source->name);
}

/* Warns if a number differs from the published one. */
static void compare_one(const char *name, int32_t n, int32_t published, int32_t nearly)
{
    if (published && abs(n - published) > nearly)
        cli_warn("warning: got %" PRId32 " %s, expected %" PRId32 " as in the paper", n, name, published);
}

static void tell(const corpus_source *source, const collection_counts *n)
{
    if (!o.quiet)
        cli_warn("%s: %" PRId32 " train, %" PRId32 " dev, %" PRId32 " test, %" PRId32
                 " labels, %.1f labels per encounter",
                 source->name, n->encounters[COLLECTION_TRAIN], n->encounters[COLLECTION_DEV],
                 n->encounters[COLLECTION_TEST], n->labels, n->labels_each);
    if (n->unlabelled || n->textless)
        cli_warn("skipped %" PRId32 " encounters without labels, %" PRId32 " without text", n->unlabelled,
                 n->textless);
    if (o.top || o.dev >= 0)
        return;
    for (int i = 0; i < COLLECTION_SPLITS; i++) {
        char name[32];
        snprintf(name, sizeof name, "encounters of %s", collection_split_name[i]);
        compare_one(name, n->encounters[i], source->published[i], source->nearly);
    }
    compare_one("labels", n->labels, source->published_labels, source->nearly);
}

int main(int argc, char **argv)
{
    const char *const *operands;
    int n;
    cli_parse(&program, argc, argv, &operands, &n);
    if (n == 0)
        cli_usage("missing argument SOURCE: choose one of " CORPUS_SOURCES);
    const corpus_source *source = source_find(operands[0]);
    if (!source)
        cli_usage("invalid source '%s': choose one of " CORPUS_SOURCES, operands[0]);
    check_operands(source, operands, n);
    reject_own_input(operands + 1, n - 1);

    const corpus_reading how = {.folders = operands + 1,
                                .n_folders = n - 1,
                                .splits = o.splits,
                                .top = o.top,
                                .dev = o.dev,
                                .seed = (uint64_t)o.seed};
    collection_counts counts;
    collection *c = source_read(source, &how, &counts);
    if (!c || collection_write(c, o.output))
        cli_die("%s", err_message());
    tell(source, &counts);
    collection_free(c);
    return cli_finish(CLI_OK);
}
