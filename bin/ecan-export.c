/* SPDX-License-Identifier: Apache-2.0 */
/* predicted or accepted codes -> CSV, FHIR, brat */
#include "cli.h"
#include "warn_left_out.h"

#include "base/err.h"
#include "corpus/export.h"
#include "ensemble/ensemble.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>

enum { CSV, FHIR, BRAT };

static struct {
    const char *output, *patient, *model, *code_system, *coder, *recorded;
    cli_strings notes;
    int to, unit;
    double threshold;
    bool threshold_given, passages, with_notes, server_ids, skip_bad, quiet;
    int64_t max_record;
} o = {.patient = "patient", .max_record = STREAM_MAX_RECORD};

static const cli_option options[] = {
    {"output", 'o', "FILE", CLI_STRING, &o.output, .show = "standard output",
     .help = "write to FILE; brat: to a new or empty folder"},
    {"to", 0, "FORMAT", CLI_CHOICE, &o.to, .choices = "csv|fhir|brat", .help = "format"},
    {"notes", 0, "FILE", CLI_STRINGS, &o.notes,
     .help = "encounters (JSON Lines) with the notes, in the order of the codes; can be given several times. "
             "Scored streams have the notes"},
    {"threshold", 't', "P", CLI_REAL, &o.threshold, .max = 1, .given = &o.threshold_given,
     .show = "the predicted codes",
     .help = "write the codes of a scored stream with a score above P, or the predicted codes of lines with "
             "such a score"},
    {"passages", 0, NULL, CLI_FLAG, &o.passages, .help = "csv: a row for each passage of evidence"},
    {"unit", 0, "UNIT", CLI_CHOICE, &o.unit, .choices = OFFSET_UNIT_NAMES,
     .help = "csv, fhir: what offsets count; utf-16 and bytes (of UTF-8) need the notes"},
    {"code-system", 0, "NAME", CLI_STRING, &o.code_system, .show = "none",
     .help = "fhir: URI of the code system, as http://hl7.org/fhir/sid/icd-10-cm; brat: its name"},
    {"model", 'm', "DIR", CLI_STRING, &o.model, .show = "that of the stream",
     .help = "fhir: model or ensemble folder, whose fingerprint is part of the provenance"},
    {"coder", 0, "NAME", CLI_STRING, &o.coder, .show = "coder",
     .help = "fhir: who accepted codes: a name, or a reference such as Practitioner/7"},
    {"recorded", 0, "TIME", CLI_STRING, &o.recorded, .show = "now",
     .help = "fhir: time of the provenance, as 2024-03-01T12:00:00Z"},
    {"patient", 0, "KEY", CLI_STRING, &o.patient, .help = "fhir: key of an encounter that names its patient"},
    {"server-ids", 0, NULL, CLI_FLAG, &o.server_ids,
     .help = "fhir: ids are those of resources on the server, as those that ecan-convert fhir read"},
    {"with-notes", 0, NULL, CLI_FLAG, &o.with_notes, .help = "fhir: also write the notes to the bundle"},
    CLI_ROW_SKIP_BAD(o.skip_bad),
    CLI_ROW_MAX_RECORD(o.max_record, 1024),
    {"quiet", 'q', NULL, CLI_FLAG, &o.quiet, .help = "do not print what was left out, only errors"},
    {0}};

static const cli_program program = {
    .name = "ecan-export",
    .summary = "write predicted or accepted codes as CSV, FHIR or brat",
    .usage = "[--to FORMAT] [OPTION]... [FILE]...",
    .description =
        "Reads predicted codes: lines of ecan predict or ecan-explain, or scored streams. Or reads codes of "
        "people: the decisions that the page saved, of which the accepted codes are written, or encounters "
        "with labels. Codes that are not written are counted by reason. No code at all is an error.\n"
        "\n"
        "  csv    a header row, and a row for each code: id, code, score\n"
        "  fhir   a bundle of FHIR R4: a Condition for each code, and who proposed or accepted it\n"
        "  brat   a folder with the notes and their annotations\n"
        "\n"
        "ecan-convert reads all of them again, with equal codes and passages. formats/exports.md describes "
        "them.\n"
        "\n"
        "fhir: A proposed code is unconfirmed and its Provenance names ecan, its version and the model. An "
        "accepted code is confirmed and its Provenance names the coder. Passages of the notes are in an "
        "extension of Condition.evidence. Each Condition has an identifier of its encounter and code: to "
        "export decisions on codes that were exported before replaces those. Without --code-system the codes "
        "have no system, because a wrong one would be worse.\n"
        "\n"
        "csv, fhir: Offsets count Unicode code points, or what --unit says. brat counts code points.\n"
        "\n"
        "One encounter is in memory. The output can contain "
        "parts of the notes: store it as securely as the notes.",
    .example = "ecan predict out new.jsonl | ecan export > predicted.csv\n"
               "ecan explain out new.jsonl | ecan export --to fhir -m out/model -o proposals.json\n"
               "ecan export --to fhir --coder Practitioner/7 -m out/model decisions.jsonl -o accepted.json\n"
               "ecan export --to brat --notes new.jsonl evidence.jsonl -o brat",
    .see_also = "ecan-convert, ecan-predict, ecan-explain, ecan-import",
    .options = options};

static const struct {
    int (*encounter)(export *, export_encounter *);
    int (*end)(export *);
} formats[] = {{export_csv, export_csv_end}, {export_fhir, export_fhir_end}, {export_brat, export_brat_end}};

/* Now, as an instant of FHIR. */
static const char *now(void)
{
    static char text[32];
    const time_t seconds = time(NULL);
    struct tm utc;
    if (!gmtime_r(&seconds, &utc) || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc))
        cli_die("the clock has no date");
    return text;
}

static bool is_instant(const char *s)
{
    struct tm t;
    const char *end = strptime(s, "%Y-%m-%dT%H:%M:%S", &t);
    if (end && *end == '.')
        end += 1 + strspn(end + 1, "0123456789");
    return end && (strcmp(end, "Z") == 0 || (strlen(end) == 6 && strchr("+-", *end) && end[3] == ':'));
}

static void check_options(void)
{
    if (o.to != FHIR && (o.coder || o.recorded || o.server_ids || o.with_notes))
        cli_usage("--coder, --recorded, --server-ids and --with-notes are for --to fhir");
    if (o.to != CSV && o.passages)
        cli_usage("--passages is for --to csv: the other formats always have them");
    if (o.to == BRAT && (!o.output || strcmp(o.output, "-") == 0))
        cli_usage("--to brat writes a folder: name it with --output");
    if (o.to == BRAT && o.unit)
        cli_usage("--unit: brat counts code points");
    if (o.to == BRAT && o.code_system && (!*o.code_system || strpbrk(o.code_system, ": \t\r\n")))
        cli_usage("--code-system: brat has names without blanks and colons");
    if (o.to == FHIR && o.code_system && !strchr(o.code_system, ':'))
        cli_usage("--code-system: invalid value '%s': expected a URI, as http://hl7.org/fhir/sid/icd-10-cm",
                  o.code_system);
    if (o.recorded && !is_instant(o.recorded))
        cli_usage("--recorded: invalid value '%s': expected a time with a zone, as 2024-03-01T12:00:00Z",
                  o.recorded);
}

/* The fingerprint of --model, or of the model that made the stream of the encounter. room: [FOLDER_HASH]. */
static const char *fingerprint(const char *given, const record *header, char *room)
{
    const char *found;
    size_t n;
    const int got = given || !header ? 0 : model_of_stream(header, &found, &n);
    if (got < 0)
        cli_die("%s", err_message());
    if (got == 0 || n >= FOLDER_HASH)
        return given;
    memcpy(room, found, n);
    room[n] = '\0';
    return room;
}

/* Of an ensemble: that of its first model, as in streams. */
static void open_model(char hash[FOLDER_HASH])
{
    ensemble e;
    if (ensemble_open(&e, o.model, NULL))
        cli_die("%s", err_message());
    snprintf(hash, FOLDER_HASH, "%s", ensemble_part_fingerprint(&e.part[0]));
    ensemble_close(&e);
}

static uint64_t bad;

/* Writes all encounters. 0 or -1. */
static int write_all(export *x, export_source *in, const char *made_by)
{
    export_encounter e = {0};
    char room[FOLDER_HASH];
    int result = 0;
    for (int got; !result && (got = export_next(in, &e)) != 0;) {
        if (got > 0) {
            x->model = fingerprint(made_by, e.header, room);
            result = formats[o.to].encounter(x, &e);
            if (result)
                err_prefix("encounter %.80s: ", e.id.s);
        } else if (o.skip_bad && !export_source_failed(in)) {
            cli_warn("%s", err_message());
            bad++;
        } else {
            result = -1;
        }
    }
    export_encounter_free(&e);
    return result ? -1 : formats[o.to].end(x);
}

int main(int argc, char **argv)
{
    const char *const *files;
    int n;
    char hash[FOLDER_HASH];
    left_out counts = {0};
    export x;
    cli_parse_files(&program, argc, argv, &files, &n);
    check_options();
    if (input_named(files, n) || input_named(o.notes.v, o.notes.n))
        cli_die("%s", err_message());
    const export_options how = {.notes = o.notes.v,
                                .n_notes = o.notes.n,
                                .patient = o.patient,
                                .threshold = o.threshold_given ? o.threshold : NAN,
                                .max_record = (size_t)o.max_record,
                                .code_system = o.code_system,
                                .unit = (offset_unit)o.unit,
                                .passages = o.passages,
                                .with_notes = o.with_notes,
                                .server_ids = o.server_ids,
                                .coder = o.coder,
                                .recorded = o.recorded ? o.recorded : now(),
                                .folder = o.output};
    if (o.model)
        open_model(hash);
    export_source *in = export_source_open(files, n, &how, &counts);
    if (!in)
        cli_die("%s", err_message());
    FILE *out = o.to == BRAT ? NULL : cli_output(o.output, OUTPUT_NOTES);
    export_open(&x, &how, &counts, out);
    const int result = write_all(&x, in, o.model ? hash : NULL);
    if (!o.quiet)
        warn_left_out(&counts);
    if (!o.quiet && o.to == FHIR && x.no_patient)
        cli_warn("%" PRIu64 " encounter%s without the key %s: the subject of the Conditions has no reference",
                 x.no_patient, x.no_patient == 1 ? "" : "s", o.patient);
    export_close(&x);
    if (result)
        cli_die("%s", err_message());
    cli_close(out);
    export_source_close(in);
    if (bad)
        cli_warn("%" PRIu64 " bad record%s left out", bad, bad == 1 ? "" : "s");
    return cli_finish(bad ? CLI_FAILED : CLI_OK);
}
