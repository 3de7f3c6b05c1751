/* The version of ecan: of its programs, and in the history of the streams that they write. */
#ifndef ECAN_BASE_VERSION_H
#define ECAN_BASE_VERSION_H

#define ECAN_VERSION "0.1.0"

#endif
