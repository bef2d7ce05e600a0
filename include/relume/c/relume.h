/* SPDX-FileCopyrightText: relume authors
 * SPDX-License-Identifier: BSD-3-Clause
 *
 * relume for hosts that speak C: a background, a signal put into it, and its answers. No exception crosses this border.
 *
 *   relume_analysis* a = NULL;
 *   if (relume_open("BkgOnly.json", &a) != RELUME_OK) { fprintf(stderr, "%s\n", relume_last_error()); return 1; }
 *   const double yields[] = {1.2, 3.4};
 *   const relume_yields region = {"SR", yields, 2};
 *   double observed, expected[5];
 *   if (relume_set_yields(a, &region, 1, 1) == RELUME_OK && relume_cls(a, 1.0, &observed, expected) == RELUME_OK) use(observed);
 *   relume_close(a);
 *
 * Every function that can fail returns a status; what went wrong is then in relume_last_error(), which belongs to the calling thread and
 * holds until its next call. Output arguments are only written on success. An analysis may be used by one thread at a time; different ones by
 * as many as you like. Cost: opening reads the whole document; setting a signal compiles the model (0.1 to 1 ms); the rest is the computation.
 */
#ifndef RELUME_C_RELUME_H
#define RELUME_C_RELUME_H

/* This is C: NOLINTBEGIN(modernize-*,readability-identifier-naming) */
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
  RELUME_OK = 0,
  RELUME_BAD_INPUT = 2,  /* a file, document or argument; nothing was changed */
  RELUME_NOT_USABLE = 3, /* the numbers did not work out: a fit or a limit that could not be certified */
  RELUME_INTERNAL = 4    /* out of memory, or a bug */
} relume_status;

/* A background workspace and, once one is set, the model with a signal. */
typedef struct relume_analysis relume_analysis;

/* Signal events of one channel, one number per bin, at signal strength 1. */
typedef struct {
  const char* channel;
  const double* events;
  size_t n_bins;
} relume_yields;

/* "major.minor.patch" */
const char* relume_version(void);
/* Of the calling thread's last failure; never NULL. */
const char* relume_last_error(void);

/* A workspace by path (also "file.json.gz", "archive.tar.gz::member.json"), or its text. One that makes no model by itself is opened all the
 * same, since a signal may bring what is missing; until then it has no parameters, and what needs a model fails and says why. */
relume_status relume_open(const char* path, relume_analysis** analysis);
relume_status relume_open_text(const char* text, size_t size, relume_analysis** analysis);
/* NULL is allowed. */
void relume_close(relume_analysis* analysis);

/* Puts a signal in, in place of the one before. Channels without yields are an error unless other_channels_are_zero. */
relume_status relume_set_yields(relume_analysis* analysis, const relume_yields* yields, size_t n_channels, int other_channels_are_zero);
/* The same from the text of a signal file. */
relume_status relume_set_signal(relume_analysis* analysis, const char* text, size_t size);

/* Parameters of the model, in the order of relume_nll; 0 and NULL where there is none. Names hold until the next signal. */
size_t relume_n_parameters(const relume_analysis* analysis);
const char* relume_parameter_name(const relume_analysis* analysis, size_t index);
/* Initial values, n_parameters of them. */
relume_status relume_initial(const relume_analysis* analysis, double* parameters);

/* -ln L with all constants at a point of n parameters, on the observed data. RELUME_NOT_USABLE outside of the model's domain. */
relume_status relume_nll(relume_analysis* analysis, const double* parameters, size_t n, double* nll);
/* CLs of a signal strength: observed, and expected at -2, -1, 0, 1, 2 sigma (NULL: not wanted). */
relume_status relume_cls(relume_analysis* analysis, double signal_strength, double* observed, double expected[5]);
/* Upper limit on the signal strength at a confidence level (0.95): observed, and expected at -2, -1, 0, 1, 2 sigma (NULL: not wanted). */
relume_status relume_limit(relume_analysis* analysis, double level, double* observed, double expected[5]);

#ifdef __cplusplus
}
#endif

/* NOLINTEND(modernize-*,readability-identifier-naming) */

#endif
