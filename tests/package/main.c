/* SPDX-FileCopyrightText: relume authors
 * SPDX-License-Identifier: BSD-3-Clause
 *
 * A host in C: opens a background, sets yields, asks. One bin without nuisance parameters, so that the limit has a closed form. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "relume/c/relume.h"

static int check(int ok, const char* what) {
  if (!ok) fprintf(stderr, "failed: %s (%s)\n", what, relume_last_error());
  return ok ? 0 : 1;
}

static int says(const char* what) { return strstr(relume_last_error(), what) != NULL; }

int main(int argc, char** argv) {
  static const char background[] =
      "{\"channels\": [{\"name\": \"SR\", \"samples\": [{\"name\": \"b\", \"data\": [50.0], \"modifiers\": []}]}],"
      " \"observations\": [{\"name\": \"SR\", \"data\": [50.0]}],"
      " \"measurements\": [{\"name\": \"m\", \"config\": {\"poi\": \"\", \"parameters\": []}}], \"version\": \"1.0.0\"}";
  /* One name for two kinds of parameters: a valid document, and no model. */
  static const char odd[] =
      "{\"channels\": [{\"name\": \"SR\", \"samples\": [{\"name\": \"b\", \"data\": [50.0], \"modifiers\": ["
      "{\"name\": \"twice\", \"type\": \"normfactor\", \"data\": null}, {\"name\": \"twice\", \"type\": \"staterror\", \"data\": [1.0]}]}]}],"
      " \"observations\": [{\"name\": \"SR\", \"data\": [50.0]}],"
      " \"measurements\": [{\"name\": \"m\", \"config\": {\"poi\": \"\", \"parameters\": []}}], \"version\": \"1.0.0\"}";
  const double events[1] = {10.0}, two[2] = {1.0, 2.0}, not_finite[1] = {NAN};
  const relume_yields good = {"SR", events, 1}, unknown = {"XR", events, 1}, long_one = {"SR", two, 2}, bad = {"SR", not_finite, 1};
  double observed = 0.0, expected[5], nll = 0.0;
  const double point[1] = {2.0}, outside[1] = {-6.0}, far[1] = {1e308};
  int failures = 0;
  relume_analysis* a = NULL;
  (void)argc;

  failures += check(strcmp(relume_version(), argv[1]) == 0, "version");
  failures += check(relume_open("/no/such/file", &a) == RELUME_BAD_INPUT && a == NULL, "a missing file");
  failures += check(says("/no/such/file"), "its name in the message");
  failures += check(relume_open_text("{", 1, &a) == RELUME_BAD_INPUT, "half a document");
  failures += check(relume_open_text(background, sizeof background - 1, NULL) == RELUME_BAD_INPUT, "a NULL argument");
  failures += check(relume_open_text(background, sizeof background - 1, &a) == RELUME_OK, "opening");
  failures += check(relume_n_parameters(a) == 0 && relume_cls(a, 1.0, &observed, expected) == RELUME_BAD_INPUT, "no signal yet");
  failures += check(says("set a signal first") && says("no parameter"), "what the background lacks");
  failures += check(relume_set_yields(a, &unknown, 1, 1) == RELUME_BAD_INPUT && says("XR"), "an unknown channel");
  failures += check(relume_set_yields(a, &long_one, 1, 0) == RELUME_BAD_INPUT, "too many bins");
  failures += check(relume_set_yields(a, &bad, 1, 0) == RELUME_BAD_INPUT, "events that are not finite");
  failures += check(relume_set_yields(a, &good, 1, 0) == RELUME_OK, "a signal");
  failures += check(relume_n_parameters(a) == 1 && strcmp(relume_parameter_name(a, 0), "mu") == 0, "its parameter");

  /* -ln Poisson(50 | 50 + 2 * 10) */
  failures += check(relume_nll(a, point, 1, &nll) == RELUME_OK, "nll");
  failures += check(fabs(nll - (70.0 - 50.0 * log(70.0) + lgamma(51.0))) < 1e-9, "its value");
  failures += check(relume_nll(a, point, 2, &nll) == RELUME_BAD_INPUT, "a point of the wrong length");
  failures += check(relume_nll(a, outside, 1, &nll) == RELUME_NOT_USABLE && says("rate -10 in channel 'SR'"), "a negative rate");
  failures += check(relume_nll(a, far, 1, &nll) == RELUME_NOT_USABLE && says("rate inf in channel 'SR'"), "a rate that is not finite");
  failures += check(relume_nll(a, not_finite, 1, &nll) == RELUME_NOT_USABLE && says("mu = nan"), "a parameter that is not finite");
  /* Observed = expected: q = q_A, and CLs = 2 (1 - Phi(sqrt(q))) with q = 2 (mu s - n ln(1 + mu s / b)). */
  failures += check(relume_cls(a, 1.0, &observed, expected) == RELUME_OK, "CLs");
  failures += check(fabs(observed - erfc(sqrt((10.0 - 50.0 * log(1.2))))) < 1e-9, "its value");
  failures += check(expected[0] < expected[2] && expected[2] < expected[4] && fabs(expected[2] - observed) < 1e-9, "its band");
  failures += check(relume_limit(a, 0.95, &observed, expected) == RELUME_OK, "a limit");
  failures += check(fabs(erfc(sqrt(10.0 * observed - 50.0 * log(1.0 + 0.2 * observed))) - 0.05) < 1e-7, "its value");
  failures += check(relume_limit(a, 1.5, &observed, expected) == RELUME_BAD_INPUT, "a level that is none");

  relume_close(a);
  relume_close(NULL);

  failures += check(relume_open_text(odd, sizeof odd - 1, &a) == RELUME_OK, "a background that makes no model");
  failures += check(relume_initial(a, &nll) == RELUME_BAD_INPUT && says("'twice'") && says("another kind"), "why it makes none");
  failures += check(relume_set_yields(a, &good, 1, 0) == RELUME_BAD_INPUT && says("'twice'"), "nor with a signal");
  relume_close(a);
  return failures;
}
