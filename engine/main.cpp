// SPDX-License-Identifier: Apache-2.0
// The selfsame binary: reads the command line, runs one verb, turns errors into messages and exit codes. The
// only place that catches everything.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <new>

#include "engine/commands/commands.hpp"
#include "engine/run/environment.hpp"
#include "engine/run/run_folder.hpp"
#include "kernels/base/error.hpp"

namespace {

constexpr const char* kDescription =
    "Selfsame trains image-reconstruction networks with and without ground truth.\n"
    "Start with:  selfsame train --config configs/quickstart.json";

int run_guarded(const selfsame::CommandBody& body) {
  try {
    return body();
  } catch (const selfsame::Error& error) {
    std::fflush(stdout);
    fmt::print(stderr, "selfsame: {}\n", error.what());
    return error.exit_code();
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "selfsame: out of memory\n");
    return static_cast<int>(selfsame::ErrorKind::kDevice);
  } catch (const std::exception& error) {
    fmt::print(stderr, "selfsame: internal error: {}\n", error.what());
    return static_cast<int>(selfsame::ErrorKind::kInternal);
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{kDescription, "selfsame"};
  app.require_subcommand(1);
  app.set_version_flag("--version", [] {
    std::string text = fmt::format("selfsame {}", selfsame::kVersion);
    for (const auto& [name, value] : selfsame::build_and_machine()) {
      text += fmt::format("\n  {}: {}", name, value);
    }
    return text;
  });
  app.footer(
      "Exit codes: 0 done, 1 internal error, 2 usage or configuration, 3 data, 4 disk, 5 diverged,\n"
      "6 device or memory, 7 refuted by verify, 75 stopped with a checkpoint (run again to continue), 130 Ctrl-C.");

  selfsame::CommandBody body;
  const std::string invocation = selfsame::shell_command(argc, argv);
  const selfsame::CommandContext context{app, body, invocation};
  selfsame::add_train_command(context);
  selfsame::add_evaluate_command(context);
  selfsame::add_apply_command(context);
  selfsame::add_check_command(context);
  selfsame::add_report_command(context);
  selfsame::add_convert_command(context);
  selfsame::add_mask_command(context);
  selfsame::add_simulate_command(context);
  selfsame::add_verify_command(context);
  selfsame::add_study_command(context);
  selfsame::add_list_command(context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(selfsame::ErrorKind::kUsage);
  }
  return run_guarded(body);
}
