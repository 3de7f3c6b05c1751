/* SPDX-License-Identifier: Apache-2.0 */
/* notes and codes of other formats -> encounters as JSON Lines */
#include "cli.h"
#include "warn_left_out.h"

#include "base/err.h"
#include "corpus/code_labels.h"
#include "corpus/convert_spans.h"
#include "io/output.h"

#include <inttypes.h>
#include <string.h>

static struct {
    const char *output, *encoding, *labels, *spans;
    const char *id, *text, *code, *note, *type, *date, *patient, *separator, *between, *system;
    const char *language, *missing;
    cli_strings converters, used;
    int brat, points;
    bool folders, skip_bad, quiet;
} o = {.between = ";"};

static const cli_option options[] = {
    CLI_ROW_OUTPUT(o.output),
    {"labels", 0, "FILE", CLI_STRING, &o.labels,
     .help = "read the codes of the encounters from a table of id and code"},
    {"spans", 0, "FILE", CLI_STRING, &o.spans,
     .help = "brat, fhir, --labels: also write the places of the codes in the notes, for ecan-terms --spans"},
    {"encoding", 0, "NAME", CLI_STRING, &o.encoding, .show = "UTF-8",
     .help = "encoding of the files, as WINDOWS-1252; a byte order mark has priority"},
    {"id", 0, "COLUMN", CLI_STRING, &o.id, .show = "id", .help = "csv: column of the id of the encounter"},
    {"text", 0, "COLUMN", CLI_STRING, &o.text, .show = "text", .help = "csv: column of the text of the note"},
    {"code", 0, "COLUMN", CLI_STRING, &o.code, .show = "labels", .help = "csv: column of the codes"},
    {"note", 0, "COLUMN", CLI_STRING, &o.note, .show = "note", .help = "csv: column of the id of the note"},
    {"type", 0, "COLUMN", CLI_STRING, &o.type, .show = "type", .help = "csv: column of the type of the note"},
    {"date", 0, "COLUMN", CLI_STRING, &o.date, .show = "date", .help = "csv: column of the date of the note"},
    {"patient", 0, "COLUMN", CLI_STRING, &o.patient, .show = "patient", .help = "csv: column of the patient"},
    {"separator", 0, "C", CLI_STRING, &o.separator, .show = "from the header row",
     .help = "csv: character between fields; tab for a tab"},
    {"between", 0, "TEXT", CLI_STRING, &o.between, .help = "text between the codes of a field"},
    {"system", 0, "TEXT", CLI_STRING, &o.system, .show = "all",
     .help = "fhir, brat: only codes of code systems whose name contains TEXT, as icd-10"},
    {"convert", 0, "TYPE=COMMAND", CLI_STRINGS, &o.converters,
     .help =
         "fhir: read attachments of a media type through a command, which gets them on standard input and "
         "writes text; can be given several times"},
    {"brat-codes", 0, "WHERE", CLI_CHOICE, &o.brat, .choices = "normalizations|notes|types",
     .help = "brat: what the codes are: normalizations (N lines), notes of annotators (# lines) or the types "
             "of spans"},
    {"folders", 0, NULL, CLI_FLAG, &o.folders,
     .help = "brat: a folder in the folder given is an encounter, and its texts are the notes, as for text"},
    {"used", 0, "FILE", CLI_STRINGS, &o.used,
     .help =
         "codes: only the codes of these encounters (JSON Lines), as they are there; can be given several "
         "times"},
    {"missing", 0, "FILE", CLI_STRING, &o.missing,
     .help = "codes: write the codes of --used that no table has to FILE"},
    {"language", 0, "COLUMN", CLI_STRING, &o.language, .show = "language",
     .help = "csv: column of the language of the note, as nl or fr; codes: language of the descriptions, "
             "where a table has several (default: the first of FR, NL and EN)"},
    {"points", 0, "HOW", CLI_CHOICE, &o.points, .choices = "same|add|remove",
     .help = "codes: keep the codes as in the table, or add or remove the point after three characters"},
    {"skip-bad", 0, NULL, CLI_FLAG, &o.skip_bad,
     .help = "report bad rows, files and resources, continue without them, and exit 1 at the end"},
    {"quiet", 'q', NULL, CLI_FLAG, &o.quiet, .help = "do not print what was left out, only errors"},
    {0}};

static const cli_program program = {
    .name = "ecan-convert",
    .summary = "convert notes and codes of other formats to encounters and labels",
    .usage = "csv|text|fhir|brat|codes [OPTION]... [FILE]...",
    .description =
        "Writes encounters as JSON Lines, the input of ecan-tokenize. Files can be compressed with gzip. The "
        "notes of an encounter can come in any order and in several files. What is left out is counted by "
        "reason on standard error. An input without any note is an error.\n"
        "\n"
        "  csv    a table with a header row; a row for each note, or for each code of a note\n"
        "  text   .txt files, and folders of them\n"
        "  fhir   bundles or resources of FHIR R4 or R5 as JSON, also one on each line\n"
        "  brat   .txt files with their .ann files, and folders of them\n"
        "  codes  tables of codes with descriptions; writes labels.tsv, not encounters\n"
        "\n"
        "csv: The columns id and text are needed. The column labels has codes with ; between them. Rows with "
        "the same id are one encounter, wherever they are. Rows that differ only in other columns are one "
        "note; their codes are added up. The separator is the first tab, comma, semicolon or bar of the "
        "header row. Each file has its own header row.\n"
        "\n"
        "text: A file is an encounter with one note. Its name without .txt is its id. In a folder, each file "
        "is an encounter, and each folder is an encounter whose files, at any depth, are its notes. Example: "
        "in the folder given, \"p7/2021-03-04 letter.txt\" is the note \"2021-03-04 letter\" of the "
        "encounter p7.\n"
        "\n"
        "fhir: The notes are the attachments of DocumentReference and DiagnosticReport with the media type "
        "text/plain. An attachment is in the resource or in a Binary, in any charset. --convert reads other "
        "media types through a command, without a shell. A command for text/html also reads the narrative of "
        "a Composition. Commands are used for documents that have no plain text. Codes are those of "
        "Condition, Procedure and Encounter.diagnosis. What is entered in error, superseded, refuted or not "
        "done is left out. The patient of an encounter is its key patient.\n"
        "\n"
        "brat: Each text is an encounter. Its codes are the normalizations of its annotations. With --spans, "
        "the marked words of each code are written, too. Their offsets can count code points, UTF-16 code "
        "units, bytes or CR LF as one: the text of each mark is compared with the note.\n"
        "\n"
        "codes: Reads the order files of ICD-10-CM and ICD-10-PCS, and lists of code and title. Also "
        "LIBCIM10MULTI.TXT of CIM-10 FR (--encoding ISO-8859-1), the list of ICD-10-BE as CSV, ClaML (as of "
        "WHO-FIC Nederland), and any table with a header row. Headings, which are not valid for coding, are "
        "left out. With --used the codes of a data set are described, with or without points; those that no "
        "table has are printed.\n"
        "\n"
        "--labels: A table with a header row that has the columns id and code, or two columns, id and code, "
        "with a tab between them. An encounter that is not in it has no code.\n"
        "\n"
        "The notes go through a temporary file in $TMPDIR, as large as the notes. Memory is about 200 bytes "
        "a note, 100 bytes and the id an encounter, 16 bytes a code of an encounter, and the largest row. "
        "fhir keeps its input in memory.",
    .example = "ecan-convert csv notes.csv -o encounters.jsonl\n"
               "ecan-convert csv --id hadm_id --code icd_code --labels diagnoses.csv notes.csv |\n"
               "    ecan-tokenize -o tokens.mp\n"
               "ecan-convert text --encoding WINDOWS-1252 --labels codes.tsv letters -o encounters.jsonl\n"
               "ecan-convert fhir --system icd-10 --convert 'application/pdf=pdftotext - -' bundle.json\n"
               "ecan-convert codes --used train.jsonl --used dev.jsonl --used test.jsonl \\\n"
               "    icd10cm_order_2025.txt icd10pcs_order_2025.txt -o labels.tsv",
    .see_also = "ecan-corpus, ecan-tokenize, ecan-import",
    .options = options};

static void tell(const char *message)
{
    cli_warn("%s", message);
}

static char separator_of(const char *text)
{
    if (!text)
        return 0;
    if (strcmp(text, "tab") == 0 || strcmp(text, "\\t") == 0)
        return '\t';
    if (strlen(text) != 1 || *text == '"' || *text == '\n' || *text == '\r')
        cli_usage("--separator: invalid value '%s': expected one character, or tab", text);
    return *text;
}

static int read_each(convert *v, int (*read)(convert *, const char *), const char *const *files, int n)
{
    for (int i = 0; i < n; i++)
        if (read(v, files[i]))
            return -1;
    return 0;
}

/* ---- codes ---- */

static void write_missing(const map *missing)
{
    FILE *f = cli_output(o.missing, OUTPUT_PLAIN);
    for (int32_t i = 0; i < map_size(missing); i++)
        fprintf(f, "%s\n", map_key(missing, i, NULL));
    cli_close(f);
}

static void write_labels(const labels *l)
{
    FILE *f = cli_output(o.output, OUTPUT_PLAIN);
    for (int32_t i = 0; i < labels_count(l); i++)
        fprintf(f, "%s\t%s\n", labels_code(l, i), labels_description(l, i));
    cli_close(f);
}

/* "3 of 120 codes are in no table: A00, B01, C02". */
static void tell_missing(const map *missing, const map *used)
{
    char list[512] = "";
    size_t n = 0;
    int32_t i = 0;
    for (; i < map_size(missing) && n < sizeof list - 64; i++)
        n += snprintf(list + n, 64, "%s%.50s", i ? ", " : "", map_key(missing, i, NULL));
    if (i > 0)
        cli_warn("%" PRId32 " of %" PRId32 " codes are in no table: %s%s", map_size(missing), map_size(used),
                 list, i < map_size(missing) ? ", ..." : "");
}

/* Tables of codes -> labels.tsv. */
static int convert_codes(const char *const *files, int n)
{
    code_table t;
    code_labels_counts counts;
    map *used = o.used.n ? map_new() : NULL;
    if (code_table_open(&t, o.encoding, o.language, o.code, o.text) || (o.used.n && !used))
        return -1;
    for (int i = 0; i < n; i++)
        if (code_table_read(&t, files[i]))
            return -1;
    for (int i = 0; i < o.used.n; i++)
        if (code_labels_used(used, o.used.v[i]))
            return -1;
    labels *l = code_labels_make(&t, used, (code_points)o.points, &counts);
    if (!l)
        return -1;
    if (used)
        tell_missing(counts.missing, used);
    if (counts.headings && !o.quiet)
        cli_warn("%" PRId32 " codes left out: they are headings, not valid for coding", counts.headings);
    if (o.missing)
        write_missing(counts.missing);
    write_labels(l);
    labels_free(l);
    map_free(counts.missing);
    map_free(used);
    code_table_close(&t);
    return 0;
}

/* ---- encounters ---- */

static int read_files(convert *v, const char *format, const char *const *files, int n)
{
    if (strcmp(format, "csv") == 0)
        return read_each(v, convert_csv, files, n);
    if (strcmp(format, "text") == 0)
        return read_each(v, convert_text, files, n);
    if (strcmp(format, "fhir") == 0)
        return convert_fhir(v, files, n);
    if (strcmp(format, "brat") == 0)
        return read_each(v, convert_brat, files, n);
    cli_usage("invalid format '%s': write csv, text, fhir, brat or codes before the files", format);
}

static void tell_counts(const convert *v)
{
    if (!o.quiet)
        warn_left_out(&v->left_out);
    if (v->bad)
        cli_warn("%" PRIu64 " bad record%s left out", v->bad, v->bad == 1 ? "" : "s");
}

static int convert_notes(const char *format, const char *const *files, int n)
{
    const convert_options how = {.encoding = o.encoding,
                                 .skip_bad = o.skip_bad,
                                 .tell = tell,
                                 .id = o.id,
                                 .text = o.text,
                                 .codes = o.code,
                                 .note = o.note,
                                 .type = o.type,
                                 .date = o.date,
                                 .language = o.language,
                                 .patient = o.patient,
                                 .separator = separator_of(o.separator),
                                 .between = o.between,
                                 .other_codes = o.labels != NULL,
                                 .spans = o.spans != NULL,
                                 .system = o.system,
                                 .converters = o.converters.v,
                                 .n_converters = o.converters.n,
                                 .brat = (convert_brat_codes)o.brat,
                                 .folders = o.folders};
    convert v;
    if (convert_open(&v, &how))
        cli_die("%s", err_message());
    FILE *out = cli_output(o.output, OUTPUT_NOTES),
         *spans = o.spans ? cli_output(o.spans, OUTPUT_NOTES) : NULL;
    const int result = read_files(&v, format, files, n) || (o.labels && convert_labels(&v, o.labels)) ||
                       convert_write(&v, out) || (spans && convert_write_spans(&v, spans));
    tell_counts(&v);
    if (result)
        cli_die("%s", err_message());
    cli_close(out);
    cli_close(spans);
    const bool bad = v.bad > 0;
    convert_close(&v);
    return bad ? CLI_FAILED : CLI_OK;
}

static void check_options(const char *format)
{
    const bool codes = strcmp(format, "codes") == 0;
    if (o.labels && (codes || strcmp(o.labels, "-") == 0))
        cli_usage("--labels: expected a file, to read the codes of encounters");
    if (!codes && (o.used.n || o.missing || o.points))
        cli_usage("--used, --missing and --points are for codes");
    if (o.language && !codes && strcmp(format, "csv") != 0)
        cli_usage("--language is for csv and codes");
    if (o.missing && !o.used.n)
        cli_usage("--missing needs --used");
    if (o.points && o.used.n)
        cli_usage("--points: the codes of --used are written as they are");
    for (int i = 0; i < o.converters.n; i++)
        if (!strchr(o.converters.v[i], '=') || !strchr(o.converters.v[i], '/'))
            cli_usage(
                "--convert: invalid value '%s': expected TYPE=COMMAND, as 'application/pdf=pdftotext - -'",
                o.converters.v[i]);
}

int main(int argc, char **argv)
{
    static const char *const standard_input[] = {"-"};
    const char *const *files;
    int n;
    cli_parse(&program, argc, argv, &files, &n);
    if (n == 0)
        cli_usage("the format is missing: csv, text, fhir, brat or codes");
    const char *format = files[0];
    files = n > 1 ? files + 1 : standard_input;
    n = n > 1 ? n - 1 : 1;
    check_options(format);
    if (input_named(files, n) || (o.labels && input_named(&o.labels, 1)) || input_named(o.used.v, o.used.n))
        cli_die("%s", err_message());
    if (strcmp(format, "codes") != 0)
        return cli_finish(convert_notes(format, files, n));
    if (convert_codes(files, n))
        cli_die("%s", err_message());
    return cli_finish(CLI_OK);
}
