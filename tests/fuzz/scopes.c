/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing tables of scopes, and the marks of records. Parts: a table, a stream of tokens. An empty table is
 * the one that is built in. There is one mark for each word. */
#include "fuzz.h"

#include "common/model.h"
#include "io/stream.h"

static void check_stream(const scopes *s, const char *path)
{
    scopes_work *w = scopes_work_new(s);
    seen_words words = {0};
    record r = {0};
    stream_in *in = stream_open(&path, 1, NULL);
    CHECK(w);
    for (int got; in && (got = stream_read(in, &r)) != 0;) {
        if (got < 0 && !stream_recoverable(in))
            break;
        if (got < 0)
            continue;
        const unsigned char *marks = seen_words_read(&words, &r) ? NULL : scopes_mark(w, &words);
        if (!marks) {
            CHECK_MESSAGE();
            continue;
        }
        for (size_t i = 0; i < words.T; i++)
            CHECK(marks[i] < 1 << SCOPE_KINDS);
        if (words.T > 0)
            CHECK((scopes_of_words(marks, 0, words.T) & ~marks[0]) == 0);
    }
    stream_close(in);
    record_free(&r);
    seen_words_free(&words);
    scopes_work_free(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    fuzz_part part[2];
    fuzz_begin();
    fuzz_parts(data, n, part, 2);
    fuzz_file table = fuzz_file_new(part[0].data, part[0].n), in = fuzz_file_new(part[1].data, part[1].n);
    scopes *own = part[0].n > 0 ? scopes_read(table.path) : NULL;
    const scopes *s = part[0].n > 0 ? own : fuzz_scopes();
    if (s)
        check_stream(s, in.path);
    else
        CHECK_MESSAGE();
    scopes_free(own);
    fuzz_file_close(&table);
    fuzz_file_close(&in);
    return 0;
}
