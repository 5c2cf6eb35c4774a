// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/run_claims.hpp"

#include <unistd.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "engine/files/json_text.hpp"
#include "engine/study/samples/claim_file.hpp"
#include "kernels/base/error.hpp"

namespace selfsame {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;

/// The identity is asked anew for every claim: a forked child is another process than its parent.
std::string claim_text() {
  const ProcessIdentity self = this_process();
  return JsonObject()
             .add("host", self.host)
             .add("boot", self.boot)
             .add("pid_namespace", self.pid_namespace)
             .add("pid", self.pid)
             .add("start", self.start)
             .add("token", random_token())
             .text() +
         "\n";
}

/// Who wrote the claim; nullopt if it does not say so.
std::optional<ProcessIdentity> owner_of(const std::string& content) {
  const nlohmann::json json = nlohmann::json::parse(content, nullptr, false);
  if (!json.is_object()) {
    return std::nullopt;
  }
  ProcessIdentity owner;
  for (const auto& [key, value] : {std::pair{"host", &owner.host}, std::pair{"boot", &owner.boot},
                                   std::pair{"pid_namespace", &owner.pid_namespace}}) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_string()) {
      return std::nullopt;
    }
    *value = found->get<std::string>();
  }
  const auto pid = json.find("pid"), start = json.find("start");
  if (pid == json.end() || !pid->is_number_unsigned() || start == json.end() ||
      !start->is_number_unsigned() ||
      pid->get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<pid_t>::max())) {
    return std::nullopt;
  }
  owner.pid = pid->get<pid_t>();
  owner.start = start->get<std::uint64_t>();
  return owner;
}

bool is_stale(const ClaimFile& file, const fs::path& folder, std::chrono::milliseconds lifetime) {
  const std::optional<ProcessIdentity> owner = owner_of(file.content);
  if (owner && sees(this_process(), *owner) && !is_alive(*owner)) {
    return true;
  }
  return file_system_now(folder) - file.modified > std::chrono::nanoseconds(lifetime).count();
}

bool is_run_name(std::string_view name) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  return !name.empty() && name.size() <= 200 && name[0] != '.' &&
         name.find_first_not_of(kAllowed) == std::string_view::npos;
}

}  // namespace

// ---- a claim ---------------------------------------------------------------------------------------

Claim::Claim(fs::path path, std::string content, std::chrono::milliseconds refresh_every)
    : path_(std::move(path)),
      content_(std::move(content)),
      refresh_every_(refresh_every),
      renewed_(Clock::now()),
      owner_(::getpid()) {}

Claim::Claim(Claim&& other) noexcept
    : path_(std::exchange(other.path_, {})),
      content_(std::move(other.content_)),
      refresh_every_(other.refresh_every_),
      renewed_(other.renewed_),
      held_(other.held_),
      owner_(other.owner_) {}

Claim::~Claim() {
  if (path_.empty() || owner_ != ::getpid()) {
    return;
  }
  try {
    const std::optional<ClaimFile> found = read_claim_file(path_);
    if (found && found->content == content_) {
      static_cast<void>(remove_claim_file(path_, *found));
    }
  } catch (const Error&) {
    // What stays behind is stale as soon as this process ends.
  }
}

bool Claim::refresh() {
  const Clock::time_point now = Clock::now();
  if (held_ && owner_ == ::getpid() && now - renewed_ >= refresh_every_) {
    renewed_ = now;
    held_ = renew();
  }
  return held_;
}

bool Claim::renew() const {
  try {
    const TouchResult result = touch_claim_file(path_, content_);
    // Absent also while another process, which took it by mistake, has not yet put it back: then the file
    // that is made here is the one that stays.
    return result == TouchResult::kTouched ||
           (result == TouchResult::kAbsent && create_claim_file(path_, content_));
  } catch (const Error&) {
    return true;
  }
}

// ---- all of a study --------------------------------------------------------------------------------

RunClaims::RunClaims(const fs::path& study_folder, ClaimOptions options)
    : folder_(study_folder / "claims"), options_(options) {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) {
    fail(ErrorKind::kIo, "{}: cannot be created: {}", folder_.string(), error.message());
  }
}

std::optional<Claim> RunClaims::try_claim(std::string_view run) const {
  SELFSAME_CHECK(is_run_name(run), "\"{}\" is no name of a run", run);
  const fs::path path = folder_ / fmt::format("{}.claim", run);
  std::optional<Claim> claim = create(path);
  if (claim) {
    return claim;
  }
  const std::optional<ClaimFile> found = read_claim_file(path);
  if (!found) {
    return create(path);  // its owner has just finished
  }
  if (!is_stale(*found, folder_, options_.lifetime)) {
    return std::nullopt;
  }
  const std::optional<Claim> guard = take_over(folder_ / fmt::format(".{}.takeover", run));
  return guard ? take_over(path) : std::nullopt;
}

std::optional<Claim> RunClaims::create(const fs::path& path) const {
  std::string content = claim_text();
  if (!create_claim_file(path, content)) {
    return std::nullopt;
  }
  return Claim(path, std::move(content), options_.refresh_every);
}

std::optional<Claim> RunClaims::take_over(const fs::path& path) const {
  const std::optional<ClaimFile> found = read_claim_file(path);
  if (found && (!is_stale(*found, folder_, options_.lifetime) || !remove_claim_file(path, *found))) {
    return std::nullopt;
  }
  return create(path);
}

}  // namespace selfsame
