// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "commands.hpp"

namespace relume::cli {

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

constexpr OptionGroup model_group{"Model", model_options}, data_group{"Data", data_options};
constexpr OptionGroup output_group{"Output", output_options}, plot_output_group{"Output", plot_output_options},
    inspect_output_group{"Output", inspect_output_options}, file_group{"Output", file_options};
const OptionGroup inspect_groups[] = {model_group, inspect_output_group};
const OptionGroup cls_groups[] = {{"Test", cls_options}, model_group, data_group, plot_output_group};
const OptionGroup toys_groups[] = {{"Toys", toys_options}, model_group, data_group, plot_output_group};
const OptionGroup limit_groups[] = {{"Limit", limit_options}, model_group, data_group, plot_output_group};
const OptionGroup fit_groups[] = {{"Fit", fit_options}, model_group, data_group, plot_output_group};
const OptionGroup goodness_groups[] = {
    {"Goodness of fit", goodness_options}, model_group, data_group, plot_output_group};
const OptionGroup scan_groups[] = {{"Scan", scan_options}, model_group, data_group, plot_output_group};
const OptionGroup contour_groups[] = {{"Contours", contour_options}, model_group, data_group, plot_output_group};
const OptionGroup test_groups[] = {{"Test", test_options}, model_group, data_group, output_group};
const OptionGroup intervals_groups[] = {{"Intervals", intervals_options}, model_group, data_group, output_group};
const OptionGroup impacts_groups[] = {{"Impacts", impacts_options}, model_group, data_group, plot_output_group};
const OptionGroup significance_groups[] = {{"Test", significance_options}, model_group, data_group, output_group};
const OptionGroup yields_groups[] = {{"Yields", yields_options}, model_group, data_group, plot_output_group};
const OptionGroup nll_groups[] = {{"Point", nll_options}, model_group, data_group, output_group};
const OptionGroup posterior_groups[] = {{"Posterior", posterior_options}, model_group, data_group, plot_output_group};
const OptionGroup combine_groups[] = {{"Combination", combine_options}, file_group};
const OptionGroup prune_groups[] = {{"Selection", prune_options}, file_group};
const OptionGroup validate_groups[] = {{"Checks", validate_options}, model_group, inspect_output_group};
const OptionGroup prune_small_groups[] = {{"Pruning", prune_small_options}, model_group, file_group};
const OptionGroup symmetrise_groups[] = {{"Symmetrisation", symmetrise_options}, file_group};
const OptionGroup simplify_groups[] = {{"Simplification", simplify_options}, model_group, file_group};
const OptionGroup decorrelate_groups[] = {{"Decorrelation", decorrelate_options}, file_group};
const OptionGroup signal_groups[] = {{"Maps", signal_options}, inspect_output_group};
const OptionGroup rename_groups[] = {{"Names", rename_options}, file_group};
const OptionGroup file_groups[] = {file_group};
const OptionGroup convert_groups[] = {{"Conversion", convert_options}, file_group};
const OptionGroup detect_groups[] = {inspect_output_group};
const OptionGroup digest_groups[] = {{"Digest", digest_options}, file_group};
const OptionGroup list_groups[] = {inspect_output_group};
const OptionGroup extract_groups[] = {{"Point", extract_options}, file_group};
const OptionGroup apply_groups[] = {{"Point", apply_options}, file_group};
const OptionGroup man_groups[] = {{"Output", man_options}};

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
