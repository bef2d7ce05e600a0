// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "options.hpp"

namespace relume::cli {

namespace options {

// ---- the model ------------------------------------------------------------------------------------------------------

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

// ---- the data -------------------------------------------------------------------------------------------------------

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

// ---- tests and limits -----------------------------------------------------------------------------------------------

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

// ---- checks ---------------------------------------------------------------------------------------------------------

const Option fail_on{.name = "fail-on",
                     .kind = Kind::choice,
                     .metavar = "SEVERITY",
                     .default_text = "error",
                     .choices = "note|warning|error|never",
                     .help = "Exit with 3 when something of this severity, or a worse one, was found.",
                     .reason = "Published models have warnings, and their answers are used all the same."};
const Option skip{.name = "skip",
                  .kind = Kind::text,
                  .metavar = "CHECK",
                  .is_repeatable = true,
                  .help = "Leave out a check, by its name."};
const Option places{.name = "places",
                    .kind = Kind::integer,
                    .metavar = "N",
                    .default_text = "3",
                    .min = 0,
                    .max = 1e9,
                    .help = "How many places to show of each check, the largest first; 0 for all.",
                    .reason = "Published models have thousands of some kinds."};
const Option large_norm{.name = "large-norm",
                        .kind = Kind::number,
                        .metavar = "SHARE",
                        .default_text = "0.5",
                        .min = 0.0,
                        .help = "A variation is large when it changes the yield of its sample by more than this.",
                        .reason =
                            "One half is hardly one standard deviation of something known. Combine's 0.1 drowns "
                            "published models."};
const Option large_shape{.name = "large-shape",
                         .kind = Kind::number,
                         .metavar = "SHARE",
                         .default_text = "1.0",
                         .min = 0.0,
                         .help = "So is one that changes a bin by more than this, at the nominal yield.",
                         .reason = "Twice or nothing."};
const Option same_side{.name = "same-side",
                       .kind = Kind::number,
                       .metavar = "SHARE",
                       .default_text = "0.01",
                       .min = 0.0,
                       .help = "Up and down go to the same side when both change a yield, or a bin, by more than this.",
                       .reason = "Less is rounding, and statistics of the simulation."};
const Option relevant{
    .name = "relevant",
    .kind = Kind::number,
    .metavar = "SHARE",
    .default_text = "0.01",
    .min = 0.0,
    .help = "What is odd about a variation counts when it changes a bin, all samples together, by this.",
    .reason = "Published models have thousands of odd variations on samples that hardly matter."};
const Option negligible_signal{.name = "negligible-signal",
                               .kind = Kind::number,
                               .metavar = "RATIO",
                               .default_text = "0.01",
                               .min = 0.0,
                               .help = "A signal is negligible below this many standard deviations of the background.",
                               .reason = "A hundredth of a standard deviation changes no answer."};

// ---- fit and nll ----------------------------------------------------------------------------------------------------

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

// ---- yields ---------------------------------------------------------------------------------------------------------

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

// ---- maps -----------------------------------------------------------------------------------------------------------

const Option topology{.name = "topology",
                      .kind = Kind::text,
                      .metavar = "NAME",
                      .help = "The simplified model whose maps are read; --list shows them."};
const Option masses{.name = "masses",
                    .kind = Kind::text,
                    .metavar = "M[,M...]",
                    .help =
                        "Masses in GeV, in the order that --list shows; those of one branch are enough where both are "
                        "alike."};
const Option widths{
    .name = "widths", .kind = Kind::text, .metavar = "W[,W...]", .help = "Widths in GeV, where the map has them."};
const Option cross_section{.name = "cross-section",
                           .kind = Kind::text,
                           .metavar = "SIGMA",
                           .help = "Cross section times branching fractions, with its unit: 10fb, 0.01pb."};
const Option list_topologies{.name = "list", .help = "Show what maps there are."};
const Option outside_is_zero{
    .name = "outside-is-zero",
    .help = "Regions whose map does not reach the masses see no signal, as SModels has it.",
    .reason = "Off: what is not known is not zero; such regions are left out, with a warning."};
const Option for_model{.name = "for-model",
                       .kind = Kind::text,
                       .metavar = "NAME",
                       .help =
                           "Address the channels of this full likelihood, which globalInfo.txt names with the regions "
                           "that it covers, instead of regions."};

// ---- output ---------------------------------------------------------------------------------------------------------

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

// ---- edits ----------------------------------------------------------------------------------------------------------

const Option join{
    .name = "join",
    .letter = 'j',
    .kind = Kind::choice,
    .metavar = "KIND",
    .default_text = "none",
    .choices = "none|outer|left outer|right outer",
    .help =
        "What happens to what both workspaces have: none refuses it, outer merges what is equal and refuses "
        "what differs, 'left outer' and 'right outer' keep that side.",
    .reason = "As pyhf: nothing is merged that was not asked for."};
const Option merge_channels{.name = "merge-channels",
                            .help = "Join the samples of channels that both workspaces have (not with --join none)."};
const Option no_merge_channels{.name = "no-merge-channels", .help = "The default, for pyhf's sake."};

const Option prune_channel{.name = "channel",
                           .letter = 'c',
                           .kind = Kind::text,
                           .metavar = "NAME",
                           .is_repeatable = true,
                           .help = "Channel to remove."};
const Option prune_sample{.name = "sample",
                          .letter = 's',
                          .kind = Kind::text,
                          .metavar = "NAME",
                          .is_repeatable = true,
                          .help = "Sample to remove, in every channel."};
const Option prune_modifier{.name = "modifier",
                            .letter = 'm',
                            .kind = Kind::text,
                            .metavar = "NAME",
                            .is_repeatable = true,
                            .help = "Modifier to remove, from every sample."};
const Option prune_modifier_type{.name = "modifier-type",
                                 .letter = 't',
                                 .kind = Kind::choice,
                                 .metavar = "TYPE",
                                 .is_repeatable = true,
                                 .choices = "histosys|lumi|normfactor|normsys|shapefactor|shapesys|staterror",
                                 .help = "Modifier type to remove, from every sample."};
const Option prune_measurement{.name = "measurement",
                               .kind = Kind::text,
                               .metavar = "NAME",
                               .is_repeatable = true,
                               .help = "Measurement to remove."};
const Option small_norm{.name = "small-norm",
                        .kind = Kind::number,
                        .metavar = "SHARE",
                        .default_text = "0.005",
                        .min = 0.0,
                        .help = "A normalisation goes when neither side changes the yield by more than this.",
                        .reason = "What ATLAS analyses use with TRExFitter; check what it costs with --check."};
const Option small_shape{
    .name = "small-shape",
    .kind = Kind::number,
    .metavar = "SHARE",
    .default_text = "0.005",
    .min = 0.0,
    .help = "A shape goes when neither side changes a bin by more than this, at the nominal yield.",
    .reason = "As --small-norm."};
const Option relative_to{.name = "relative-to",
                         .kind = Kind::choice,
                         .metavar = "WHAT",
                         .default_text = "sample",
                         .choices = "sample|total",
                         .help = "What effects are shares of: the sample, or all samples of the channel together.",
                         .reason = "The cautious one: total also removes large effects on small samples."};
const Option in_modifier{.name = "modifier",
                         .letter = 'm',
                         .kind = Kind::text,
                         .metavar = "NAME",
                         .is_repeatable = true,
                         .default_text = "all",
                         .help = "Only this modifier."};
const Option in_channel{.name = "channel",
                        .letter = 'c',
                        .kind = Kind::text,
                        .metavar = "NAME",
                        .is_repeatable = true,
                        .default_text = "all",
                        .help = "Only in this channel."};
const Option in_sample{.name = "sample",
                       .letter = 's',
                       .kind = Kind::text,
                       .metavar = "NAME",
                       .is_repeatable = true,
                       .default_text = "all",
                       .help = "Only on this sample."};
const Option check{.name = "check",
                   .help = "Compute limits and the uncertainty of the parameter of interest of both models."};
const Option report{.name = "report",
                    .kind = Kind::file,
                    .metavar = "FILE",
                    .help = "Where to write, as JSON, what was removed and what that costs."};
const Option simplify_method{
    .name = "method",
    .kind = Kind::choice,
    .metavar = "METHOD",
    .default_text = "toys-postfit",
    .choices = "toys-prefit|toys-postfit|linear|postfit-total|linearised",
    .help =
        "Moments of the background over its priors, over what a fit of control regions leaves, or that to first "
        "order; post-fit yields with one total uncertainty; or all named parameters, each to first order.",
    .reason = "Control regions are used, those of the signal only once, and long tails are kept."};
const Option control{.name = "control",
                     .kind = Kind::text,
                     .metavar = "NAME",
                     .is_repeatable = true,
                     .help = "Control region: a channel that is fitted, and is not in the result. Never guessed."};
const Option result_channel{.name = "channel",
                            .kind = Kind::text,
                            .metavar = "NAME",
                            .is_repeatable = true,
                            .help = "Channel of the result; without, all that are no control regions."};
const Option fit_all_regions{
    .name = "fit-all-regions",
    .help = "Fit all channels. The data of signal regions then count twice: in the fit, and again in the result."};
const Option moment_toys{
    .name = "toys",
    .kind = Kind::integer,
    .metavar = "N",
    .default_text = "100000",
    .min = 1000,
    .max = 1e9,
    .help = "Draws of the parameters behind moments.",
    .reason = "Third moments of moderately skewed backgrounds are then known to about two percent."};
const Option decorrelate_bins{
    .name = "decorrelate",
    .help = "With postfit-total: a parameter for each bin, instead of one that moves all of them together."};
const Option as{.name = "as",
                .kind = Kind::choice,
                .metavar = "FORMAT",
                .choices = "relume|pyhf",
                .help =
                    "relume's likelihood file, or a pyhf workspace, which cannot have third moments. Without: relume "
                    "for moments, pyhf for the other methods."};
const Option simplify_tolerance{
    .name = "tolerance",
    .kind = Kind::number,
    .metavar = "SHARE",
    .default_text = "0.1",
    .min = 0.0,
    .help = "How far observed or median expected limit may move; beyond, nothing is written.",
    .reason = "Cross sections of signals are known to 10 to 20 percent."};
const Option target_accuracy{.name = "target-accuracy",
                             .kind = Kind::number,
                             .metavar = "SHARE",
                             .min = 0.0,
                             .min_is_excluded = true,
                             .help =
                                 "Try methods, from the smallest result to the largest, until limits move by no "
                                 "more than this."};
const Option no_check{.name = "no-check", .help = "Do not compare limits of the full and the simplified likelihood."};
const Option force{.name = "force", .help = "Write it even when limits move by more than the tolerance."};
const Option simplify_report{.name = "report",
                             .kind = Kind::file,
                             .metavar = "FILE",
                             .help =
                                 "Where to write, as JSON, moments and limits side by side; also when the result is "
                                 "refused."};
const Option symmetrisation{
    .name = "method",
    .kind = Kind::choice,
    .metavar = "METHOD",
    .default_text = "average",
    .choices = "average|mirror|maximum|absolute",
    .help =
        "average: (up - down) / 2, and what has one side only is mirrored; mirror: nothing but that; maximum: the "
        "larger side of each bin; absolute: (|up| + |down|) / 2.",
    .reason = "Keeps the first-order effect of what has two sides."};
const Option decorrelated{.name = "modifier",
                          .letter = 'm',
                          .kind = Kind::text,
                          .metavar = "NAME",
                          .is_repeatable = true,
                          .help = "Modifier to take apart; at least one."};
const Option by{
    .name = "by",
    .kind = Kind::choice,
    .metavar = "WHAT",
    .default_text = "channel",
    .choices = "channel|sample|channel-and-sample",
    .help = "What gets a parameter of its own: NAME becomes NAME_CHANNEL, NAME_SAMPLE, NAME_CHANNEL_SAMPLE.",
    .reason = "Regions are what uncertainties are most often correlated over by mistake."};
const Option rename_channel{.name = "channel",
                            .letter = 'c',
                            .kind = Kind::pair,
                            .metavar = "OLD NEW",
                            .is_repeatable = true,
                            .help = "Channel to rename."};
const Option rename_sample{.name = "sample",
                           .letter = 's',
                           .kind = Kind::pair,
                           .metavar = "OLD NEW",
                           .is_repeatable = true,
                           .help = "Sample to rename, in every channel."};
const Option rename_modifier{.name = "modifier",
                             .letter = 'm',
                             .kind = Kind::pair,
                             .metavar = "OLD NEW",
                             .is_repeatable = true,
                             .help = "Modifier to rename, with its parameter."};
const Option rename_measurement{.name = "measurement",
                                .kind = Kind::pair,
                                .metavar = "OLD NEW",
                                .is_repeatable = true,
                                .help = "Measurement to rename."};

const Option convert_to{.name = "to",
                        .kind = Kind::choice,
                        .metavar = "FORMAT",
                        .default_text = "relume",
                        .choices = "relume|pyhf",
                        .help = "relume: a likelihood file, which holds any kind; pyhf: a workspace.",
                        .reason = "Nothing is lost."};
const Option convert_covariance{.name = "covariance",
                                .kind = Kind::file,
                                .metavar = "TABLE",
                                .help = "HEPData table of the covariance or correlations of the backgrounds."};
const Option matrix_kind{.name = "matrix",
                         .kind = Kind::choice,
                         .metavar = "KIND",
                         .default_text = "automatic",
                         .choices = "automatic|covariance|correlation",
                         .help = "What the matrix holds; correlations are scaled with the errors of the backgrounds.",
                         .reason = "Headings say it; failing that, a diagonal of ones does."};
const Option observed_column{.name = "observed",
                             .kind = Kind::text,
                             .metavar = "HEADING",
                             .help = "Column (or row) of the observed events in the table of yields."};
const Option background_column{.name = "background",
                               .kind = Kind::text,
                               .metavar = "HEADING",
                               .help = "Column (or row) of the backgrounds and their errors."};
const Option subset{.name = "subset",
                    .kind = Kind::text,
                    .metavar = "NAME",
                    .help = "Subset of regions, where a MadAnalysis 5 file has covariances of several."};
const Option lossy{.name = "lossy",
                   .help = "Write also what leaves something out; without it, that is an error which says what."};

const Option algorithm{.name = "algorithm",
                       .letter = 'a',
                       .kind = Kind::choice,
                       .metavar = "NAME",
                       .is_repeatable = true,
                       .default_text = "sha256",
                       .choices = "md5|sha256",
                       .help = "Hash function.",
                       .reason = "As pyhf."};
const Option digest_json{.name = "json", .letter = 'j', .help = "Print a JSON object of algorithm and digest."};
const Option digest_plaintext{
    .name = "plaintext", .letter = 'p', .help = "Print one ALGORITHM:DIGEST per line, the default."};

const Option patch_name{.name = "name", .kind = Kind::text, .metavar = "NAME", .help = "Name of the point."};
const Option with_metadata{.name = "with-metadata",
                           .help = "Print {\"metadata\", \"patch\"} instead of the operations alone."};

}  // namespace options

namespace {

using Options = const Option* const;

Options model_options[] = {&options::patch,
                           &options::patchset,
                           &options::point,
                           &options::signal,
                           &options::other_channels_zero,
                           &options::region,
                           &options::constraints,
                           &options::marginalise,
                           &options::measurement,
                           &options::poi,
                           &options::fix,
                           &options::drop_channel,
                           &options::interpcode,
                           &options::error_on_error,
                           &options::clip_sample_data,
                           &options::clip_bin_data};
Options data_options[] = {&options::only_channel, &options::mask_channel, &options::asimov_data, &options::inject};
Options output_options[] = {&options::output_file, &options::format};
Options plot_output_options[] = {&options::output_file, &options::format, &options::plot};
Options inspect_output_options[] = {&options::output_file, &options::inspect_format};
Options signal_options[] = {&options::list_topologies, &options::topology,        &options::masses,   &options::widths,
                            &options::cross_section,   &options::outside_is_zero, &options::for_model};
Options signal_output_options[] = {&options::output_file, &options::inspect_format};
Options file_options[] = {&options::output_file};

Options cls_options[] = {&options::test_poi, &options::test_stat, &options::asimov,
                         &options::calctype, &options::toys,      &options::seed,
                         &options::ensemble, &options::accuracy,  &options::jobs};
Options toys_options[] = {&options::test_poi, &options::test_stat, &options::asimov,   &options::toys,
                          &options::seed,     &options::first,     &options::ensemble, &options::accuracy,
                          &options::batch,    &options::shards,    &options::values,   &options::jobs};
Options limit_options[] = {&options::level,       &options::limit_test_stat, &options::asimov,
                           &options::no_expected, &options::calctype,        &options::toys,
                           &options::seed,        &options::ensemble,        &options::accuracy,
                           &options::batch,       &options::shards,          &options::jobs};
Options scan_options[] = {&options::scanned, &options::from, &options::to, &options::points};
Options contour_options[] = {&options::contour_of, &options::contour_level, &options::contour_points};
Options test_options[] = {&options::at};
Options intervals_options[] = {&options::interval_of, &options::interval_level, &options::calctype, &options::ordering,
                               &options::toys,        &options::seed,           &options::ensemble, &options::accuracy,
                               &options::batch,       &options::shards,         &options::jobs};
Options impacts_options[] = {&options::impact_of, &options::impact_group, &options::linear, &options::top,
                             &options::jobs};
Options goodness_options[] = {&options::goodness_toys, &options::seed, &options::values, &options::compatibility,
                              &options::jobs};
Options posterior_options[] = {
    &options::prior,  &options::posterior_level, &options::chains,       &options::samples,
    &options::warmup, &options::draws_seed,      &options::draws_values, &options::target_acceptance,
    &options::jobs};
Options fit_options[] = {&options::covariance, &options::value};
Options significance_options[] = {&options::asimov,   &options::calctype, &options::toys, &options::seed,
                                  &options::ensemble, &options::accuracy, &options::jobs};
Options yields_options[] = {&options::prefit,           &options::postfit,     &options::yield_channel,
                            &options::yield_covariance, &options::propagation, &options::unblind};
Options nll_options[] = {&options::parameters, &options::set};
Options combine_options[] = {&options::join, &options::merge_channels, &options::no_merge_channels};
Options prune_options[] = {&options::prune_channel, &options::prune_sample, &options::prune_modifier,
                           &options::prune_modifier_type, &options::prune_measurement};
Options rename_options[] = {&options::rename_channel, &options::rename_sample, &options::rename_modifier,
                            &options::rename_measurement};
Options validate_options[] = {
    &options::fail_on,     &options::skip,      &options::places,   &options::large_norm,
    &options::large_shape, &options::same_side, &options::relevant, &options::negligible_signal};
Options prune_small_options[] = {&options::small_norm,  &options::small_shape, &options::relative_to,
                                 &options::in_modifier, &options::in_channel,  &options::in_sample,
                                 &options::check,       &options::report};
Options symmetrise_options[] = {&options::symmetrisation, &options::in_modifier, &options::in_channel,
                                &options::in_sample};
Options simplify_options[] = {&options::simplify_method,
                              &options::control,
                              &options::result_channel,
                              &options::fit_all_regions,
                              &options::moment_toys,
                              &options::seed,
                              &options::jobs,
                              &options::decorrelate_bins,
                              &options::simplify_tolerance,
                              &options::target_accuracy,
                              &options::no_check,
                              &options::force,
                              &options::simplify_report,
                              &options::as};
Options decorrelate_options[] = {&options::decorrelated, &options::by, &options::in_channel, &options::in_sample};
Options convert_options[] = {&options::convert_to,
                             &options::convert_covariance,
                             &options::matrix_kind,
                             &options::observed_column,
                             &options::background_column,
                             &options::subset,
                             &options::region,
                             &options::lossy};
Options digest_options[] = {&options::algorithm, &options::digest_json, &options::digest_plaintext};
Options extract_options[] = {&options::patch_name, &options::with_metadata};
Options apply_options[] = {&options::patch_name};
Options man_options[] = {&options::man_format};

constexpr std::string_view model_title = "Model", data_title = "Data", output_title = "Output";
const OptionGroup inspect_groups[] = {{model_title, model_options}, {output_title, inspect_output_options}};
const OptionGroup cls_groups[] = {{"Test", cls_options},
                                  {model_title, model_options},
                                  {data_title, data_options},
                                  {output_title, plot_output_options}};
const OptionGroup toys_groups[] = {{"Toys", toys_options},
                                   {model_title, model_options},
                                   {data_title, data_options},
                                   {output_title, plot_output_options}};
const OptionGroup limit_groups[] = {{"Limit", limit_options},
                                    {model_title, model_options},
                                    {data_title, data_options},
                                    {output_title, plot_output_options}};
const OptionGroup fit_groups[] = {{"Fit", fit_options},
                                  {model_title, model_options},
                                  {data_title, data_options},
                                  {output_title, plot_output_options}};
const OptionGroup goodness_groups[] = {{"Goodness of fit", goodness_options},
                                       {model_title, model_options},
                                       {data_title, data_options},
                                       {output_title, plot_output_options}};
const OptionGroup scan_groups[] = {{"Scan", scan_options},
                                   {model_title, model_options},
                                   {data_title, data_options},
                                   {output_title, plot_output_options}};
const OptionGroup contour_groups[] = {{"Contours", contour_options},
                                      {model_title, model_options},
                                      {data_title, data_options},
                                      {output_title, plot_output_options}};
const OptionGroup test_groups[] = {
    {"Test", test_options}, {model_title, model_options}, {data_title, data_options}, {output_title, output_options}};
const OptionGroup intervals_groups[] = {{"Intervals", intervals_options},
                                        {model_title, model_options},
                                        {data_title, data_options},
                                        {output_title, output_options}};
const OptionGroup impacts_groups[] = {{"Impacts", impacts_options},
                                      {model_title, model_options},
                                      {data_title, data_options},
                                      {output_title, plot_output_options}};
const OptionGroup significance_groups[] = {{"Test", significance_options},
                                           {model_title, model_options},
                                           {data_title, data_options},
                                           {output_title, output_options}};
const OptionGroup yields_groups[] = {{"Yields", yields_options},
                                     {model_title, model_options},
                                     {data_title, data_options},
                                     {output_title, plot_output_options}};
const OptionGroup nll_groups[] = {
    {"Point", nll_options}, {model_title, model_options}, {data_title, data_options}, {output_title, output_options}};
const OptionGroup posterior_groups[] = {{"Posterior", posterior_options},
                                        {model_title, model_options},
                                        {data_title, data_options},
                                        {output_title, plot_output_options}};
const OptionGroup combine_groups[] = {{"Combination", combine_options}, {output_title, file_options}};
const OptionGroup prune_groups[] = {{"Selection", prune_options}, {output_title, file_options}};
const OptionGroup validate_groups[] = {
    {"Checks", validate_options}, {model_title, model_options}, {output_title, inspect_output_options}};
const OptionGroup prune_small_groups[] = {
    {"Pruning", prune_small_options}, {model_title, model_options}, {output_title, file_options}};
const OptionGroup symmetrise_groups[] = {{"Symmetrisation", symmetrise_options}, {output_title, file_options}};
const OptionGroup simplify_groups[] = {
    {"Simplification", simplify_options}, {model_title, model_options}, {output_title, file_options}};
const OptionGroup decorrelate_groups[] = {{"Decorrelation", decorrelate_options}, {output_title, file_options}};
const OptionGroup signal_groups[] = {{"Maps", signal_options}, {output_title, signal_output_options}};
const OptionGroup rename_groups[] = {{"Names", rename_options}, {output_title, file_options}};
const OptionGroup file_groups[] = {{output_title, file_options}};
const OptionGroup convert_groups[] = {{"Conversion", convert_options}, {output_title, file_options}};
const OptionGroup detect_groups[] = {{output_title, inspect_output_options}};
const OptionGroup digest_groups[] = {{"Digest", digest_options}, {output_title, file_options}};
const OptionGroup list_groups[] = {{output_title, inspect_output_options}};
const OptionGroup extract_groups[] = {{"Point", extract_options}, {output_title, file_options}};
const OptionGroup apply_groups[] = {{"Point", apply_options}, {output_title, file_options}};
const OptionGroup man_groups[] = {{output_title, man_options}};

constexpr std::string_view workspace_help =
    "Any published result, a pyhf workspace for one: a path, a directory of the SModels data base, '-' for standard "
    "input, a .json.gz, or ARCHIVE.tar.gz::path/BkgOnly.json.";
const Positional workspace[] = {{"WORKSPACE", workspace_help, "-"}};
const Positional two_workspaces[] = {{"LEFT", workspace_help}, {"RIGHT", "The other workspace."}};
const Positional patchset_file[] = {
    {"PATCHSET", "Patchset: a path, '-' for standard input, or a file in an archive.", "-"}};
const Positional workspace_and_patchset[] = {{"WORKSPACE", workspace_help},
                                             {"PATCHSET", "Patchset for that workspace."}};
const Positional map_directory[] = {
    {"DIRECTORY", "A result of the SModels data base: the folder with globalInfo.txt."}};
const Positional files[] = {
    {.name = "FILE", .help = "Anything: a path, a directory, '-', or ARCHIVE::MEMBER.", .is_repeatable = true}};
const Positional convertible[] = {{"INPUT",
                                   "A likelihood of any format, or a HEPData table of yields: a path, '-' for standard "
                                   "input, or a file in an archive.",
                                   "-"}};
const Positional shell[] = {{"SHELL", "The shell to complete for.", {}, "bash|zsh|fish"}};

const Example inspect_examples[] = {
    {"relume inspect BkgOnly.json", "What is in a file, and what is odd about it."},
    {"relume inspect HEPData.tar.gz::likelihood/BkgOnly.json --format json",
     "The same for programs, from a published archive."},
};
const Example validate_examples[] = {
    {"relume validate BkgOnly.json --patch signal.json", "What is wrong with a model before anybody fits it."},
    {"relume validate workspace.json --fail-on warning --skip one-sided-variation --format json",
     "In a continuous integration, with a check left out."},
    {"relume validate workspace.json --large-norm 0.1 --places 0", "Every normalisation above 10 %."},
};
const Example cls_examples[] = {
    {"relume cls BkgOnly.json --patch signal.json", "Is this signal excluded?"},
    {"relume cls BkgOnly.json --signal my_yields.json --format table", "The same for your own yields."},
    {"curl -sL https://example.org/workspace.json | relume cls -", "A workspace from the network."},
};
const Example limit_examples[] = {
    {"relume limit BkgOnly.json --patchset signals.json --jobs 2 --output-file limits.json",
     "Limits on every point of a patchset."},
    {"relume limit BkgOnly.json --patchset signals.json --point C1N2_800_200", "Limit on one of them."},
    {"relume limit BkgOnly.json --patchset signals.json --output-file limits.json --plot exclusion.pdf",
     "What is excluded, as a picture."},
    {"relume limit BkgOnly.json --signal my_yields.json --level 0.9", "A limit at 90 % confidence level."},
    {"relume limit BkgOnly.json --signal my_yields.json --calctype toybased --toys 5000 --jobs 2",
     "A limit from toys, for few events."},
};
const Example fit_examples[] = {
    {"relume fit BkgOnly.json --patch signal.json --covariance", "Best fit with uncertainties and covariance matrix."},
    {"relume fit BkgOnly.json --patch signal.json --fix mu_SIG=0 --drop-channel CRtop",
     "A background-only fit without one region."},
    {"relume fit workspace.json --poi mu_tttt --format table", "For people."},
};
const Example goodness_examples[] = {
    {"relume goodness BkgOnly.json --format table", "Does the background describe the data, and where does it not?"},
    {"relume goodness workspace.json --toys 1000 --jobs 2 --plot goodness.pdf", "For few events; with a picture."},
    {"relume goodness workspace.json --compatibility", "Do the channels agree about the signal strength?"},
};
const Example scan_examples[] = {
    {"relume scan BkgOnly.json --patch signal.json", "The profile likelihood of the signal strength."},
    {"relume scan workspace.json --parameter alpha_JES --from -2 --to 2 --points 81 --format table",
     "Of a nuisance parameter, over a range."},
    {"relume scan workspace.json --parameter mu --parameter alpha_JES --points 21", "A grid of two parameters."},
};
const Example contour_examples[] = {
    {"relume contour workspace.json --parameter mu_ggF --parameter mu_VBF", "68 % and 95 % contours."},
    {"relume contour workspace.json --parameter mu --parameter mu_top --level 0.95 --points 100 --format table",
     "One of them, finer, for people."},
};
const Example test_examples[] = {
    {"relume test workspace.json --at mu_ggF=1 --at mu_VBF=1", "Do the data agree with both predictions?"},
    {"relume test workspace.json --at alpha_JES=0", "Is this nuisance parameter pulled?"},
};
const Example intervals_examples[] = {
    {"relume intervals BkgOnly.json --patch signal.json --format table", "MINOS for all parameters."},
    {"relume intervals workspace.json --parameter mu --level 0.95", "A 95 % interval of one."},
    {"relume intervals workspace.json --calctype toybased --level 0.9 --jobs 2",
     "Feldman-Cousins, for few events or next to a bound."},
};
const Example impacts_examples[] = {
    {"relume impacts workspace.json --format table --top 20 --plot ranking.pdf",
     "The twenty that move the signal strength most."},
    {"relume impacts workspace.json --linear --group 'jets=JET_*' --group 'MC=staterror_*' --format table",
     "What groups contribute, from the covariance alone."},
};
const Example significance_examples[] = {
    {"relume significance BkgOnly.json --patch signal.json", "Discovery p-value, observed and expected for mu = 1."},
};
const Example toys_examples[] = {
    {"relume toys BkgOnly.json --patch signal.json --toys 10000 --jobs 2", "CLs without asymptotic formulas."},
    {"relume toys BkgOnly.json --patch signal.json --toys 1000000 --shards run1",
     "A long run: the same command again goes on where it was."},
    {"relume toys BkgOnly.json --patch signal.json --accuracy 0.002 --toys 1000000 --values",
     "As many as it takes, with all values of the statistic."},
};
const Example yields_examples[] = {
    {"relume yields BkgOnly.json --format table", "What each sample contributes after the fit, beside the data."},
    {"relume yields BkgOnly.json --only-channel CRtop --only-channel CRZ --format table",
     "A fit to control regions predicts all others, whose data are not shown."},
    {"relume yields BkgOnly.json --prefit --plot prefit.pdf", "Before a fit, and as a picture."},
};
const Example posterior_examples[] = {
    {"relume posterior BkgOnly.json --patch signal.json --jobs 2 --format table", "Limit and all parameters."},
    {"relume posterior workspace.json --prior mu=half-normal:2 --samples 5000 --values --output-file draws.json",
     "Another prior, and every draw."},
    {"relume posterior workspace.json --plot corner.pdf", "With a picture."},
};
const Example nll_examples[] = {
    {"relume nll workspace.json --set alpha_JES=0.3", "-ln L with one parameter away from its initial value."},
    {"relume fit workspace.json | jq .mle_parameters | relume nll workspace.json --parameters -",
     "-ln L at the best fit."},
};
const Example combine_examples[] = {
    {"relume combine ee.json mumu.json --join outer --output-file both.json",
     "Two channels of one analysis in one workspace."},
};
const Example prune_examples[] = {
    {"relume prune workspace.json -c CRtop -t staterror", "Without a channel, and without Monte Carlo uncertainties."},
};
const Example prune_small_examples[] = {
    {"relume prune-small workspace.json --check --output-file less.json",
     "Without effects below 0.5 %, and what that does to limits."},
    {"relume prune-small BkgOnly.json --small-norm 0.01 --small-shape 0.02 --relative-to total --report removed.json "
     "--output-file less.json",
     "What matters to no bin of a channel, with a list of what went."},
};
const Example symmetrise_examples[] = {
    {"relume symmetrise workspace.json --method mirror", "Variations to one side get their mirror image."},
    {"relume symmetrise workspace.json -m JES -m JER -s top", "Two uncertainties of one sample."},
};
const Example decorrelate_examples[] = {
    {"relume decorrelate workspace.json -m JES", "A parameter JES_CHANNEL for each channel."},
    {"relume decorrelate workspace.json -m ttbar_scale --by channel-and-sample -c SR", "Only in SR, for each sample."},
};
const Example signal_examples[] = {
    {"relume signal CMS-SUS-20-004-eff --list", "Which topologies, over which masses."},
    {"relume signal CMS-SUS-20-004-eff --topology TChiHH --masses 400,100 --cross-section 10fb -o signal.json",
     "Yields in all regions, for --signal."},
};
const Example simplify_examples[] = {
    {"relume simplify BkgOnly.json --control CRtt_meff --patchset patchset.json --point sbottom_600_280_150 "
     "--output-file simplified.json",
     "Moments of the background of all other channels after a fit of CRtt_meff, checked with this signal."},
    {"relume simplify BkgOnly.json --control CRtt --target-accuracy 0.05 --report report.json --output-file less.json",
     "The smallest result whose limits move by no more than 5 %."},
    {"relume simplify BkgOnly.json --method postfit-total --fit-all-regions --output-file total.json",
     "The layout of simplified ATLAS likelihoods."},
};
const Example rename_examples[] = {
    {"relume rename workspace.json -m alpha_JES JES_2018 -c SR SR_2018",
     "New names for a systematic uncertainty and a channel."},
};
const Example sort_examples[] = {{"relume sort workspace.json", "Everything in alphabetical order."}};
const Example detect_examples[] = {
    {"relume detect *.json", "What each file is, what it holds, and what it lacks to be a likelihood."},
};
const Example convert_examples[] = {
    {"relume convert t15.json --covariance t14.json -o likelihood.json",
     "A simplified likelihood of two tables from HEPData."},
    {"relume convert likelihood.json --to pyhf -o BkgOnly.json", "The same as a workspace, exactly."},
    {"relume convert cms_sus_16_039.info --subset SRA", "One of several covariances of a MadAnalysis 5 file."},
};
const Example digest_examples[] = {
    {"relume digest BkgOnly.json", "sha256:... as pyhf prints it."},
    {"relume digest BkgOnly.json -a md5 -a sha256 --json", "What a patchset would declare."},
};
const Example list_examples[] = {{"relume patchset list signals.json", "The points with their values."}};
const Example extract_examples[] = {
    {"relume patchset extract signals.json --name C1N2_800_200 --output-file signal.json",
     "One point as a JSON Patch."},
};
const Example apply_examples[] = {
    {"relume patchset apply BkgOnly.json signals.json --name C1N2_800_200", "The workspace with that signal."},
};
const Example verify_examples[] = {
    {"relume patchset verify BkgOnly.json signals.json", "Are these patches for this workspace?"}};
const Example completions_examples[] = {
    {"relume completions bash > ~/.local/share/bash-completion/completions/relume", "For bash."},
    {"relume completions fish > ~/.config/fish/completions/relume.fish", "For fish."},
};
const Example man_examples[] = {{"relume man | man -l -", "Read it."}};

const Command all_commands[] = {
    {"inspect", "Show what is in a workspace, and what is odd about it",
     "Lists channels, samples, modifiers, parameters and measurements, and everything that commonly goes wrong with "
     "published models: parameters that do nothing, one-sided variations, empty signals, constraints that are hardly "
     "ones.",
     workspace, inspect_groups, inspect_examples, run_inspect},
    {"validate", "Check a model for what is wrong or doubtful",
     "Empty, one-sided and copied variations, effects that are too large, bins without prediction, signals that are "
     "negligible, parameters that nothing constrains, and more: docs/concepts/bad_models.md lists all checks. Each "
     "comes with its severity, the places, the numbers and what to do. No fit is done. Exits with 3 when there is an "
     "error.",
     workspace, validate_groups, validate_examples, run_validate},
    {"cls", "Test a signal: observed and expected CLs",
     "Asymptotic CLs for one value of the parameter of interest. A signal is excluded at 95 % confidence level when "
     "CLs_obs is "
     "below 0.05. With --patchset and no --point, every point is tested.",
     workspace, cls_groups, cls_examples, run_cls},
    {"limit", "Upper limit on the signal strength, observed and expected",
     "Finds where CLs equals 1 - CL, however far away that is. With --patchset and no --point, every point gets its "
     "limit. With a "
     "signal file that has a cross section, limits also come in fb.",
     workspace, limit_groups, limit_examples, run_limit},
    {"fit", "Maximum-likelihood fit",
     "Prints the best-fit parameters, their uncertainties from the curvature, twice the negative log likelihood, and "
     "the certificate "
     "of the minimum.",
     workspace, fit_groups, fit_examples, run_fit},
    {"goodness", "Goodness of fit, by channel and by bin",
     "The likelihood ratio of the best fit against the saturated model, with a p-value from the chi-squared "
     "distribution or from toys, what each channel contributes, and the pulls of all bins.",
     workspace, goodness_groups, goodness_examples, run_goodness},
    {"scan", "Profile likelihood along a parameter",
     "Fits with the parameter held, outwards from the minimum. A point that lies below the minimum shows that it was "
     "not "
     "the lowest: the scan then starts again from there, with a note.",
     workspace, scan_groups, scan_examples, run_scan_parameter},
    {"contour", "Contours of the profile likelihood of two parameters",
     "Where the profile likelihood of two parameters crosses the height of each confidence level, along rays from the "
     "best fit. Where a bound of a parameter comes first, the contour follows it.",
     workspace, contour_groups, contour_examples, run_contour},
    {"test", "Test values of any parameters: likelihood ratio",
     "Twice the difference of -ln L between the tested values and the best fit, all other parameters profiled, and its "
     "p-value by the chi-squared distribution with as many degrees of freedom as values are tested.",
     workspace, test_groups, test_examples, run_test},
    {"intervals", "Profile likelihood intervals (MINOS)",
     "Where the profile likelihood crosses the height of the confidence level, on both sides of the best fit. An end "
     "at the bound of its parameter has none, and says so. With --calctype toybased, the interval of Feldman and "
     "Cousins "
     "for the parameter of interest (or the one that is named).",
     workspace, intervals_groups, intervals_examples, run_intervals},
    {"impacts", "Impacts of the nuisance parameters on the parameter of interest, ranked",
     "Holds each nuisance parameter one standard deviation away from its best fit, after the fit and before it, and "
     "fits "
     "the others again; moves the global observable of its constraint; and says what groups of parameters contribute "
     "to the "
     "uncertainty.",
     workspace, impacts_groups, impacts_examples, run_impacts},
    {"significance", "Discovery significance, observed and expected",
     "The q0 test of the background-only hypothesis; expected for a signal of strength 1.", workspace,
     significance_groups, significance_examples, run_significance},
    {"toys", "Test a signal with toys: observed and expected CLs",
     "Draws toy data under the tested hypothesis and without signal, fits each, and counts. Exact for few events, "
     "where "
     "the formulas of cls are not. The same toys come for any --jobs and for any split by --first and --shards.",
     workspace, toys_groups, toys_examples, run_toys},
    {"yields", "Predicted yields with uncertainties",
     "Per channel, sample and bin, with sums; the uncertainties are those of the parameters, propagated with all "
     "correlations.",
     workspace, yields_groups, yields_examples, run_yields},
    {"posterior", "Bayesian posterior: credible intervals and upper limit",
     "Samples all free parameters from likelihood times prior with the No-U-Turn sampler. The result says every prior, "
     "how much the draws are worth, and when they cannot be used. The same draws come for any --jobs.",
     workspace, posterior_groups, posterior_examples, run_posterior},
    {"nll", "Evaluate -ln L at a point",
     "Prints -ln L with all constants, the parameters that were used and the data that they predict. No fit is done.",
     workspace, nll_groups, nll_examples, run_nll},
    {"signal", "Make a signal file from published efficiency maps",
     "Yields are luminosity times cross section times efficiency, with efficiencies interpolated between the masses of "
     "the maps. Outside of a map there is no efficiency (docs/formats/smodels.md). A map of upper limits makes a "
     "likelihood file of its limits at the masses.",
     map_directory, signal_groups, signal_examples, run_signal},
    {"combine", "Join two workspaces", "With pyhf's meaning; what clashes is listed.", two_workspaces, combine_groups,
     combine_examples, run_combine},
    {"prune", "Remove parts of a workspace", "With pyhf's meaning; a name that does not exist is an error.", workspace,
     prune_groups, prune_examples, run_prune},
    {"prune-small", "Remove systematic uncertainties whose effect is small",
     "Normalisation and shape are judged apart. Prints the workspace, with all patches and signals in it; on standard "
     "error, what was removed and by how much the uncertainty of every channel shrinks.",
     workspace, prune_small_groups, prune_small_examples, run_prune_small},
    {"symmetrise", "Make variations symmetric", "Changes histosys and normsys modifiers around the nominal yields.",
     workspace, symmetrise_groups, symmetrise_examples, run_symmetrise},
    {"decorrelate", "Give a systematic uncertainty a parameter per channel or sample",
     "What measurements configure for the old name is copied to the new ones.", workspace, decorrelate_groups,
     decorrelate_examples, run_decorrelate},
    {"simplify", "Make a smaller likelihood that says nearly the same",
     "Condenses nuisance parameters and control regions into moments of the background, one total uncertainty, or "
     "effects to first order. Prints the result; on standard error, limits and profile likelihoods of both, and "
     "nothing "
     "but these (exit code 3) when limits move by more than the tolerance.",
     workspace, simplify_groups, simplify_examples, run_simplify},
    {"rename", "Rename parts of a workspace", "With pyhf's meaning; a name that does not exist is an error.", workspace,
     rename_groups, rename_examples, run_rename},
    {"sort", "Sort a workspace", "Channels, samples, modifiers, observations and measurements in pyhf's order.",
     workspace, file_groups, sort_examples, run_sort},
    {"detect", "What files are",
     "The format is told from the content. For likelihoods: kind, regions, parameters; for what is none: what is "
     "missing. "
     "Exit code 2 when a file is of no known format.",
     files, detect_groups, detect_examples, run_detect},
    {"convert", "Write a likelihood in another format",
     "Exact or not at all: what would be lost is an error, unless --lossy allows it. What was taken for what is "
     "reported "
     "on standard error.",
     convertible, convert_groups, convert_examples, run_convert},
    {"digest", "Digest of a workspace", "The same as pyhf's, so that it can be compared with what a patchset declares.",
     workspace, digest_groups, digest_examples, run_digest},
    {"patchset list", "List the points of a patchset",
     "Names and values, under the labels that the patchset gives them.", patchset_file, list_groups, list_examples,
     run_patchset_list},
    {"patchset extract", "Print one point as a JSON Patch", "The operations, ready for --patch.", patchset_file,
     extract_groups, extract_examples, run_patchset_extract},
    {"patchset apply", "Put one point into a workspace",
     "Prints the patched workspace. A digest that does not match is reported on standard error: published patchsets "
     "carry those of "
     "other workspaces.",
     workspace_and_patchset, apply_groups, apply_examples, run_patchset_apply},
    {"patchset verify",
     "Compare the digests of a patchset with a workspace",
     "Prints \"All good.\" or fails with both digests.",
     workspace_and_patchset,
     {},
     verify_examples,
     run_patchset_verify},
    {"completions",
     "Print completions for a shell",
     "Made from the same table as this help.",
     shell,
     {},
     completions_examples,
     run_completions},
    {"man", "Print the manual page", "Made from the same table as this help.", {}, man_groups, man_examples, run_man},
};

}  // namespace

std::span<const Command> commands() { return all_commands; }

std::string_view group_summary(std::string_view group) {
  return group == "patchset" ? std::string_view("List, extract, apply and verify the points of a patchset")
                             : std::string_view();
}

}  // namespace relume::cli
