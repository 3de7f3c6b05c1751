/* notes and codes of other formats -> encounters as JSON Lines */
#include "cli.h"

#include "base/err.h"
#include "corpus/convert.h"
#include "io/stream.h"

#include <inttypes.h>
#include <string.h>

static struct {
    const char *output, *encoding, *labels;
    const char *id, *text, *code, *note, *type, *date, *separator, *between, *system;
    cli_strings converters;
    int brat;
    bool skip_bad, quiet;
} o = {.between = ";"};

static const cli_option options[] = {
    CLI_ROW_OUTPUT(o.output),
    {"labels", 'l', "FILE", CLI_STRING, &o.labels,
     .help = "read the codes of the encounters from a table of id and code"},
    {"encoding", 0, "NAME", CLI_STRING, &o.encoding, .show = "UTF-8",
     .help = "encoding of the files, as WINDOWS-1252; a byte order mark has priority"},
    {"id", 0, "COLUMN", CLI_STRING, &o.id, .show = "id", .help = "csv: column of the id of the encounter"},
    {"text", 0, "COLUMN", CLI_STRING, &o.text, .show = "text", .help = "csv: column of the text of the note"},
    {"code", 0, "COLUMN", CLI_STRING, &o.code, .show = "labels", .help = "csv: column of the codes"},
    {"note", 0, "COLUMN", CLI_STRING, &o.note, .show = "note", .help = "csv: column of the id of the note"},
    {"type", 0, "COLUMN", CLI_STRING, &o.type, .show = "type", .help = "csv: column of the type of the note"},
    {"date", 0, "COLUMN", CLI_STRING, &o.date, .show = "date", .help = "csv: column of the date of the note"},
    {"separator", 0, "C", CLI_STRING, &o.separator, .show = "the header row tells",
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
    {"skip-bad", 0, NULL, CLI_FLAG, &o.skip_bad,
     .help = "report bad rows, files and resources, go on without them, and exit 1 at the end"},
    {"quiet", 'q', NULL, CLI_FLAG, &o.quiet, .help = "do not print what was left out, only errors"},
    {0}};

static const cli_program program = {
    .name = "ecan-convert",
    .summary = "convert notes and codes of other formats to encounters",
    .usage = "csv|text|fhir|brat [OPTION]... [FILE]...",
    .description =
        "Writes encounters as JSON Lines, the input of ecan-tokenize. Files can be compressed with gzip. The "
        "notes of an encounter can come in any order and in several files. What is left out is counted by "
        "reason on standard error. An input without any note is an error.\n"
        "\n"
        "  csv    a table with a header row; a row for each note, or for each code of a note\n"
        "  text   .txt files, and folders of them\n"
        "  fhir   bundles or resources of FHIR R4 or R5 as JSON, also one on each line\n"
        "  brat   .txt files with their .ann files, and folders of them\n"
        "\n"
        "csv: The columns id and text are needed. The column labels has codes with ; between them. Rows with "
        "the same id are one encounter, wherever they are. Rows that differ only in other columns are one "
        "note; their codes are added up. The separator is the first tab, comma, semicolon or bar of the "
        "header row. Each file has its own header row.\n"
        "\n"
        "text: A file is an encounter with one note. Its name without .txt is its id. In a folder, each file "
        "is an encounter, and each folder is an encounter whose files, at any depth, are its notes. Example: "
        "in the folder given, \"p7/2021-03-04 letter.txt\" is the note \"2021-03-04 letter\" of the "
        "encounter "
        "p7.\n"
        "\n"
        "--labels: A table with a header row that has the columns id and code, or two columns, id and code, "
        "with a tab between them. An encounter that is not in it has no code.\n"
        "\n"
        "The notes go through a temporary file in $TMPDIR, as large as the notes. Memory is about 200 bytes "
        "a "
        "note, 100 bytes and the id an encounter, 16 bytes a code of an encounter, and the largest row. fhir "
        "keeps its input in memory.",
    .example = "ecan-convert csv notes.csv -o encounters.jsonl\n"
               "ecan-convert csv --id hadm_id --code icd_code --labels diagnoses.csv notes.csv |\n"
               "    ecan-tokenize -o tokens.mp\n"
               "ecan-convert text --encoding WINDOWS-1252 --labels codes.tsv letters -o encounters.jsonl\n"
               "ecan-convert fhir --system icd-10 --convert 'application/pdf=pdftotext - -' bundle.json",
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

static int read_files(convert *v, const char *format, const char *const *files, int n)
{
    if (strcmp(format, "csv") == 0)
        return read_each(v, convert_csv, files, n);
    if (strcmp(format, "text") == 0)
        return read_each(v, convert_text, files, n);
    cli_usage("invalid format '%s': choose csv, text, fhir or brat", format);
}

static void tell_counts(const convert *v)
{
    for (int i = 0; i < v->n_left_out && !o.quiet; i++) {
        const convert_count *c = &v->left_out[i];
        cli_warn("%" PRIu64 " %s%s left out: %s", c->n, c->what, c->n == 1 ? "" : "s", c->why);
    }
    if (v->bad)
        cli_warn("%" PRIu64 " bad record%s left out", v->bad, v->bad == 1 ? "" : "s");
}

int main(int argc, char **argv)
{
    static const char *const standard_input[] = {"-"};
    const char *const *files;
    int n;
    cli_parse(&program, argc, argv, &files, &n);
    if (n == 0)
        cli_usage("the format is missing: csv, text, fhir or brat");
    const char *format = files[0];
    files = n > 1 ? files + 1 : standard_input;
    n = n > 1 ? n - 1 : 1;
    if (o.labels && strcmp(o.labels, "-") == 0)
        cli_usage("--labels: expected a file");
    if (stream_reject_own_input(o.output, files, n) ||
        (o.labels && stream_reject_own_input(o.output, &o.labels, 1)))
        cli_usage("%s", err_message());

    const convert_options how = {.output = o.output,
                                 .encoding = o.encoding,
                                 .skip_bad = o.skip_bad,
                                 .tell = tell,
                                 .id = o.id,
                                 .text = o.text,
                                 .codes = o.code,
                                 .note = o.note,
                                 .type = o.type,
                                 .date = o.date,
                                 .separator = separator_of(o.separator),
                                 .between = o.between,
                                 .other_codes = o.labels != NULL,
                                 .system = o.system,
                                 .converters = o.converters.v,
                                 .n_converters = o.converters.n,
                                 .brat = (convert_brat_codes)o.brat};
    convert v;
    if (convert_open(&v, &how))
        cli_die("%s", err_message());
    const int result =
        read_files(&v, format, files, n) || (o.labels && convert_labels(&v, o.labels)) || convert_write(&v);
    tell_counts(&v);
    if (result)
        cli_die("%s", err_message());
    const bool bad = v.bad > 0;
    convert_close(&v);
    return cli_finish(bad ? CLI_FAILED : CLI_OK);
}
