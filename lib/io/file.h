/* SPDX-License-Identifier: Apache-2.0 */
/* Files by path: joining names, mapping contents, and atomic replacement. */
#ifndef ECAN_IO_FILE_H
#define ECAN_IO_FILE_H

#include <stddef.h>

/* Returns "folder/name". Owned by the caller (free). NULL with the message set. */
char *file_join(const char *folder, const char *name);

/* The bytes of a file, mapped read-only. data is not NULL, even for an empty file. */
typedef struct file_map {
    const unsigned char *data;
    size_t size;
} file_map;
int file_map_open(file_map *f, const char *path); /* 0, or -1 with path and reason; f is filled */
void file_map_close(file_map *f);

/* One file of a folder. write(context, path) writes it to the temporary name path. Returns 0 or -1. */
typedef struct file_part {
    const char *name;
    int (*write)(const void *context, const char *path);
} file_part;

/* The temporary name of a part: "folder/name.new". Owned by the caller (free). */
char *file_fresh(const char *folder, const char *name);

/* Writes all parts in order to their temporary names, syncs them to disk, and then renames them to their
 * final names, the last part last. On failure the old files remain unchanged. (If the file system cannot
 * exchange two names, a failed rename can leave some of the new files.) Returns 0 or -1. */
int file_replace_all(const char *folder, const file_part *parts, int n, const void *context);
/* The same for one file. */
int file_replace(const char *folder, const char *name, int (*write)(const void *context, const char *path),
                 const void *context);

/* Removes a folder that contains only plain files. Returns 0, or -1 with path and reason. */
int file_remove_folder(const char *path);

#endif
