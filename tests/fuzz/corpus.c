/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing ecan-corpus: a data set in the layout of its publishers. The first byte is the data set; with a
 * second byte only the most frequent label is kept. The other parts are its files in the order below. What is
 * accepted is written, and its encounters are read again. */
#include "fuzz.h"

#include "corpus/source.h"
#include "io/json.h"
#include "text/labels.h"
#include "text/lines.h"

#include <string.h>

enum { FILES = 7 };
static const struct {
    const char *source, *files[FILES];
} layouts[] = {
    {"eurlex",
     {"in/train_texts.txt", "in/train_labels.txt", "in/test_texts.txt", "in/test_labels.txt",
      "in/label_map.txt"}},
    {"mimic3-full",
     {"in/NOTEEVENTS.csv", "in/DIAGNOSES_ICD.csv", "in/PROCEDURES_ICD.csv", "in/D_ICD_DIAGNOSES.csv",
      "in/D_ICD_PROCEDURES.csv", "splits.csv"}},
    {"mimic4-icd10",
     {"in/discharge.csv", "in/diagnoses_icd.csv", "in/procedures_icd.csv", "in/d_icd_diagnoses.csv",
      "in/d_icd_procedures.csv", "splits.csv"}},
    {"mdace", {"in/1.json", "in/2/2.json", "in/NOTEEVENTS.csv", "splits.csv"}},
    {"encounters", {"in/train.jsonl", "in/dev.jsonl", "in/test.jsonl", "in/labels.tsv"}},
    {"mimic3-50",
     {"in/NOTEEVENTS.csv", "in/DIAGNOSES_ICD.csv", "in/PROCEDURES_ICD.csv", "in/D_ICD_DIAGNOSES.csv",
      "in/D_ICD_PROCEDURES.csv", "splits/train_50_hadm_ids.csv", "splits/dev_50_hadm_ids.csv"}}};

static void check_split(const char *folder, int split, int32_t encounters)
{
    char path[256];
    lines l;
    int32_t n = 0;
    snprintf(path, sizeof path, "%s/out/%s.jsonl", folder, collection_split_name[split]);
    CHECK(lines_open(&l, path, 0) == 0);
    for (; lines_next(&l) > 0; n++) {
        json_t *o = ecan_json_parse_line(l.text, l.n);
        CHECK(o && json_is_string(json_object_get(o, "id")) && json_is_array(json_object_get(o, "labels")));
        json_decref(o);
    }
    CHECK(n == encounters);
    lines_close(&l);
}

static void check_collection(const collection *c, const char *folder, const collection_counts *counts)
{
    char out[128], path[256];
    snprintf(out, sizeof out, "%s/out", folder);
    CHECK(collection_write(c, out) == 0);
    for (int i = 0; i < COLLECTION_SPLITS; i++)
        check_split(folder, i, counts->encounters[i]);
    snprintf(path, sizeof path, "%s/labels.tsv", out);
    labels *l = labels_read(path);
    CHECK(l && labels_count(l) == counts->labels);
    labels_free(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    fuzz_part part[FILES + 1];
    char input[128], splits[128];
    collection_counts counts = {0};
    fuzz_begin();
    fuzz_parts(data, n, part, FILES + 1);
    const size_t layout = part[0].n > 0 ? part[0].data[0] % (sizeof layouts / sizeof *layouts) : 0;
    const char *folder = fuzz_folder(), *folders[] = {input, input};
    for (int i = 0; i < FILES && layouts[layout].files[i]; i++)
        if (part[i + 1].n > 0)
            fuzz_folder_add(layouts[layout].files[i], part[i + 1]);
    snprintf(input, sizeof input, "%s/in", folder);
    snprintf(splits, sizeof splits, "%s/splits%s", folder, layout == 5 ? "" : ".csv");
    const corpus_reading how = {folders, layout == 3 ? 2 : 1, splits, part[0].n > 1, 1, 1};
    collection *c = source_read(source_find(layouts[layout].source), &how, &counts);
    if (c)
        check_collection(c, folder, &counts);
    else
        CHECK_MESSAGE();
    collection_free(c);
    return 0;
}
