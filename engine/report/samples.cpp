// SPDX-License-Identifier: Apache-2.0
#include "engine/report/samples.hpp"

#include <limits>
#include <nlohmann/json.hpp>
#include <system_error>

#include "engine/files/json_text.hpp"
#include "kernels/base/error.hpp"
#include "mri/files/atomic_file.hpp"

namespace selfsame {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kImageLimit = std::uint64_t{64} << 20;
constexpr std::size_t kMaxExamples = 100;

fs::path image_path(const fs::path& folder, std::size_t index, const char* kind) {
  return folder / fmt::format("{}-{}.png", index, kind);
}

std::string read_image(const fs::path& path) {
  std::error_code error;
  const std::string bytes = fs::is_regular_file(path, error) ? read_file(path, kImageLimit) : "";
  return bytes.starts_with("\x89PNG\r\n\x1a\n") ? bytes : "";
}

double number_of(const nlohmann::json& entry, const char* key) {
  const auto it = entry.find(key);
  return it != entry.end() && it->is_number() ? it->get<double>() : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

void save_examples(const fs::path& run_folder, std::span<const ExampleImage> examples) {
  const fs::path folder = run_folder / "samples";
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    fail(ErrorKind::kIo, "{}: cannot be created: {}", folder.string(), error.message());
  }
  std::string index = "[";
  for (std::size_t i = 0; i < examples.size(); ++i) {
    const ExampleImage& e = examples[i];
    for (const auto& [kind, bytes] :
         {std::pair{"noisy", &e.noisy}, {"output", &e.output}, {"clean", &e.clean}}) {
      const fs::path path = image_path(folder, i, kind);
      if (bytes->empty()) {
        fs::remove(path, error);
      } else {
        write_file_atomically(path, *bytes);
      }
    }
    index += i == 0 ? "\n" : ",\n";
    index += JsonObject()
                 .add("name", e.name)
                 .add("noisy_psnr", e.noisy_psnr)
                 .add("output_psnr", e.output_psnr)
                 .text();
  }
  write_file_atomically(folder / "index.json", index + "\n]\n");
}

std::vector<ExampleImage> load_examples(const fs::path& run_folder) {
  const fs::path folder = run_folder / "samples";
  std::error_code error;
  if (!fs::is_regular_file(folder / "index.json", error)) {
    return {};
  }
  const auto index = nlohmann::json::parse(read_file(folder / "index.json", kImageLimit), nullptr, false);
  std::vector<ExampleImage> examples;
  for (std::size_t i = 0; index.is_array() && i < std::min(index.size(), kMaxExamples); ++i) {
    if (!index[i].is_object()) {
      continue;
    }
    ExampleImage e;
    const auto name = index[i].find("name");
    e.name = name != index[i].end() && name->is_string() ? name->get<std::string>() : std::to_string(i);
    e.noisy = read_image(image_path(folder, i, "noisy"));
    e.output = read_image(image_path(folder, i, "output"));
    e.clean = read_image(image_path(folder, i, "clean"));
    e.noisy_psnr = number_of(index[i], "noisy_psnr");
    e.output_psnr = number_of(index[i], "output_psnr");
    examples.push_back(std::move(e));
  }
  return examples;
}

}  // namespace selfsame
