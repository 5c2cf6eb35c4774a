// SPDX-License-Identifier: Apache-2.0
#include "engine/run/metrics_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <nlohmann/json.hpp>
#include <system_error>

#include "kernels/base/error.hpp"
#include "mri/files/atomic_file.hpp"

namespace selfsame {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kMetricsLimit = std::uint64_t{1} << 32;

/// The step of a line, or -1 if the line is damaged.
std::int64_t step_of(std::string_view line) {
  const nlohmann::json value = nlohmann::json::parse(line.begin(), line.end(), nullptr, false);
  if (!value.is_object()) {
    return -1;
  }
  const auto step = value.find("step");
  return step != value.end() && step->is_number_integer() ? step->get<std::int64_t>() : -1;
}

}  // namespace

MetricsWriter::MetricsWriter(fs::path path) : path_(std::move(path)) {
  fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (fd_ < 0) {
    fail(ErrorKind::kIo, "{}: cannot be opened: {}", path_.string(), std::system_category().message(errno));
  }
}

MetricsWriter::~MetricsWriter() { ::close(fd_); }

void MetricsWriter::write(const JsonObject& line) {
  buffer_ = line.text();
  buffer_ += '\n';
  const off_t before = ::lseek(fd_, 0, SEEK_END);
  try {
    write_fully(fd_, std::as_bytes(std::span(buffer_)), path_);
  } catch (const Error&) {
    // If this fails too, the torn end is removed by truncate_metrics when the run is resumed.
    [[maybe_unused]] const int ignored = before >= 0 ? ::ftruncate(fd_, before) : 0;
    throw;
  }
}

void MetricsWriter::event(std::string_view name, std::int64_t step) {
  const double wall =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  write(JsonObject().add("step", step).add("event", name).add("wall", wall));
}

MetricsTruncation truncate_metrics(const fs::path& path, std::int64_t last_step) {
  MetricsTruncation result;
  if (!fs::exists(path)) {
    return result;
  }
  const std::string text = read_file(path, kMetricsLimit);
  std::string kept;
  kept.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t newline = text.find('\n', at);
    const bool whole = newline != std::string::npos;
    const std::string_view line(text.data() + at, (whole ? newline : text.size()) - at);
    at += line.size() + 1;
    const std::int64_t step = whole ? step_of(line) : -1;
    if (step < 0) {
      ++result.damaged;
    } else if (step > last_step) {
      ++result.removed;
    } else {
      ++result.kept;
      kept += line;
      kept += '\n';
    }
  }
  write_file_atomically(path, kept);
  return result;
}

}  // namespace selfsame
