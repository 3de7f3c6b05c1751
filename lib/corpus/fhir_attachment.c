/* SPDX-License-Identifier: Apache-2.0 */
/* The text of attachments, whose data is in the attachment, in a Binary, or in a contained resource. It
 * can be in any charset. Other media types than text are converted by a command of the user. */
#include "base/err.h"
#include "corpus/fhir.h"
#include "io/base64.h"
#include "io/command.h"
#include "io/decode.h"

#include <string.h>
#include <strings.h>

/* Parses "text/plain; charset=utf-8". Returns the length of the media type; charset is "" if there is
 * none. */
static size_t parse_type(const char *type, char charset[64])
{
    static const char name[] = "charset";
    const size_t n = strcspn(type, ";");
    *charset = '\0';
    for (const char *p = type + n; *p == ';' && !*charset;) {
        p += 1 + strspn(p + 1, " \t");
        const bool is_charset = strncasecmp(p, name, strlen(name)) == 0 &&
                                p[strlen(name) + strspn(p + strlen(name), " \t")] == '=';
        const char *value = p + strcspn(p, "=;");
        value += *value == '=';
        value += strspn(value, " \t\"'");
        if (is_charset)
            snprintf(charset, 64, "%.*s", (int)strcspn(value, " \t\"';"), value);
        p = value + strcspn(value, ";");
    }
    size_t end = n;
    while (end > 0 && strchr(" \t", type[end - 1]))
        end--;
    return end;
}

static bool is_type(const char *type, size_t n, const char *name)
{
    return n == strlen(name) && strncasecmp(type, name, n) == 0;
}

/* The command for a media type, or NULL. */
static const char *find_command(const convert *v, const char *type, size_t n)
{
    for (int i = 0; i < v->o.n_converters; i++) {
        const char *named = v->o.converters[i], *equals = strchr(named, '=');
        if (equals && (size_t)(equals - named) == n && strncasecmp(named, type, n) == 0)
            return equals + 1;
    }
    return NULL;
}

int fhir_convert(const convert *v, const char *type, size_t n, const unsigned char *bytes, size_t size,
                 buf *text)
{
    const char *command = find_command(v, type, n);
    buf out = {0};
    if (!command)
        return 0;
    const int result = command_run(command, bytes, size, &out) || decode_text(text, out.data, out.len, NULL)
                           ? err_prefix("%.*s: ", (int)n, type)
                           : 1;
    buf_free(&out);
    return result;
}

/* The Binary that an attachment refers to, or NULL. */
static const json_t *find_binary(fhir *f, const fhir_resource *owner, const char *url)
{
    if (!url)
        return NULL;
    if (*url == '#')
        return fhir_contained(owner, url);
    const fhir_resource *r = fhir_find(f, fhir_key(f, owner, url));
    return r && strcmp(r->type, "Binary") == 0 ? r->json : NULL;
}

/* Decodes or converts bytes of that content type. Returns the same as fhir_attachment(). */
static int make_text(const fhir *f, const char *type, const unsigned char *bytes, size_t n, buf *text)
{
    char charset[64];
    const size_t size = parse_type(type, charset);
    if (!is_type(type, size, "text/plain"))
        return fhir_convert(f->v, type, size, bytes, n, text);
    const char *encoding = *charset ? charset : f->v->o.encoding;
    if (encoding && strcasecmp(encoding, "us-ascii") == 0)
        encoding = NULL; /* a subset of UTF-8 */
    /* Texts that are said to be Latin-1 are Windows-1252 if they have its characters 80 to 9f, which are
     * control characters in Latin-1. Web browsers decode them in this way, too. */
    const size_t before = text->len;
    if (encoding && (strcasecmp(encoding, "iso-8859-1") == 0 || strcasecmp(encoding, "latin1") == 0) &&
        decode_text(text, bytes, n, "WINDOWS-1252") == 0)
        return 1;
    text->len = before;
    return decode_text(text, bytes, n, encoding) ? -1 : 1;
}

static int leave_out(const fhir *f, const char *why)
{
    convert_left_out(f->v, "attachment", why, 1);
    return 0;
}

/* The base64 data of a URL such as "data:text/plain;base64,a29vcnRz". NULL: it is none. */
static const char *data_of_url(const char *url)
{
    static const char base64[] = ";base64";
    const char *comma = url && strncasecmp(url, "data:", 5) == 0 ? strchr(url, ',') : NULL;
    const size_t n = sizeof base64 - 1;
    return comma && comma - url > (ptrdiff_t)n && strncasecmp(comma - n, base64, n) == 0 ? comma + 1 : NULL;
}

int fhir_attachment(fhir *f, const fhir_resource *owner, const json_t *attachment, bool plain, buf *text,
                    const json_t **binary)
{
    char charset[64];
    const char *data = fhir_string(attachment, "data"), *type = fhir_string(attachment, "contentType");
    const char *url = fhir_string(attachment, "url");
    type = type ? type + strspn(type, " \t") : NULL;
    *binary = data ? NULL : find_binary(f, owner, url);
    data = data ? data : data_of_url(url);
    if (*binary) {
        data = fhir_string(*binary, "data");
        data = data ? data : fhir_string(*binary, "content");
        type = type ? type : fhir_string(*binary, "contentType");
    }
    const size_t n = type ? parse_type(type, charset) : 0;
    const bool is_plain = type && is_type(type, n, "text/plain");
    if (is_plain != plain)
        return 0;
    if (!type)
        return leave_out(f, "it has no contentType");
    if (!plain && !find_command(f->v, type, n))
        return leave_out(f, "it is not text/plain, and no --convert names its type");
    const json_t *size = json_object_get(attachment, "size");
    if (!data && json_is_integer(size) && json_integer_value(size) == 0)
        data = ""; /* data cannot be empty in FHIR */
    if (!data)
        return leave_out(f, "its data are not in the input");
    buf bytes = {0};
    int result = base64_decode(&bytes, data, strlen(data));
    if (!result)
        result = make_text(f, type, bytes.data, bytes.len, text);
    buf_free(&bytes);
    return result;
}
