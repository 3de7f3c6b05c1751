/* SPDX-License-Identifier: Apache-2.0 */
/* The main of a fuzz target without libFuzzer.
 *
 *     replay-NAME FILE...           runs the target on each file; of FILE.corpus.gz, on each input in it
 *     replay-NAME --pack FILE...    writes the files as a corpus to standard output
 *     replay-NAME --unpack FOLDER FILE.corpus.gz    writes the inputs of a corpus as files
 *
 * A corpus is one msgpack bin for each input; it may be compressed with gzip. */
#include "../fuzz.h"

#include "io/decode.h"
#include "io/pack.h"
#include "io/walk.h"

#include <string.h>

static void read_file(buf *b, const char *path)
{
    FILE *f = fopen(path, "rb");
    size_t got;
    if (!f) {
        perror(path);
        exit(1);
    }
    b->len = 0;
    while (buf_reserve(b, 4096) == 0 && (got = fread(b->data + b->len, 1, b->cap - b->len, f)) > 0)
        b->len += got;
    fclose(f);
}

static void read_corpus(buf *b, const char *path)
{
    b->len = 0;
    if (decode_read(b, path) < 0) {
        fprintf(stderr, "%s\n", err_message());
        exit(1);
    }
}

/* A copy of exactly the size, so that a sanitizer sees a read beyond the end. */
static void run_input(const uint8_t *data, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);
    CHECK(copy);
    if (n > 0)
        memcpy(copy, data, n);
    LLVMFuzzerTestOneInput(copy, n);
    free(copy);
}

static void write_input(const char *folder, int number, const uint8_t *data, size_t n)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%04d", folder, number);
    FILE *f = fopen(path, "wb");
    if (!f || (n > 0 && fwrite(data, n, 1, f) != 1) || fclose(f)) {
        perror(path);
        exit(1);
    }
}

/* folder NULL: runs the inputs of a corpus. Otherwise they are written. */
static void each_input(const char *path, const buf *b, const char *folder)
{
    walk w = {b->data, b->data + b->len};
    walk_value v;
    for (int number = 1; w.p < w.end; number++) {
        if (walk_next(&w, &v) != 1 || v.type != WALK_BIN) {
            fprintf(stderr, "%s: input %d: not a corpus\n", path, number);
            exit(1);
        }
        if (folder)
            write_input(folder, number, v.data, v.size);
        else
            run_input(v.data, v.size);
    }
}

static bool is_corpus(const char *path)
{
    return strstr(path, ".corpus") != NULL;
}

static int pack_files(char **files, int n)
{
    buf b = {0};
    pack all = {0};
    for (int i = 0; i < n; i++) {
        read_file(&b, files[i]);
        pack_bin(&all, b.data, b.len);
    }
    CHECK(!pack_failed(&all) && fwrite(all.body.data, 1, all.body.len, stdout) == all.body.len);
    pack_free(&all);
    buf_free(&b);
    return fclose(stdout) ? 1 : 0;
}

int main(int argc, char **argv)
{
    buf b = {0};
    const char *folder = NULL;
    int i = 1;
    if (argc > 1 && strcmp(argv[1], "--pack") == 0)
        return pack_files(argv + 2, argc - 2);
    if (argc > 2 && strcmp(argv[1], "--unpack") == 0) {
        folder = argv[2];
        i = 3;
    }
    for (; i < argc; i++) {
        if (folder || is_corpus(argv[i])) {
            read_corpus(&b, argv[i]);
            each_input(argv[i], &b, folder);
        } else {
            read_file(&b, argv[i]);
            run_input(b.data, b.len);
        }
    }
    buf_free(&b);
    return 0;
}
