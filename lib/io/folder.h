/* SPDX-License-Identifier: Apache-2.0 */
/* Folders whose files belong together: models, checkpoints. All files are replaced in one step. A reader sees
 * the old files or the new ones, also while a writer runs, and after one was killed.
 *
 * A writer makes `.new-R` in the folder, R 16 random digits, and writes and syncs all files there. Then there
 * are two ways:
 *
 *     exchange   Everything else in the folder is linked into .new-R. It is moved next to the folder, as
 *                `.NAME.new-R`, and exchanged with it (RENAME_EXCHANGE). The old folder is deleted.
 *     in place   .new-R is renamed to `.next`: from now on readers take what .next has. Its files are renamed
 *                into the folder, and .next is deleted. What it has as an empty folder is to be deleted.
 *
 * The second is for file systems without RENAME_EXCHANGE (NFS, SMB), folders that are mount points or the
 * current directory, that have an ACL or another owner, or contain more than files and folders of files. If
 * a writer is killed there between the renames, programs that do not know .next see some new files. The next
 * writer completes the work.
 *
 * Links in a folder are never followed when something is written or deleted. */
#ifndef ECAN_IO_FOLDER_H
#define ECAN_IO_FOLDER_H

#include "base/pool.h"
#include "io/file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- reading ---- */

#define FOLDER_FILES 8 /* at most */

typedef struct folder_files {
    const char *path; /* borrowed */
    const char *const *names;
    int n;
    int fd[FOLDER_FILES]; /* open for reading; -1: the folder has no such file */
} folder_files;

/* Opens the files of these names, all of one generation. 0, or -1: no such folder; a file that cannot be
 * opened, or that is no regular file. */
int folder_open(folder_files *f, const char *path, const char *const *names, int n);
void folder_close(folder_files *f);
/* Maps file i. 0 or -1. */
int folder_map(const folder_files *f, int i, file_map *m);
/* "path/name", or, while a writer replaces it in place, "path/.next/name". As file_join. */
char *folder_find(const char *path, const char *name);
/* "path/name" of file i; as file_join. */
char *folder_path(const folder_files *f, int i);

/* ---- hashes ---- */

#define FOLDER_HASH 33 /* 32 hexadecimal digits and a NUL */

/* The hash of a file's contents: hash_wide of each MiB, hash128 of these and of the size. Several threads can
 * take the blocks 0 .. n-1. */
typedef struct folder_hashing {
    const unsigned char *data; /* borrowed */
    size_t size;
    uint64_t (*h)[2];
    size_t n;
} folder_hashing;
int folder_hash_begin(folder_hashing *x, const void *data, size_t size); /* 0 or -1 */
void folder_hash_block(folder_hashing *x, size_t block);
/* Frees it. */
void folder_hash_end(folder_hashing *x, char hex[FOLDER_HASH]);
/* All of it, in this thread. 0 or -1. */
int folder_hash(const void *data, size_t size, char hex[FOLDER_HASH]);

/* ---- writing ---- */

typedef struct folder_part {
    const char *name;
    int (*write)(const void *context, const char *path); /* makes it. 0 or -1 */
    const void *context;
    char *hash; /* [FOLDER_HASH], filled before the next part is written; NULL: not needed */
} folder_part;

/* Only one process may write a folder at a time. Makes the folder if it does not exist, and locks it: the
 * file `.lock` in it is locked (flock, which NFS passes on to the server) and names the process. Completes or
 * deletes what a killed writer left. A file system without locks is written without one. *lock is for
 * folder_unlock(). 0, or -1: another process has the lock, or the folder cannot be written. */
int folder_lock(const char *path, int *lock);
void folder_unlock(const char *path, int lock);

/* Replaces or adds these files in one step; they are written in order. A part can also be a folder of files,
 * which write has synced; in place, programs that have not opened it yet may see neither the old nor the new.
 * The files in gone (a list that NULL ends; NULL: none) are deleted in the same step, unless they are among
 * parts. All others stay. When it fails, the old files are there (or, if it fails in the middle of the second
 * way, the new ones). The caller has the lock. The folder is made if it does not exist. 0 or -1. */
int folder_replace(const char *path, const folder_part *parts, int n, const char *const *gone);

/* The same with the lock. A folder that this made is removed if it fails. 0 or -1. */
int folder_write(const char *path, const folder_part *parts, int n);

/* Completes or deletes what a killed writer left; part of folder_lock(). For a folder within one that is
 * locked. 0 or -1. */
int folder_recover(const char *path);

/* Deletes the files of these names (a list that NULL ends), the last one first, and the folder if it is then
 * empty. A folder that does not exist, or a link, is left as it is. 0 or -1. */
int folder_remove(const char *path, const char *const *names);

/* 1: the folder has nothing but what writers leave, files of these names (a list that NULL ends; NULL: none),
 * and folders of which the same holds; 0: it has more; -1: it cannot be read. */
int folder_is_empty(const char *path, const char *const *names);

/* ---- private, for folder_*.c ---- */

#define FOLDER_STAGING ".new-"
#define FOLDER_PENDING ".next"
#define FOLDER_LOCK    ".lock"

#endif
