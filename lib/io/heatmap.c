/* SPDX-License-Identifier: Apache-2.0 */
/* Writes PNG with libpng. This is the only file that includes png.h. */
#include "io/heatmap.h"

#include "base/err.h"
#include "base/mem.h"
#include "io/output.h"

#include <math.h>
#include <png.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SQUARE 16 /* pixels; the largest side of a square */
#define COMFORTABLE                                                                                          \
    1024 /* pixels; squares are larger than one pixel only if the longer side stays within this */

/* The palette: levels 0 to LAST, then the colour of numbers that are not finite. With negative numbers,
 * MIDDLE is zero. */
#define MIDDLE     127
#define LAST       254
#define NOT_FINITE 255
#define PALETTE    256

/* From black to white with increasing lightness. */
#define STOPS 6
typedef png_byte ramp[STOPS][3];
static const ramp warm = {{0, 0, 0},     {67, 10, 104},  {147, 38, 103},
                          {221, 81, 58}, {252, 165, 10}, {255, 255, 255}};
static const ramp cold = {{0, 0, 0},      {0, 32, 92},     {0, 75, 148},
                          {21, 124, 190}, {104, 180, 219}, {255, 255, 255}};

/* Sets the colour at position x of a ramp, 0 <= x <= 1. */
static void set_colour(png_byte rgb[3], const ramp of, double x)
{
    int i = (int)fmin(x * (STOPS - 1), STOPS - 2);
    double f = x * (STOPS - 1) - i;
    for (int k = 0; k < 3; k++)
        rgb[k] = (png_byte)(of[i][k] + f * (of[i + 1][k] - of[i][k]) + 0.5);
}

static void fill_palette(png_byte palette[PALETTE][3], bool negative)
{
    for (int i = 0; i <= LAST; i++) {
        double x = negative ? (double)(i - MIDDLE) / MIDDLE : (double)i / LAST;
        set_colour(palette[i], x < 0 ? cold : warm, fabs(x));
    }
    memcpy(palette[NOT_FINITE], (png_byte[]){0, 255, 0}, 3);
}

/* Returns the largest magnitude of the finite numbers. *negative: whether one of them is negative. */
static float largest(const float *v, size_t n, bool *negative)
{
    float largest = 0;
    *negative = false;
    for (size_t i = 0; i < n; i++)
        if (isfinite(v[i])) {
            largest = fmaxf(largest, fabsf(v[i]));
            *negative |= v[i] < 0;
        }
    return largest;
}

static png_byte level(float f, float largest, bool negative)
{
    if (!isfinite(f))
        return NOT_FINITE;
    double x = largest > 0 ? (double)f / (double)largest : 0;
    return (png_byte)(negative ? lround(MIDDLE + MIDDLE * x) : lround(LAST * x));
}

/* Draws one row of squares: pixels [side][columns * side]. */
static void draw_row(png_byte *pixels, const png_byte *levels, size_t columns, size_t side)
{
    for (size_t c = 0; c < columns; c++)
        memset(pixels + c * side, levels[c], side);
    for (size_t y = 1; y < side; y++)
        memcpy(pixels + y * columns * side, pixels, columns * side);
}

static int write_png(const char *path, const png_byte *pixels, size_t width, size_t height,
                     const void *palette)
{
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)width,
                       .height = (png_uint_32)height,
                       .format = PNG_FORMAT_RGB_COLORMAP,
                       .colormap_entries = PALETTE};
    output_file *out = output_open(path, OUTPUT_NOTES);
    FILE *f = out ? output_stdio(out) : NULL;
    if (f && png_image_write_to_stdio(&image, f, 0, pixels, (png_int_32)width, palette))
        return output_commit(out);
    if (f)
        err_set("%s: %s", path, image.message);
    output_discard(out);
    return -1;
}

int heatmap_write(const char *path, const float *v, size_t rows, size_t columns)
{
    if (rows == 0 || columns == 0 || rows > HEATMAP_SIDE || columns > HEATMAP_SIDE)
        return err_set("cannot draw %zu rows and %zu columns: expected 1 to %d of each", rows, columns,
                       HEATMAP_SIDE);
    size_t longer = rows > columns ? rows : columns, side = COMFORTABLE / longer;
    side = side < 1 ? 1 : side > SQUARE ? SQUARE : side;

    bool negative;
    float top = largest(v, rows * columns, &negative);
    png_byte palette[PALETTE][3], *levels = mem_array(columns, 1);
    png_byte *pixels = mem_array(rows * side, columns * side);
    int result = levels && pixels ? 0 : -1;
    for (size_t r = 0; result == 0 && r < rows; r++) {
        for (size_t c = 0; c < columns; c++)
            levels[c] = level(v[r * columns + c], top, negative);
        draw_row(pixels + r * side * columns * side, levels, columns, side);
    }
    fill_palette(palette, negative);
    if (result == 0)
        result = write_png(path, pixels, columns * side, rows * side, palette);
    mem_free(levels);
    mem_free(pixels);
    return result;
}
