// SPDX-License-Identifier: Apache-2.0
// selfsame report: a page about one run, or about several side by side.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "engine/commands/commands.hpp"
#include "engine/commands/study_samples.hpp"
#include "engine/report/training_report.hpp"
#include "kernels/base/error.hpp"

namespace fs = std::filesystem;

namespace selfsame {
namespace {

struct ReportArguments {
  std::vector<std::string> runs;
  std::string out;
};

int report(const ReportArguments& a) {
  if (a.runs.size() == 1 && a.out.empty() && fs::exists(fs::path(a.runs[0]) / kStudyFile)) {
    fmt::print("{}{}\n", write_sample_report(a.runs[0]), (fs::path(a.runs[0]) / "report.html").string());
    return 0;
  }
  if (a.runs.size() > 1 && a.out.empty()) {
    fail(ErrorKind::kUsage, "a report of {} runs needs --out FILE", a.runs.size());
  }
  const std::vector<fs::path> runs(a.runs.begin(), a.runs.end());
  for (const fs::path& run : runs) {
    fmt::print("{}: {}\n", run.string(), answer_sentence(run));
  }
  if (a.out.empty()) {
    write_training_report(runs[0]);
    fmt::print("{}\n", (runs[0] / "report.html").string());
  } else {
    write_comparison_report(a.out, runs);
    fmt::print("{}\n", a.out);
  }
  return 0;
}

}  // namespace

void add_report_command(const CommandContext& context) {
  auto a = std::make_shared<ReportArguments>();
  CLI::App* command = context.app.add_subcommand("report", "Write a page about a run, or compare several");
  command->add_option("runs", a->runs, "Run folders, or the folder of one study")
      ->type_name("DIR...")
      ->required();
  command
      ->add_option("--out", a->out,
                   "Page that shows all the runs side by side; default, for one run: DIR/report.html")
      ->type_name("FILE");
  command->footer(
      "The page is one file without links to others. A run that still trains is reported as far as it is.\n"
      "Example: selfsame report runs/supervised runs/noise2noise --out comparison.html");
  command->final_callback([a, &body = context.body] { body = [a] { return report(*a); }; });
}

}  // namespace selfsame
