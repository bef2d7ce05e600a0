// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Options that check, make, change and convert files.
#include "options.hpp"

namespace relume::cli::options {

// Checks.

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

// Maps.

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

// Edits.

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
const Option as{
    .name = "as",
    .kind = Kind::choice,
    .metavar = "FORMAT",
    .choices = "relume|pyhf",
    .help =
        "relume's likelihood file, or a pyhf workspace, which cannot have third moments, correlated constraints "
        "and priors. Without: relume for moments, pyhf for the other methods where it can say all."};
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
                             .help =
                                 "Column (or row) of the observed events in the table of yields; \"HEADING #2\" is "
                                 "the second one that is called so."};
const Option background_column{.name = "background",
                               .kind = Kind::text,
                               .metavar = "HEADING",
                               .help = "Column (or row) of the backgrounds and their errors, in the same way."};
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

}  // namespace relume::cli::options
