/* SPDX-License-Identifier: Apache-2.0 */
#include "train/slices.h"

#include "model/attend.h"

static size_t tiles_of(const params *p)
{
    return (p->labels + ATTEND_TRAIN_TILE - 1) / ATTEND_TRAIN_TILE;
}

size_t slices_groups(const params *p)
{
    const size_t tiles = tiles_of(p);
    return tiles < SLICE_GROUPS ? tiles : SLICE_GROUPS;
}

size_t slices_row(const params *p, size_t unit)
{
    return p->words * unit / SLICE_UNITS;
}

size_t slices_shared(const params *p, size_t unit)
{
    return p->shared_begin + (p->shared_end - p->shared_begin) * unit / SLICE_UNITS;
}

size_t slices_label(const params *p, size_t group)
{
    const size_t label = tiles_of(p) * group / slices_groups(p) * ATTEND_TRAIN_TILE;
    return label < p->labels ? label : p->labels;
}

slices slices_of(const params *p)
{
    slices s;
    for (size_t r = 0; r <= ranks_count(); r++) {
        s.unit[r] = ranks_begin_of(SLICE_UNITS, r);
        s.part[r] = ranks_begin_of(SLICE_UNITS / SLICE_BANDS, r);
        s.group[r] = ranks_begin_of(slices_groups(p), r);
        s.rows[r] = slices_row(p, s.unit[r]);
        s.labels[r] = slices_label(p, s.group[r]);
    }
    return s;
}

/* Element i of a tensor of `width` floats for each label, in data. */
static size_t offset(const params *p, const float *tensor)
{
    return (size_t)(tensor - p->data);
}

/* The first element of the part of a band that a rank has. */
static size_t band_begin(const params *p, const slices *s, size_t rank, size_t band)
{
    return slices_shared(p, band * (SLICE_UNITS / SLICE_BANDS) + s->part[rank]);
}

slice_range slices_band(const params *p, const slices *s, size_t rank, size_t band)
{
    const size_t begin = band_begin(p, s, rank, band);
    return (slice_range){begin, band_begin(p, s, rank + 1, band) - begin};
}

void slices_label_ranges(slice_range ranges[SLICE_LABELS], const params *p, size_t first, size_t end)
{
    const size_t d = p->sizes.d_l, S = p->sizes.S, n = end - first;
    ranges[0] = (slice_range){offset(p, p->U) + first * d, n * d};
    ranges[1] = (slice_range){offset(p, p->W) + first * S, n * S};
    ranges[2] = (slice_range){offset(p, p->b) + first, n};
}

void slices_ranges(slice_range ranges[SLICE_RANGES], const params *p)
{
    const slices s = slices_of(p);
    const size_t me = ranks_index();
    for (size_t band = 0; band < SLICE_BANDS; band++)
        ranges[band] = slices_band(p, &s, me, band);
    slices_label_ranges(ranges + SLICE_BANDS, p, s.labels[me], s.labels[me + 1]);
}

/* Begins to move elements first[rank] .. first[rank + 1] - 1 of data, of a size in bytes, between ranks
 * (ranks.h). */
typedef void move_elements(void *data, size_t size, const size_t *first);

static void move_labels(const params *p, float *data, const slices *s, move_elements *move)
{
    move(data + offset(p, p->U), p->sizes.d_l * sizeof *data, s->labels);
    move(data + offset(p, p->W), p->sizes.S * sizeof *data, s->labels);
    move(data + offset(p, p->b), sizeof *data, s->labels);
}

static void move_all(const params *p, float *data, bool rows, move_elements *move)
{
    const slices s = slices_of(p);
    if (rows)
        move(data, p->sizes.E * sizeof *data, s.rows);
    for (size_t band = 0; band < SLICE_BANDS; band++) {
        size_t first[RANKS_MOST + 1];
        for (size_t rank = 0; rank <= ranks_count(); rank++)
            first[rank] = band_begin(p, &s, rank, band);
        move(data, sizeof *data, first);
    }
    move_labels(p, data, &s, move);
    ranks_wait();
}

void slices_gather_labels(const params *p, float *data)
{
    const slices s = slices_of(p);
    move_labels(p, data, &s, ranks_begin_gather);
    ranks_wait();
}

void slices_gather(const params *p, float *data, bool rows)
{
    move_all(p, data, rows, ranks_begin_gather);
}

void slices_gather_first(const params *p, float *data)
{
    move_all(p, data, true, ranks_begin_gather_first);
}

void slices_scatter(const params *p, float *data)
{
    move_all(p, data, true, ranks_begin_scatter);
}
