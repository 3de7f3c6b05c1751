/* SPDX-License-Identifier: Apache-2.0 */
/* Files by path: joined names, mapped contents, and replacing a file so that there is always a whole one. */
#ifndef ECAN_IO_FILE_H
#define ECAN_IO_FILE_H

#include <stddef.h>

/* "folder/name"; owned by the caller, freed with free(). NULL with the message set. */
char *file_join(const char *folder, const char *name);

/* A file's bytes, mapped read-only; data is not NULL also for an empty file. */
typedef struct file_map {
    const unsigned char *data;
    size_t size;
} file_map;
int file_map_open(file_map *f, const char *path); /* 0 or -1 */
void file_map_close(file_map *f);

/* One file of a folder: write(context, path) makes it under the temporary name path. 0 or -1. */
typedef struct file_part {
    const char *name;
    int (*write)(const void *context, const char *path);
} file_part;

/* What a part is written to before it takes its place: "folder/name.new". As file_join. */
char *file_fresh(const char *folder, const char *name);

/* Writes all parts in order, each to its fresh name and synced to disk, and then puts them in their places,
 * the last one last. When anything fails, the old files stand as they were (where the file system cannot
 * exchange two names, a failing rename can leave some of them new). 0 or -1. */
int file_replace_all(const char *folder, const file_part *parts, int n, const void *context);
/* The same for one. */
int file_replace(const char *folder, const char *name, int (*write)(const void *context, const char *path),
                 const void *context);

/* Removes a folder of plain files (and no folders within). 0 or -1. */
int file_remove_folder(const char *path);

#endif
