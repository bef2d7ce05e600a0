// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Options of models, data, statistics and output. Those that check, change and convert files: file_options.cpp.
#include "options.hpp"

namespace relume::cli::options {

// The model.

const Option patch{.name = "patch",
                   .letter = 'p',
                   .kind = Kind::file,
                   .metavar = "FILE",
                   .is_repeatable = true,
                   .help = "JSON Patch to apply to the workspace; several are applied in the order given."};
const Option patchset{
    .name = "patchset",
    .kind = Kind::file,
    .metavar = "FILE",
    .help =
        "Patchset whose points are signals for the workspace; --point names one. Without it, cls and limit take "
        "all of them."};
const Option point{
    .name = "point", .kind = Kind::text, .metavar = "NAME", .help = "The point of the patchset to use, by its name."};
const Option signal{
    .name = "signal",
    .kind = Kind::file,
    .metavar = "FILE",
    .help = "Signal file (docs/formats): yields by channel name, put into the workspace after all patches."};
const Option other_channels_zero{.name = "other-channels-zero",
                                 .help = "Channels that the signal file does not mention see no signal.",
                                 .reason = "Off: a forgotten channel would pass for an efficiency of zero."};
const Option region{
    .name = "region",
    .kind = Kind::text,
    .metavar = "NAME",
    .default_text = "the most sensitive",
    .help = "Of signal regions whose correlations are not known: the one to use.",
    .reason = "One region at a time: the one with the lowest expected limit on the signal before looking at the data."};
const Option constraints{
    .name = "constraints",
    .kind = Kind::choice,
    .metavar = "KIND",
    .default_text = "as published",
    .choices = "measurements|priors",
    .help =
        "What constraints on nuisance parameters are: results of auxiliary measurements, which a-posteriori Asimov "
        "data move to the background-only fit, or priors, which stay.",
    .reason =
        "Measurements for workspaces, as pyhf; priors for simplified likelihoods and counting experiments, as "
        "SModelS and published limits."};
const Option marginalise{
    .name = "marginalise",
    .help =
        "Average over the nuisance parameters that have constraints, with these as priors, in place of fitting them.",
    .reason = "Off: profiled, as published limits of full likelihoods. docs/concepts/marginal.md compares."};
const Option measurement{.name = "measurement",
                         .kind = Kind::text,
                         .metavar = "NAME",
                         .default_text = "the first",
                         .help = "Measurement of the workspace to use.",
                         .reason = "As pyhf; a note says so when there are several."};
const Option poi{.name = "poi",
                 .kind = Kind::text,
                 .metavar = "NAME",
                 .default_text = "the measurement's",
                 .help = "Parameter of interest."};
const Option fix{
    .name = "fix",
    .kind = Kind::assignment,
    .metavar = "NAME=VALUE",
    .is_repeatable = true,
    .help = "Hold a parameter at a value in all fits; NAME[i] names a component of a parameter with several."};
const Option drop_channel{.name = "drop-channel",
                          .kind = Kind::text,
                          .metavar = "NAME",
                          .is_repeatable = true,
                          .help =
                              "Remove a channel from the model, after patches and signals have been applied: nothing "
                              "predicts it any more. --mask-channel keeps it predicted."};
const Option interpcode{
    .name = "interpcode",
    .kind = Kind::choice,
    .metavar = "TYPE=CODE",
    .is_repeatable = true,
    .default_text = "normsys=code4, histosys=code4p",
    .choices =
        "normsys=code1|normsys=code4|histosys=code0|histosys=code2|histosys=code2-pyhf|"
        "histosys=code4p",
    .help =
        "Interpolation code of a modifier type; code2-pyhf keeps the jump at |alpha| = 1 that pyhf's "
        "code 2 has.",
    .reason = "What `pyhf cls` uses, and what published results rest on."};
const Option error_on_error{
    .name = "error-on-error",
    .kind = Kind::assignment,
    .metavar = "NAME=E",
    .is_repeatable = true,
    .help =
        "The width of this parameter's normal constraint is itself an estimate, with relative uncertainty E, above 0 "
        "and at most 1 (docs/concepts/errors_on_errors.md)."};
const Option clip_sample_data{.name = "clip-sample-data",
                              .kind = Kind::number,
                              .metavar = "VALUE",
                              .default_text = "off",
                              .min = 0.0,
                              .help = "Raise the rate of every sample in every bin to at least this.",
                              .reason = "Off, as pyhf: a negative sample may be meant (interference)."};
const Option clip_bin_data{.name = "clip-bin-data",
                           .kind = Kind::number,
                           .metavar = "VALUE",
                           .default_text = "off",
                           .min = 0.0,
                           .help = "Raise the rate of every bin, all samples together, to at least this.",
                           .reason = "Off, as pyhf: fits keep rates at or above zero by themselves."};

// The data.

const Option only_channel{.name = "only-channel",
                          .kind = Kind::text,
                          .metavar = "NAME",
                          .is_repeatable = true,
                          .help =
                              "Use the data of this channel and of others named so, and no others. The model stays "
                              "whole: channels that are left out are still predicted, and nothing printed depends on "
                              "their data."};
const Option mask_channel{.name = "mask-channel",
                          .kind = Kind::text,
                          .metavar = "NAME",
                          .is_repeatable = true,
                          .help = "Use the data of all channels but this one: the opposite of --only-channel."};
const Option asimov_data{
    .name = "asimov-data",
    .kind = Kind::choice,
    .metavar = "KIND",
    .default_text = "off",
    .choices = "a-priori|a-posteriori",
    .help =
        "Put what the model expects in the place of the observed data, main and auxiliary: at the "
        "initial values of the parameters, or where a fit to the data puts them; --fix and --inject "
        "change that. A note says where."};
const Option inject{.name = "inject",
                    .kind = Kind::assignment,
                    .metavar = "NAME=VALUE",
                    .is_repeatable = true,
                    .help =
                        "Value of a parameter behind --asimov-data, for example mu=0.5; a-posteriori data come from a "
                        "fit with it held. NAME[i] names a component of a parameter with several."};

// Tests and limits.

const Option test_poi{.name = "test-poi",
                      .kind = Kind::number,
                      .metavar = "VALUE",
                      .default_text = "1.0",
                      .help = "Value of the parameter of interest that is tested.",
                      .reason = "Signals are normalised so that 1 is the prediction."};
const Option test_stat{
    .name = "test-stat",
    .kind = Kind::choice,
    .metavar = "NAME",
    .default_text = "qtilde",
    .choices = "q|qtilde|q0|t|ttilde",
    .help =
        "Test statistic (Cowan et al., arXiv:1007.1727). qtilde, ttilde and q0 keep the parameter of "
        "interest at or above zero; q and t let it go below as far as rates allow. q0 tests 0.",
    .reason = "As pyhf and the LHC experiments."};
const Option limit_test_stat{
    .name = "test-stat",
    .kind = Kind::choice,
    .metavar = "NAME",
    .default_text = "qtilde",
    .choices = "q|qtilde|t|ttilde",
    .help =
        "Test statistic (Cowan et al., arXiv:1007.1727). qtilde and ttilde keep the parameter of "
        "interest at or above zero; q and t let it go below as far as rates allow.",
    .reason = "As pyhf and the LHC experiments."};
const Option asimov{.name = "asimov",
                    .kind = Kind::choice,
                    .metavar = "KIND",
                    .default_text = "a-posteriori",
                    .choices = "a-posteriori|a-priori",
                    .help =
                        "Where the data behind expected results come from: the background-only fit to the data, or the "
                        "initial values of the parameters.",
                    .reason = "As pyhf; a-priori is what can be known before the data are."};
const Option level{.name = "level",
                   .kind = Kind::number,
                   .metavar = "CL",
                   .default_text = "0.95",
                   .min = 0.0,
                   .max = 1.0,
                   .min_is_excluded = true,
                   .max_is_excluded = true,
                   .help = "Confidence level of the upper limit.",
                   .reason = "The convention of the field."};
const Option no_expected{.name = "no-expected", .help = "Leave out the expected band, which takes most of the time."};
const Option calctype{.name = "calctype",
                      .kind = Kind::choice,
                      .metavar = "TYPE",
                      .default_text = "asymptotics",
                      .choices = "asymptotics|toybased",
                      .help = "Where p-values come from: formulas for many events (arXiv:1007.1727), or toys.",
                      .reason = "As pyhf: right for more than a few events, and thousands of times faster than toys."};
const Option toys{.name = "toys",
                  .kind = Kind::integer,
                  .metavar = "N",
                  .default_text = "2000",
                  .min = 1,
                  .max = 1e8,
                  .help = "Toys per hypothesis; with --accuracy, at most.",
                  .reason = "As pyhf: a CLs of 0.05 comes out to about 0.01."};
const Option seed{.name = "seed",
                  .kind = Kind::integer,
                  .metavar = "N",
                  .default_text = "0",
                  .min = 0,
                  .max = 9007199254740991.0,
                  .help = "Seed of the random numbers: the same seed gives the same toys.",
                  .reason = "Results are reproducible unless somebody asks for other toys."};
const Option first{.name = "first",
                   .kind = Kind::integer,
                   .metavar = "K",
                   .default_text = "0",
                   .min = 0,
                   .max = 9007199254740991.0,
                   .help = "Index of the first toy, so that machines can share the toys of one seed."};
const Option ensemble{
    .name = "ensemble",
    .kind = Kind::choice,
    .metavar = "KIND",
    .default_text = "frequentist",
    .choices = "frequentist|prior-predictive",
    .help =
        "What toys do with nuisance parameters. frequentist: they stay where the fit to the data put them, and "
        "auxiliary "
        "data fluctuate; prior-predictive: they are drawn from their constraints, and auxiliary data stay.",
    .reason = "The LHC prescription, and pyhf's."};
const Option accuracy{
    .name = "accuracy",
    .kind = Kind::number,
    .metavar = "SIGMA",
    .default_text = "off",
    .min = 0.0,
    .min_is_excluded = true,
    .help =
        "Stop when the observed probability is known with this standard deviation: CLs; for q0 and for intervals, the "
        "p-value.",
    .reason = "Off: the number of toys is what was asked for."};
const Option batch{.name = "batch",
                   .kind = Kind::integer,
                   .metavar = "N",
                   .default_text = "1000",
                   .min = 1,
                   .max = 1e8,
                   .help = "Toys per hypothesis between two looks at --accuracy, and in each file of --shards.",
                   .reason = "A second or so of a published model with hundreds of parameters."};
const Option shards{.name = "shards",
                    .kind = Kind::file,
                    .metavar = "FOLDER",
                    .help =
                        "Keep every batch in a file of this folder, and read those that are there already: a run that "
                        "was ended goes on where it was."};
const Option goodness_toys{.name = "toys",
                           .kind = Kind::integer,
                           .metavar = "N",
                           .default_text = "none",
                           .min = 1,
                           .max = 1e8,
                           .help = "Toys from the best fit, for a p-value without the chi-squared distribution.",
                           .reason = "A fit each: a p-value of 0.05 comes out to about 0.007 from 1000."};
const Option compatibility{
    .name = "compatibility",
    .help =
        "Fit the parameter of interest in each channel by itself, too, and test whether the channels agree about it."};
const Option values{.name = "values", .help = "List the statistic of every toy."};
const Option scanned{.name = "parameter",
                     .kind = Kind::text,
                     .metavar = "NAME",
                     .is_repeatable = true,
                     .default_text = "the parameter of interest",
                     .help =
                         "Parameter to scan; NAME[i] names a component of a parameter with several. Two of them make a "
                         "grid."};
const Option from{.name = "from",
                  .kind = Kind::number,
                  .metavar = "VALUE",
                  .is_repeatable = true,
                  .default_text = "where -2 ln L has risen by 9",
                  .help = "First value, once per --parameter; may lie beyond the parameter's bounds.",
                  .reason = "Three standard deviations, or the bound of the parameter where that is nearer."};
const Option to{.name = "to",
                .kind = Kind::number,
                .metavar = "VALUE",
                .is_repeatable = true,
                .default_text = "where -2 ln L has risen by 9",
                .help = "Last value, once per --parameter."};
const Option points{.name = "points",
                    .kind = Kind::integer,
                    .metavar = "N",
                    .default_text = "41",
                    .min = 2,
                    .max = 1000000,
                    .help = "Number of values of each parameter, evenly spaced.",
                    .reason = "A smooth curve; a point takes about a millisecond."};
const Option contour_of{.name = "parameter",
                        .kind = Kind::text,
                        .metavar = "NAME",
                        .is_repeatable = true,
                        .help = "Give it twice: the parameter along x, then the one along y."};
const Option contour_level{.name = "level",
                           .kind = Kind::number,
                           .metavar = "CL",
                           .is_repeatable = true,
                           .default_text = "0.6826894921370859 and 0.95",
                           .min = 0.0,
                           .max = 1.0,
                           .min_is_excluded = true,
                           .max_is_excluded = true,
                           .help = "Confidence level, by the chi-squared distribution with two degrees of freedom.",
                           .reason = "What is usually shown: -2 ln L rises by 2.30 and 5.99."};
const Option contour_points{.name = "points",
                            .kind = Kind::integer,
                            .metavar = "N",
                            .default_text = "40",
                            .min = 3,
                            .max = 100000,
                            .help = "Points of each contour.",
                            .reason = "A smooth line; a point takes a few milliseconds."};
const Option at{.name = "at",
                .kind = Kind::assignment,
                .metavar = "NAME=VALUE",
                .is_repeatable = true,
                .help = "Value to test; all of them are tested at once, and what is not named is profiled."};
const Option interval_of{
    .name = "parameter",
    .kind = Kind::text,
    .metavar = "NAME",
    .is_repeatable = true,
    .default_text = "all that are free",
    .help = "Parameter that gets an interval; NAME[i] names a component of a parameter with several."};
const Option interval_level{.name = "level",
                            .kind = Kind::number,
                            .metavar = "CL",
                            .default_text = "0.6826894921370859",
                            .min = 0.0,
                            .max = 1.0,
                            .min_is_excluded = true,
                            .max_is_excluded = true,
                            .help = "Confidence level, by the chi-squared distribution with one degree of freedom.",
                            .reason = "One standard deviation: -2 ln L rises by 1, as MINOS."};
const Option ordering{.name = "test-stat",
                      .kind = Kind::choice,
                      .metavar = "NAME",
                      .default_text = "ttilde",
                      .choices = "ttilde|t",
                      .help =
                          "With --calctype toybased: the likelihood ratio that orders the data; ttilde keeps the "
                          "parameter at or above zero.",
                      .reason = "As Feldman and Cousins."};
const Option impact_of{.name = "parameter",
                       .kind = Kind::text,
                       .metavar = "NAME",
                       .is_repeatable = true,
                       .default_text = "all that are free",
                       .help = "Nuisance parameter to rank; NAME[i] names a component of a parameter with several."};
const Option impact_group{
    .name = "group",
    .kind = Kind::text,
    .metavar = "NAME=PATTERN",
    .is_repeatable = true,
    .help =
        "Nuisance parameters whose common part of the uncertainty is wanted. In the pattern of their names * stands "
        "for any text and ? for any character; several patterns of one NAME make one group."};
const Option linear{.name = "linear", .help = "Only what follows from the covariance: nothing is fitted again."};
const Option top{.name = "top",
                 .kind = Kind::integer,
                 .metavar = "N",
                 .default_text = "all",
                 .min = 1,
                 .max = 1000000,
                 .help = "Show only the N largest in the table and in the picture; JSON has all of them."};
const Option chains{.name = "chains",
                    .kind = Kind::integer,
                    .metavar = "N",
                    .default_text = "4",
                    .min = 1,
                    .max = 1024,
                    .help = "Chains, each from its own starting point; --jobs of them at a time.",
                    .reason = "R-hat compares chains; four are what its authors recommend."};
const Option samples{.name = "samples",
                     .kind = Kind::integer,
                     .metavar = "N",
                     .default_text = "2000",
                     .min = 1,
                     .max = 1e8,
                     .help = "Draws per chain.",
                     .reason = "Means to 2 % and 95 % limits to about 4 % of a standard deviation; R-hat settles."};
const Option warmup{.name = "warmup",
                    .kind = Kind::integer,
                    .metavar = "N",
                    .default_text = "300",
                    .min = 0,
                    .max = 1e8,
                    .help = "Steps per chain that find the step size and the metric, and are thrown away.",
                    .reason = "The metric starts from the Hessian of the fit: there is little to find."};
const Option draws_seed{.name = "seed",
                        .kind = Kind::integer,
                        .metavar = "N",
                        .default_text = "0",
                        .min = 0,
                        .max = 9007199254740991.0,
                        .help = "Seed of the random numbers: the same seed gives the same draws.",
                        .reason = "Results are reproducible unless somebody asks for other draws."};
const Option prior{
    .name = "prior",
    .kind = Kind::text,
    .metavar = "NAME=PRIOR",
    .is_repeatable = true,
    .default_text = "flat within bounds",
    .help =
        "Prior of a parameter, times its constraint if it has one: flat, flat:LOWER,UPPER, normal:MEAN,SD, "
        "half-normal:SD, exponential:MEAN, or log-flat:LOWER,UPPER.",
    .reason = "The convention of the field for signal strengths; constraints are what auxiliary data say."};
const Option posterior_level{.name = "level",
                             .kind = Kind::number,
                             .metavar = "P",
                             .default_text = "0.95",
                             .min = 0.0,
                             .max = 1.0,
                             .min_is_excluded = true,
                             .max_is_excluded = true,
                             .help = "Probability of the upper limit and of the credible intervals.",
                             .reason = "The convention of the field."};
const Option target_acceptance{.name = "target-acceptance",
                               .kind = Kind::number,
                               .metavar = "P",
                               .default_text = "0.8",
                               .min = 0.0,
                               .max = 1.0,
                               .min_is_excluded = true,
                               .max_is_excluded = true,
                               .help = "Acceptance that the step size is made for: higher means smaller steps.",
                               .reason = "Near the optimum of most models; 0.95 where trajectories diverge."};
const Option draws_values{.name = "values", .help = "List every draw of every parameter."};
const Option jobs{.name = "jobs",
                  .letter = 'j',
                  .kind = Kind::integer,
                  .metavar = "N",
                  .default_text = "1",
                  .min = 1,
                  .max = 1024,
                  .help =
                      "Threads that share the points of a patchset, the toys of one question, the parameters of a "
                      "ranking, or chains; the "
                      "results are the same for any number.",
                  .reason = "Batch systems count on one."};

// Fit and nll.

const Option covariance{.name = "covariance", .help = "Add the covariance matrix of all parameters, with their names."};
const Option value{.name = "value", .help = "Accepted for pyhf's sake: twice_nll is always there."};
const Option parameters{
    .name = "parameters",
    .kind = Kind::file,
    .metavar = "FILE",
    .default_text = "initial values",
    .help =
        "JSON object of parameter values, a number or a list for each name: the layout that `relume fit` "
        "prints as mle_parameters. Those it does not mention keep their initial values."};
const Option set{
    .name = "set",
    .kind = Kind::assignment,
    .metavar = "NAME=VALUE",
    .is_repeatable = true,
    .help = "Set one parameter, after --parameters; NAME[i] names a component of a parameter with several."};

// Yields.

const Option prefit{.name = "prefit",
                    .help =
                        "Yields at the initial values, with the uncertainties of the constraints; parameters without "
                        "constraint contribute none. No fit is done."};
const Option postfit{.name = "postfit", .help = "Yields after a fit to the data, with its covariance: the default."};
const Option yield_channel{.name = "channel",
                           .kind = Kind::text,
                           .metavar = "NAME",
                           .is_repeatable = true,
                           .default_text = "all",
                           .help = "Channel to show and to sum over."};
const Option yield_covariance{.name = "covariance",
                              .help = "Add covariance and correlation of the totals of all bins, and of all channels."};
const Option propagation{
    .name = "propagation",
    .kind = Kind::choice,
    .metavar = "KIND",
    .default_text = "linear",
    .choices = "linear|one-sigma",
    .help =
        "Derivatives of the yields: at the point itself, or half the difference between one standard deviation up and "
        "down of each parameter, as cabinetry and TRExFitter.",
    .reason = "Exact for small uncertainties, and the fastest."};
const Option unblind{.name = "unblind", .help = "Show the data of channels that the fit leaves out, too."};

// Output.

const Option output_file{.name = "output-file",
                         .letter = 'o',
                         .kind = Kind::file,
                         .metavar = "FILE",
                         .default_text = "standard output",
                         .help = "Where to write the result; the file is replaced as a whole or not at all."};
const Option format{.name = "format",
                    .kind = Kind::choice,
                    .metavar = "FORMAT",
                    .default_text = "json",
                    .choices = "json|table",
                    .help = "JSON for programs, a table for people.",
                    .reason = "Results are mostly read by scripts."};
const Option inspect_format{.name = "format",
                            .kind = Kind::choice,
                            .metavar = "FORMAT",
                            .default_text = "table",
                            .choices = "json|table",
                            .help = "JSON for programs, a table for people.",
                            .reason = "What is in a file is mostly read by people."};
const Option man_format{.name = "format",
                        .kind = Kind::choice,
                        .metavar = "FORMAT",
                        .default_text = "roff",
                        .choices = "roff|markdown",
                        .help = "roff for man, markdown for docs/reference/options.md."};
const Option plot{
    .name = "plot",
    .kind = Kind::file,
    .metavar = "FILE",
    .help =
        "Draw the result too (docs/guide/plots.md): .pdf, .png or .svg. For all points of a patchset, a band or an "
        "exclusion contour; for a fit, pulls and constraints; for impacts, the ranking; for yields, data and "
        "prediction; for a posterior, a corner plot; for others, what they print. Needs the Python package: the "
        "interpreter is $RELUME_PYTHON, or python3 on PATH."};

}  // namespace relume::cli::options
