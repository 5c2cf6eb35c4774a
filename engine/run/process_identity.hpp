// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <string>

namespace selfsame {

/// Which process, among all processes of all machines and times: a PID is used again, a start time with it is
/// not.
struct ProcessIdentity {
  std::string host;           ///< name of the machine
  std::string boot;           ///< /proc/sys/kernel/random/boot_id; "" where there is none
  std::string pid_namespace;  ///< "pid:[4026531836]": a container counts its own PIDs; "" if unknown
  pid_t pid = 0;
  std::uint64_t start =
      0;  ///< clock ticks from the boot to the start (proc(5), stat, field 22); 0 if unknown
};

[[nodiscard]] ProcessIdentity this_process();

/// True if `mine`, who asks, can see whether `other` lives: same machine, boot and PID namespace, all known.
[[nodiscard]] bool sees(const ProcessIdentity& mine, const ProcessIdentity& other);

/// True if a process with this PID and start time lives on this machine. A process that has ended and whose
/// parent has not yet asked for its exit code (a zombie) does not live. Where it cannot be known, true.
[[nodiscard]] bool is_alive(const ProcessIdentity& process);

}  // namespace selfsame
