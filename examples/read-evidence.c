/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the results of ecan-explain: for each encounter the codes, and the words of the notes that support
 * them, with some context.
 *
 *     ecan-predict -m model < tokens.mp | ecan-explain -m model | read-evidence encounters.jsonl
 *
 *   + true positive   ! false positive   - false negative */
#include "base/err.h"
#include "io/json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { AROUND = 36 }; /* code points on either side of the words */

static _Noreturn __attribute__((format(printf, 1, 2))) void die(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    fputs("read-evidence: ", stderr);
    vfprintf(stderr, format, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(1);
}

/* Returns the next line of f as JSON, or NULL at the end of the file. */
static json_t *next(FILE *f, const char *name)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t n = getline(&line, &room, f);
    json_t *v = NULL;
    if (n >= 0 && !(v = ecan_json_parse(line, (size_t)n)))
        die("%s: %s", name, err_message());
    if (n < 0 && ferror(f))
        die("%s: %s", name, strerror(errno));
    free(line);
    return v;
}

static const char *string(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));
    return s ? s : "";
}

/* Returns the encounter with that id, owned by the caller. */
static json_t *find_encounter(FILE *f, const char *name, const char *id)
{
    rewind(f);
    for (json_t *e; (e = next(f, name)); json_decref(e))
        if (strcmp(string(e, "id"), id) == 0)
            return e;
    die("%s: no encounter with id %s", name, id);
}

/* Whether the array has the string, or an object with that "code". */
static bool has_code(const json_t *array, const char *code)
{
    bool found = false;
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *v = json_array_get(array, i);
        found |= strcmp(json_is_string(v) ? json_string_value(v) : string(v, "code"), code) == 0;
    }
    return found;
}

/* Prints code points begin .. end of s, on one line. */
static void print_points(const char *s, json_int_t begin, json_int_t end)
{
    json_int_t at = -1;
    for (; *s && at < end; s++) {
        at += ((unsigned char)*s & 0xC0) != 0x80;
        if (at >= begin && at < end)
            putchar(*s == '\n' ? ' ' : *s);
    }
}

static void print_passage(const json_t *documents, const json_t *passage)
{
    const json_t *note =
        json_array_get(documents, (size_t)json_integer_value(json_object_get(passage, "index")));
    json_int_t begin = json_integer_value(json_object_get(passage, "begin"));
    json_int_t end = json_integer_value(json_object_get(passage, "end"));
    bool terminal = isatty(STDOUT_FILENO);
    const char *text = string(note, "text");
    printf("      %s, %s: ..", string(note, "type"), string(note, "date"));
    print_points(text, begin > AROUND ? begin - AROUND : 0, begin);
    fputs(terminal ? "\033[1;7m" : "[[", stdout);
    print_points(text, begin, end);
    fputs(terminal ? "\033[0m" : "]]", stdout);
    print_points(text, end, end + AROUND);
    fputs("..\n", stdout);
}

static void print_code(const json_t *encounter, const json_t *found)
{
    const json_t *labels = json_object_get(encounter, "labels");
    const char *code = string(found, "code");
    char mark = !labels ? ' ' : has_code(labels, code) ? '+' : '!';
    printf("  %c %-6s %.2f  %s\n", mark, code, json_number_value(json_object_get(found, "score")),
           string(found, "description"));
    const json_t *passages = json_object_get(found, "evidence");
    for (size_t i = 0; i < json_array_size(passages); i++)
        print_passage(json_object_get(encounter, "documents"), json_array_get(passages, i));
}

static void print_missed(const json_t *encounter, const json_t *codes)
{
    const json_t *labels = json_object_get(encounter, "labels");
    for (size_t i = 0; i < json_array_size(labels); i++) {
        const char *code = json_string_value(json_array_get(labels, i));
        if (code && !has_code(codes, code))
            printf("  - %s\n", code);
    }
}

int main(int argc, char **argv)
{
    if (argc != 2 || argv[1][0] == '-') {
        fputs("Usage: ecan-explain ... | read-evidence ENCOUNTERS.jsonl\n", stderr);
        return 2;
    }
    FILE *encounters = fopen(argv[1], "r");
    if (!encounters)
        die("%s: %s", argv[1], strerror(errno));
    for (json_t *e; (e = next(stdin, "standard input")); json_decref(e)) {
        json_t *encounter = find_encounter(encounters, argv[1], string(e, "id"));
        const json_t *codes = json_object_get(e, "codes");
        printf("%s, %zu notes\n", string(e, "id"), json_array_size(json_object_get(encounter, "documents")));
        for (size_t i = 0; i < json_array_size(codes); i++)
            print_code(encounter, json_array_get(codes, i));
        print_missed(encounter, codes);
        json_decref(encounter);
    }
    fclose(encounters);
    if (fclose(stdout))
        die("standard output: %s", strerror(errno));
    return 0;
}
