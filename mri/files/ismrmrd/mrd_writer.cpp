// SPDX-License-Identifier: Apache-2.0
#include "mri/files/ismrmrd/mrd_writer.hpp"

#include <algorithm>
#include <string>
#include <system_error>
#include <vector>

#include "kernels/base/error.hpp"
#include "mri/files/atomic_file.hpp"
#include "mri/files/input_file.hpp"
#include "mri/files/ismrmrd/mrd_helper.hpp"
#include "mri/files/kspace_parts.hpp"

namespace selfsame {
namespace fs = std::filesystem;
namespace {

constexpr std::int64_t kMostOfAHeader = 65535;
// As for reading (mri/files/hdf5/h5_file.cpp), with time for the disk.
constexpr double kSeconds = 30, kProcessorSeconds = 2, kBytesPerSecond = 20e6, kSecondsPerSlice = 5e-3;
// The libraries with their caches, and a few slices.
constexpr std::uint64_t kBaseMemory = std::uint64_t{512} << 20, kSlicesInMemory = 4;

template <typename... Args>
[[noreturn]] void refuse(const fs::path& path, fmt::format_string<Args...> text, Args&&... args) {
  fail(ErrorKind::kIo, "{}: not written as ISMRMRD: {}", path.string(),
       fmt::format(text, std::forward<Args>(args)...));
}

/// (h, w) to (w, h), slice by slice.
void write_transposed(AtomicFile& file, std::span<const float> values, std::int64_t slices, std::int64_t h,
                      std::int64_t w) {
  const auto rows = static_cast<std::size_t>(h), columns = static_cast<std::size_t>(w);
  std::vector<float> turned(rows * columns);
  for (std::size_t s = 0; s < static_cast<std::size_t>(slices); ++s) {
    const std::span<const float> slice = values.subspan(s * rows * columns, rows * columns);
    for (std::size_t y = 0; y < columns; ++y) {
      for (std::size_t x = 0; x < rows; ++x) {
        turned[y * rows + x] = slice[x * columns + y];
      }
    }
    file.write(std::as_bytes(std::span(turned)));
  }
}

/// The helper's word is compared with what lies there.
void check_written(const fs::path& path, const fs::path& written, std::uint64_t value_bytes) {
  std::string problem;
  try {
    const InputFile file(written.string());
    if (!is_hdf5(file) || file.size() < value_bytes) {
      problem = fmt::format("its writer left {} bytes of something else", file.size());
    }
  } catch (const Error& e) {
    problem = e.what();
  }
  if (!problem.empty()) {
    refuse(path, "{}", problem);
  }
}

}  // namespace

const fs::path& mrd_helper_program() {
  static const fs::path program = find_helper_program("selfsame-mrd");
  return program;
}

void require_mrd_helper(const fs::path& path) {
  if (mrd_helper_program().empty()) {
    fail(ErrorKind::kUsage,
         "{}: ISMRMRD files cannot be written: there is no selfsame-mrd beside this program, because "
         "libismrmrd-dev (or libhdf5-dev) was missing when it was built",
         path.string());
  }
}

void write_mrd(const fs::path& path, std::span<const float> values, std::int64_t slices, std::int64_t h,
               std::int64_t w, const ScanInfo& scan, const fs::path& helper) {
  for (const std::int64_t n : {slices, h, w}) {
    SELFSAME_CHECK(n >= 1 && n <= kMostOfAHeader, "{}: {} x {} x {}; ISMRMRD counts from 1 to {}",
                   path.string(), slices, h, w, kMostOfAHeader);
  }
  SELFSAME_CHECK(values.size() == static_cast<std::size_t>(slices * h * w), "{}: {} values for {} x {} x {}",
                 path.string(), values.size(), slices, h, w);
  if (helper.empty()) {
    require_mrd_helper(path);
  }
  AtomicFile out(path);
  AtomicFile floats(path.string() + ".values");  // never committed: removed at the end of the scope
  write_transposed(floats, values, slices, h, w);
  const std::uint64_t bytes = values.size_bytes();
  const double more =
      static_cast<double>(bytes) / kBytesPerSecond + static_cast<double>(slices) * kSecondsPerSlice;
  const std::vector<std::string> words{"write",
                                       floats.temporary().string(),
                                       out.temporary().string(),
                                       fmt::format("{}", slices),
                                       fmt::format("{}", h),
                                       fmt::format("{}", w),
                                       fmt::format("{:.9g}", static_cast<double>(h) * scan.pixel_h_mm),
                                       fmt::format("{:.9g}", static_cast<double>(w) * scan.pixel_w_mm),
                                       fmt::format("{:.9g}", scan.slice_mm),
                                       fmt::format("{}", scan.h1_hz)};
  const std::uint64_t memory = kBaseMemory + kSlicesInMemory * bytes / static_cast<std::uint64_t>(slices);
  const HelperAnswer answer = ask_helper(helper.empty() ? mrd_helper_program() : helper, kMrdMagic, words,
                                         {kSeconds + more, kProcessorSeconds + more, memory, 0});
  if (!answer.failure.empty()) {
    refuse(path, "its writer: {}", answer.failure);
  }
  if (!answer.refusal.empty()) {
    refuse(path, "{}", answer.refusal);
  }
  check_written(path, out.temporary(), bytes);
  out.commit();
}

}  // namespace selfsame
