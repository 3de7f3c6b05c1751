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

/* For file systems without files that have no name. */
static int create_and_delete(char *path)
{
    const int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0 || unlink(path) == 0)
        return fd;
    const int error = errno;
    close(fd);
    errno = error;
    return -1;
}

FILE *tempfile_open(void)
{
    char *path;
    if (asprintf(&path, "%s/ecan-XXXXXX", tempfile_folder()) < 0) {
        err_memory("out of memory");
        return NULL;
    }
    int fd = open(tempfile_folder(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        fd = create_and_delete(path);
    FILE *f = fd >= 0 ? fdopen(fd, "w+b") : NULL;
    if (f == NULL) {
        err_io("cannot create a temporary file in %s: %s: set TMPDIR to another folder", tempfile_folder(),
               strerror(errno));
        if (fd >= 0)
            close(fd);
    }
    free(path);
    return f;
}
