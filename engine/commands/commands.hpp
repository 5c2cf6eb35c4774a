// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace selfsame {

/// What a command leaves for main to do once the command line is read: run it, and exit with what it returns.
using CommandBody = std::function<int()>;

/// One function per verb, each in a file of its own: adds the subcommand with its options and help, and sets
/// `body` when the command line chose it. `invocation` is the command line as it can be pasted into a shell.
struct CommandContext {
  CLI::App& app;
  CommandBody& body;
  const std::string& invocation;
};
void add_train_command(const CommandContext& context);
void add_evaluate_command(const CommandContext& context);
void add_apply_command(const CommandContext& context);
void add_check_command(const CommandContext& context);
void add_list_command(const CommandContext& context);
void add_convert_command(const CommandContext& context);
void add_mask_command(const CommandContext& context);
void add_report_command(const CommandContext& context);
void add_simulate_command(const CommandContext& context);
void add_verify_command(const CommandContext& context);
void add_study_command(const CommandContext& context);

}  // namespace selfsame
