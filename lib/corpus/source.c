/* SPDX-License-Identifier: Apache-2.0 */
#include "corpus/source.h"

#include "base/err.h"
#include "corpus/readers.h"

#include <string.h>
#include <sys/stat.h>

/* From table 1 and appendix A of the paper. CAML's published lists have one id fewer in five of the six
 * files, and four admissions of train-full have no code. So a difference of up to 5 is not reported. */
static const corpus_source sources[] = {
    {"eurlex", CORPUS_XMC, NULL, 0, {0}, 1545, {13904, 1545, 3865}, 3956, 0},
    {"wiki10", CORPUS_XMC, NULL, 0, {0}, 1415, {12731, 1415, 6616}, 30938, 0},
    {"mimic3-full", CORPUS_MIMIC3, "%s_full_hadm_ids.csv", 9, {0}, 0, {47724, 1632, 3372}, 8922, 10},
    {"mimic3-50",
     CORPUS_MIMIC3,
     "%s_50_hadm_ids.csv",
     9,
     {.top = 50, .count_rows = true},
     0,
     {8067, 1574, 1730},
     50,
     5},
    /* Edin et al., SIGIR 2023: codes of at least ten admissions. */
    {"mimic3-clean", CORPUS_MIMIC3, "%s_hadm_ids.csv", 9, {.min_count = 10}, 0, {0}, 0, 0},
    {"mimic4-icd9", CORPUS_MIMIC4, "%s_hadm_ids.csv", 9, {.min_count = 10}, 0, {0}, 0, 0},
    {"mimic4-icd10", CORPUS_MIMIC4, "%s_hadm_ids.csv", 10, {.min_count = 10}, 0, {0}, 0, 0},
    {"mdace", CORPUS_MDACE, "MDace-ev-%s.csv", 0, {0}, 0, {0}, 0, 0},
    {"mdace-code", CORPUS_MDACE, "MDace-code-ev-%s.csv", 0, {0}, 0, {0}, 0, 0},
    {"encounters", CORPUS_ENCOUNTERS, NULL, 0, {0}, 0, {0}, 0, 0}};

const corpus_source *source_find(const char *name)
{
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        if (strcmp(sources[i].name, name) == 0)
            return &sources[i];
    return NULL;
}

static int read_mimic_of(collection *c, const corpus_source *source, const table_folders *in, const splits *s)
{
    return read_mimic(c, in, s,
                      &(mimic_options){.version = source->layout == CORPUS_MIMIC4 ? 4 : 3,
                                       .icd = source->icd,
                                       .caml_point = source->choice.min_count == 0});
}

static int read_files(collection *c, const corpus_source *source, const corpus_reading *how, const splits *s)
{
    const table_folders in = {how->folders, how->n_folders};
    switch (source->layout) {
    case CORPUS_XMC:
        return read_xmc(c, how->folders[0], how->dev >= 0 ? how->dev : source->dev, how->seed);
    case CORPUS_MIMIC3:
    case CORPUS_MIMIC4:
        return read_mimic_of(c, source, &in, s);
    case CORPUS_MDACE:
        return read_mdace(c, &in, s);
    default:
        return read_encounters(c, how->folders[0]);
    }
}

/* The path of the list of ids of a split. name: memory for it. */
static const char *list_of(const corpus_source *source, const char *path, int split, char name[512])
{
    struct stat st;
    const int before = (int)(strstr(source->lists, "%s") - source->lists);
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        snprintf(name, 512, "%s/%.*s%s%s", path, before, source->lists, collection_split_name[split],
                 source->lists + before + 2);
    else
        snprintf(name, 512, "%s", path);
    return name;
}

/* Checks that no split is empty. */
static int check_splits(const corpus_source *source, const corpus_reading *how,
                        const collection_counts *counts)
{
    char name[512];
    for (int i = 0; i < COLLECTION_SPLITS; i++)
        if (counts->encounters[i] == 0)
            return source->layout == CORPUS_MIMIC3 || source->layout == CORPUS_MIMIC4
                       ? err_set("%s: no admission of %s has a discharge summary and codes",
                                 collection_split_name[i], list_of(source, how->splits, i, name))
                       : err_set("%s: no encounter has a text and labels", collection_split_name[i]);
    return 0;
}

collection *source_read(const corpus_source *source, const corpus_reading *how, collection_counts *counts)
{
    splits s = {0};
    collection_choice choice = source->choice;
    if (how->top > 0)
        choice.top = (int32_t)how->top;
    collection *c = collection_new(source->layout != CORPUS_XMC && source->layout != CORPUS_ENCOUNTERS);
    const int result = !c || (source->lists && splits_read(&s, how->splits, source->lists)) ||
                       read_files(c, source, how, &s) || collection_choose(c, &choice, counts) ||
                       check_splits(source, how, counts);
    splits_free(&s);
    if (!result)
        return c;
    collection_free(c);
    return NULL;
}
