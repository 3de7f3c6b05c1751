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

/* write(context, path) makes folder/name.new, which is synced to disk and then renamed to folder/name. When it fails the
 * old file stands as it was. 0 or -1. */
int file_replace(const char *folder, const char *name, int (*write)(const void *context, const char *path),
                 const void *context);

/* Removes a folder of plain files (and no folders within). 0 or -1. */
int file_remove_folder(const char *path);

#endif
