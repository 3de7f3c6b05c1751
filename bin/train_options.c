/* SPDX-License-Identifier: Apache-2.0 */
#include "train_options.h"

#include "base/err.h"
#include "train/preset.h"
#include "train/schedule.h"

#include <string.h>

enum { MAX_OPTIONS = 64 };

static cli_option options[MAX_OPTIONS];
static bool given[MAX_OPTIONS];        /* [row of settings_table] it is on the command line */
static cli_ints lists[MAX_OPTIONS];    /* [row of settings_table] */
static const char *words[MAX_OPTIONS]; /* [row of settings_table] of numbers for which there is also a word */
static const char *preset_name;

/* Finds the preset before the options are parsed, because they begin with its values. The last one counts. */
static int find_preset(int argc, char **argv)
{
    int found = 0;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        const size_t n = strcspn(argv[i], "="); /* long names may be shortened, to --pre at least */
        const char *name = NULL;
        if (n >= 5 && n <= 8 && strncmp(argv[i], "--preset", n) == 0)
            name = argv[i][n] ? argv[i] + n + 1 : argv[i + 1];
        if (name && preset_find(name) >= 0) /* another name is rejected after parsing */
            found = preset_find(name);
    }
    return found;
}

static const cli_kind kinds[] = {
    [SETTING_FLAG] = CLI_FLAG,     [SETTING_WHOLE] = CLI_INT, [SETTING_REAL] = CLI_REAL,
    [SETTING_CHOICE] = CLI_CHOICE, [SETTING_LIST] = CLI_INTS, [SETTING_NAMES] = CLI_STRING};

/* The value of the setting in the preset, as text. */
static const char *value_in(const preset *p, const setting *row)
{
    const preset_value *const values[] = {p->own, p->common};
    for (int i = 0; i < 2; i++)
        for (const preset_value *v = values[i]; v && v->setting; v++)
            if (strcmp(v->setting, row->name) == 0)
                return v->value;
    return row->standard;
}

static bool has_word(const setting *row)
{
    return row->type == SETTING_WHOLE && row->choices;
}

/* The variable of the option of row i: the setting, or a separate variable for lists, which have another type
 * in cli.h, and for numbers that may be a word. */
static void *value_of(int i, train_settings *s)
{
    void *value = settings_field(&settings_table[i], s);
    if (has_word(&settings_table[i])) {
        words[i] = value_in(&presets[s->preset], &settings_table[i]);
        return &words[i];
    }
    if (settings_table[i].type != SETTING_LIST)
        return value;
    const settings_list *list = value;
    lists[i].n = list->n;
    memcpy(lists[i].v, list->v, sizeof list->v);
    return &lists[i];
}

static cli_option option_of(int i, train_settings *s)
{
    const setting *row = &settings_table[i];
    return (cli_option){.name = row->name,
                        .arg = row->arg,
                        .kind = has_word(row) ? CLI_STRING : kinds[row->type],
                        .value = value_of(i, s),
                        .min = row->min,
                        .max = row->max,
                        .choices = row->type == SETTING_CHOICE ? row->choices : NULL,
                        .help = row->help,
                        .given = &given[i],
                        .alias = row->alias,
                        .show = row->show};
}

/* The names of all presets with the separator between them. */
static const char *preset_names(const char *separator)
{
    static char names[256];
    size_t n = 0;
    for (const preset *p = presets; p->name; p++)
        n += snprintf(names + n, sizeof names - n, "%s%s", n ? separator : "", p->name);
    return names;
}

/* The settings that the initial model depends on. */
static bool is_of_start(const setting *row)
{
    return settings_is_shape(row) || strcmp(row->name, "scale-vectors") == 0 ||
           strcmp(row->name, "prior-bias") == 0 || strcmp(row->name, "seed") == 0;
}

static const cli_option *make_options(train_settings *s, const cli_option *own, bool start_only, int argc,
                                      char **argv)
{
    static char help[512], show[128];
    int n = 0;
    settings_preset(s, find_preset(argc, argv));
    preset_name = presets[s->preset].name;
    snprintf(help, sizeof help,
             "preset with the defaults of the options below, which --preset NAME --help shows: %s",
             preset_names(", "));
    snprintf(show, sizeof show, "%s, for word vectors of dimension %d", preset_name,
             presets[s->preset].embedding_size);
    while (own->name)
        options[n++] = *own++;
    options[n++] = (cli_option){"preset", 0, "NAME", CLI_STRING, &preset_name, .help = help, .show = show};
    for (int i = 0; settings_table[i].name; i++)
        if (!start_only || is_of_start(&settings_table[i]))
            options[n++] = option_of(i, s);
    options[n] = (cli_option){0};
    return options;
}

const cli_option *train_options(train_settings *s, const cli_option *own, int argc, char **argv)
{
    return make_options(s, own, false, argc, argv);
}

const cli_option *train_options_of_start(train_settings *s, const cli_option *own, int argc, char **argv)
{
    return make_options(s, own, true, argc, argv);
}

static bool is_given(const char *name)
{
    return given[settings_find(name) - settings_table];
}

const char *train_options_shape(void)
{
    for (int i = 0; settings_table[i].name; i++)
        if (given[i] && settings_is_shape(&settings_table[i]))
            return settings_table[i].name;
    return NULL;
}

void train_options_end(train_settings *s)
{
    if (preset_find(preset_name) < 0)
        cli_usage("--preset: invalid value '%s': choose one of %s", preset_name, preset_names(", "));
    for (int i = 0; settings_table[i].name; i++) {
        const setting *row = &settings_table[i];
        if (row->type == SETTING_LIST) {
            settings_list *list = settings_field(row, s);
            list->n = lists[i].n;
            memcpy(list->v, lists[i].v, sizeof list->v);
        } else if (has_word(row) && words[i] && settings_set(s, row, words[i])) {
            cli_usage("%s: expected %s, or a number within %.15g .. %.15g", err_message(), row->choices,
                      row->min, row->max);
        }
    }
    if (is_given("decay") && s->decay != DECAY_NONE && !is_given("patience"))
        s->patience = s->epochs; /* a phase that ends early would not reach the final learning rate */
    if (is_given("focal-from") && !is_given("focal"))
        s->focal = true;
    settings_resolve(s);
    if (settings_check(s))
        cli_usage("%s", err_message());
}

/* ---- the table ---- */

static const char *const types[] = {
    [SETTING_FLAG] = "flag",     [SETTING_WHOLE] = "whole", [SETTING_REAL] = "real",
    [SETTING_CHOICE] = "choice", [SETTING_LIST] = "list",   [SETTING_NAMES] = "names"};

void train_options_print(void)
{
    printf("setting\talias\ttype\tlow\thigh\tchoices\tsearched");
    for (const preset *p = presets; p->name; p++)
        printf("\t%s", p->name);
    printf("\npreset\t\tchoice\t\t\t%s", preset_names("|"));
    for (const preset *p = presets; p->name; p++)
        if (p->alias)
            printf("|%s", p->alias);
    printf("\tyes");
    for (const preset *p = presets; p->name; p++)
        printf("\t%s", p->name);
    for (const setting *row = settings_table; row->name; row++) {
        printf("\n%s\t%s\t%s", row->name, row->alias ? row->alias : "", types[row->type]);
        if (row->min < row->max)
            printf("\t%.15g\t%.15g", row->min, row->max);
        else
            printf("\t\t");
        printf("\t%s\t%s", row->choices ? row->choices : "", row->not_searched ? "no" : "yes");
        for (const preset *p = presets; p->name; p++)
            printf("\t%s", value_in(p, row));
    }
    putchar('\n');
}
