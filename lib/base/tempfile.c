/* SPDX-License-Identifier: Apache-2.0 */
#include "base/tempfile.h"

#include "base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *tempfile_folder(void)
{
    const char *folder = getenv("TMPDIR");
    return folder != NULL && *folder != '\0' ? folder : "/tmp";
}

FILE *tempfile_open(void)
{
    char *path;
    if (asprintf(&path, "%s/ecan-XXXXXX", tempfile_folder()) < 0) {
        err_memory("out of memory");
        return NULL;
    }
    int fd = mkostemp(path, O_CLOEXEC);
    FILE *f = NULL;
    if (fd >= 0) {
        unlink(path);
        f = fdopen(fd, "w+b");
    }
    if (f == NULL) {
        err_io("cannot create a temporary file in %s: %s: set TMPDIR to another folder", tempfile_folder(),
               strerror(errno));
        if (fd >= 0)
            close(fd);
    }
    free(path);
    return f;
}
