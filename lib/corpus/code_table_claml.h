/* SPDX-License-Identifier: Apache-2.0 */
/* ClaML, the XML format in which the WHO and WHO-FIC Nederland publish ICD-10. */
#ifndef ECAN_CORPUS_CODE_TABLE_CLAML_H
#define ECAN_CORPUS_CODE_TABLE_CLAML_H

#include "corpus/code_table.h"

/* Adds the categories of a file: codes and preferred labels. 0 or -1. */
int code_table_claml(code_table *t, const char *path);

#endif
