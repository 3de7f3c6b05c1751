/* SPDX-License-Identifier: Apache-2.0 */
/* A program with names that the library has within: it links with libecan.a, and its own are called. */
#include <ecan.h>

#include <stdio.h>

int err_set(void);
int gemm(void);
int json_parse(void);
int model_open(void);
int ops_dot(void);
int stream_open(void);

int err_set(void)
{
    return 1;
}
int gemm(void)
{
    return 2;
}
int json_parse(void)
{
    return 4;
}
int model_open(void)
{
    return 8;
}
int ops_dot(void)
{
    return 16;
}
int stream_open(void)
{
    return 32;
}

int main(int argc, char **argv)
{
    ecan_model *model;
    const ecan_status status = ecan_model_open(argc > 1 ? argv[1] : "", &model);
    printf("%d %d\n", (int)status,
           err_set() + gemm() + json_parse() + model_open() + ops_dot() + stream_open());
    ecan_model_close(model);
    return 0;
}
