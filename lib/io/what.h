/* What an operand of ecan-show and ecan-check is, found out by looking. */
#ifndef ECAN_IO_WHAT_H
#define ECAN_IO_WHAT_H

typedef enum what { WHAT_STREAM, WHAT_FOLDER, WHAT_VECTORS } what;

/* Pipes, and what cannot be read, are taken for streams: reading them will tell. */
what what_is(const char *path);

#endif
