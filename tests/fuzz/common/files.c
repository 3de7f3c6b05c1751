/* SPDX-License-Identifier: Apache-2.0 */
/* Where the targets put inputs for readers that want a path. */
#include "../fuzz.h"

#include <ftw.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

void fuzz_begin(void)
{
    (void)err_set("%s", "");
}

fuzz_file fuzz_file_new(const void *data, size_t n)
{
    fuzz_file f = {.fd = memfd_create("fuzz", MFD_CLOEXEC)};
    CHECK(f.fd >= 0 && (n == 0 || write(f.fd, data, n) == (ssize_t)n));
    snprintf(f.path, sizeof f.path, "/proc/self/fd/%d", f.fd);
    return f;
}

void fuzz_file_close(fuzz_file *f)
{
    close(f->fd);
}

size_t fuzz_parts(const uint8_t *data, size_t n, fuzz_part *parts, size_t max)
{
    const size_t between = strlen(FUZZ_BETWEEN);
    size_t count = 0;
    memset(parts, 0, max * sizeof *parts);
    while (count < max) {
        const uint8_t *end = count + 1 < max ? memmem(data, n, FUZZ_BETWEEN, between) : NULL;
        parts[count++] = (fuzz_part){data, end ? (size_t)(end - data) : n};
        if (!end)
            break;
        n -= (size_t)(end - data) + between;
        data = end + between;
    }
    return count;
}

/* ---- the folder ---- */

static char folder[64];

static int delete_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    return at->level > 0 ? remove(path) : 0;
}

static void empty_folder(void)
{
    nftw(folder, delete_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void delete_folder(void)
{
    empty_folder();
    rmdir(folder);
}

const char *fuzz_folder(void)
{
    if (folder[0]) {
        empty_folder();
    } else {
        snprintf(folder, sizeof folder, "%s/ecan-fuzz.XXXXXX",
                 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        CHECK(mkdtemp(folder));
        atexit(delete_folder);
    }
    return folder;
}

void fuzz_folder_add(const char *name, fuzz_part contents)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    for (char *slash = path + strlen(folder) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = '\0';
        mkdir(path, 0700);
    }
    FILE *f = fopen(path, "wb");
    CHECK(f && (contents.n == 0 || fwrite(contents.data, contents.n, 1, f) == 1));
    CHECK(fclose(f) == 0);
}

const char *fuzz_folder_kept(void)
{
    return folder;
}
