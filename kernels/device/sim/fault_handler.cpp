// SPDX-License-Identifier: Apache-2.0
// A wild access of a kernel hits a page without access. The handler then goes on with the scheduler's stack
// instead of the kernel's, which is abandoned.
#include <csignal>
#include <cstdlib>

#include "kernels/device/sim/sanitizer_hooks.hpp"
#include "kernels/device/sim/scheduler.hpp"

#if defined(SELFSAME_SIM_UCONTEXT) || defined(SELFSAME_SIM_ASAN) || defined(SELFSAME_SIM_TSAN)

namespace selfsame::simulated {
FaultHandler::FaultHandler() = default;
FaultHandler::~FaultHandler() = default;
}  // namespace selfsame::simulated

#else

#include <ucontext.h>

namespace selfsame::simulated {
namespace {

// The stack of a thread that overflowed cannot be used.
constexpr std::size_t kHandlerStack = 64 * 1024;
alignas(16) std::byte handler_stack[kHandlerStack];
struct sigaction former_segv, former_bus;
stack_t former_stack;

void on_fault(int signal, siginfo_t* info, void* context) {
  auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  if (!simulator().stacks.hold(reinterpret_cast<const void*>(registers[REG_RSP]))) {
    // Not a kernel's, but the host's, perhaps of another thread: the access is made again without this
    // handler.
    sigaction(SIGSEGV, &former_segv, nullptr);
    sigaction(SIGBUS, &former_bus, nullptr);
    return;
  }
  Simulator& s = simulator();
  s.faulted = current_thread;
  // A general protection fault (an address that no pointer can have) comes without the address.
  s.fault = signal == SIGSEGV && info->si_code == SI_KERNEL ? reinterpret_cast<void*>(~std::uintptr_t{0})
                                                            : info->si_addr;
  current_thread = &s.host;
  registers[REG_RSP] = reinterpret_cast<greg_t>(s.host.fiber.stack_pointer);
  registers[REG_RIP] = reinterpret_cast<greg_t>(resume_address());
}

}  // namespace

FaultHandler::FaultHandler() {
  const stack_t stack{handler_stack, 0, kHandlerStack};
  sigaltstack(&stack, &former_stack);
  struct sigaction action {};
  action.sa_sigaction = &on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigaction(SIGSEGV, &action, &former_segv);
  sigaction(SIGBUS, &action, &former_bus);
}

FaultHandler::~FaultHandler() {
  sigaction(SIGSEGV, &former_segv, nullptr);
  sigaction(SIGBUS, &former_bus, nullptr);
  sigaltstack(&former_stack, nullptr);
}

}  // namespace selfsame::simulated

#endif
