/* SPDX-License-Identifier: Apache-2.0 */
/* A folder is checked while two threads replace it all the time: the answer is that of a folder which stays.
 * A thread that cannot replace it says that the other one is writing. */
#include "base/err.h"
#include "io/folder.h"
#include "tap.h"
#include "train/trainer.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHECKS = 3000 };

static atomic_bool done;
static atomic_int replaced, odd; /* odd: another reason why it was not replaced */

static int write_file(const void *context, const char *path)
{
    (void)context;
    FILE *f = fopen(path, "w");
    return f && fputs("text", f) >= 0 && fclose(f) == 0 ? 0 : -1;
}

static void *replace(void *unused)
{
    (void)unused;
    const folder_part parts[] = {{.name = "a", .write = write_file}, {.name = "b", .write = write_file}};
    while (!done)
        if (folder_write("folder", parts, 2) == 0)
            replaced++;
        else if (!strstr(err_message(), "writing to this folder") && odd++ == 0)
            printf("# %s\n", err_message());
    return NULL;
}

int main(void)
{
    static const char expected[] = "folder: neither empty nor a model folder: use another one";
    const char *shared = getenv("TMPDIR");
    char place[PATH_MAX];
    pthread_t thread[2];
    snprintf(place, sizeof place, "%s/check-folder.XXXXXX", shared ? shared : "/tmp");
    if (!mkdtemp(place) || chdir(place) || mkdir("folder", 0777) || mkdir("folder/more", 0777) ||
        write_file(NULL, "folder/a") || write_file(NULL, "folder/more/c") ||
        pthread_create(&thread[0], NULL, replace, NULL) || pthread_create(&thread[1], NULL, replace, NULL))
        return 1;
    int wrong = 0, checks = 0;
    for (; odd == 0 && (checks < CHECKS || replaced < CHECKS / 10); checks++) {
        if (trainer_check_folder("folder", false, true) < 0 && strcmp(err_message(), expected) == 0)
            continue;
        wrong++;
        printf("# %s\n", err_message());
    }
    done = true;
    pthread_join(thread[0], NULL);
    pthread_join(thread[1], NULL);
    ok(wrong == 0, "%d of %d answers are wrong, %d times replaced", wrong, checks, (int)replaced);
    ok(odd == 0, "%d writers failed for another reason than the other one", (int)odd);
    const int removed = system("rm -r folder"); /* NOLINT(cert-env33-c) */
    ok(removed == 0 && chdir("/") == 0 && rmdir(place) == 0, "nothing else is left");
    return tap_done();
}
