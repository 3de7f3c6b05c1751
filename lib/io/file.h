/* SPDX-License-Identifier: Apache-2.0 */
/* Files by path: joined names, mapped contents. io/folder.h replaces files. */
#ifndef ECAN_IO_FILE_H
#define ECAN_IO_FILE_H

#include <stddef.h>
#include <sys/types.h>

/* Returns "folder/name". Owned by the caller (free). NULL with the message set. */
char *file_join(const char *folder, const char *name);

/* The total size of files, "-" is standard input. 0 if one of them is not a regular file, or is empty. */
off_t file_sizes(const char *const *paths, int n);

/* 1: there is a file or folder of this name; 0: there is none; -1: that cannot be found out. The second is
 * for a name in a folder. */
int file_exists(const char *path);
int file_exists_in(const char *folder, const char *name);

/* The bytes of a file, mapped read-only. data is not NULL, even for an empty file. */
typedef struct file_map {
    const unsigned char *data;
    size_t size;
} file_map;
int file_map_open(file_map *f, const char *path); /* 0, or -1, also if it is not a regular file */
/* The same for an open file, which stays open; path is for messages. */
int file_map_fd(file_map *f, int fd, const char *path);
void file_map_close(file_map *f);

#endif
