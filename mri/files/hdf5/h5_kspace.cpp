// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <tuple>
#include <utility>

#include "kernels/base/error.hpp"
#include "mri/files/dims_text.hpp"
#include "mri/files/hdf5/h5_file.hpp"
#include "mri/files/hdf5/ismrmrd_header.hpp"
#include "mri/files/kspace_parts.hpp"
#include "mri/metrics/center_crop.hpp"

namespace selfsame {
namespace fs = std::filesystem;
namespace {

constexpr const char *kKSpace = "kspace", *kMask = "mask", *kXml = "ismrmrd_header";
constexpr const char *kRss = "reconstruction_rss", *kEsc = "reconstruction_esc", *kRecon = "reconstruction";

H5Request request() {
  return {{kKSpace, kMask, kRss, kEsc, kRecon},
          {"max", "acquisition", "patient_id", "acceleration", "num_low_frequency"},
          {kXml}};
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  return fmt::format("({})", dims_text(shape));
}

class H5KSpace final : public KSpaceFile {
 public:
  H5KSpace(const fs::path& path, const fs::path& helper) : file_(path, request(), helper) {
    read_sizes();
    read_reference();
    read_attributes();
    read_header();
    read_mask();
  }

  [[nodiscard]] const fs::path& path() const override { return file_.path(); }
  [[nodiscard]] const KSpaceHeader& header() const override { return header_; }

  [[nodiscard]] std::vector<std::complex<float>> slice(std::int64_t index) const override {
    check_slice_index(*this, index);
    const std::vector<float> values = file_.read(kKSpace, index, 1);
    std::vector<std::complex<float>> out(values.size() / 2);
    std::memcpy(static_cast<void*>(out.data()), values.data(), values.size() * sizeof(float));
    return out;
  }

  [[nodiscard]] std::vector<float> reference_slice(std::int64_t index) const override {
    check_slice_index(*this, index);
    if (header_.reference.empty()) {
      fail(ErrorKind::kData, "{}: slice {}: the file has no reference image", path().string(), index);
    }
    const std::vector<float> values = file_.read(header_.reference, index, 1);
    return crop_planes<float>(values, reference_h_, reference_w_,
                              center_window(reference_h_, reference_w_, header_.recon_h, header_.recon_w));
  }

 private:
  void read_sizes();
  void read_reference();
  void read_attributes();
  void read_header();
  void read_mask();

  H5File file_;
  KSpaceHeader header_;
  std::int64_t reference_h_ = 0, reference_w_ = 0;
};

void H5KSpace::read_sizes() {
  const H5DataSet* data = file_.find(kKSpace);
  if (data == nullptr) {
    fail(ErrorKind::kData, "{}: an HDF5 file without a data set '{}'", path().string(), kKSpace);
  }
  const std::vector<std::int64_t>& shape = data->shape;
  if (!data->complex || shape.size() < 3 || shape.size() > 4) {
    fail(ErrorKind::kData,
         "{}: {} is {} of shape {}, not complex of shape (slices, coils, h, w) or (slices, h, w)",
         path().string(), kKSpace, data->complex ? "complex" : "real", shape_text(shape));
  }
  header_.slices = shape[0];
  header_.coils = shape.size() == 4 ? shape[1] : 1;
  header_.h = shape[shape.size() - 2];
  header_.w = shape.back();
  check_kspace_sizes(path(), header_.slices, header_.coils, header_.h, header_.w);
}

void H5KSpace::read_reference() {
  const bool single = file_.find(kKSpace)->shape.size() == 3;
  for (const char* name : {single ? kEsc : kRss, single ? kRss : kEsc, kRecon}) {
    const H5DataSet* data = file_.find(name);
    if (data == nullptr) {
      continue;
    }
    if (data->complex || data->shape.size() != 3 || data->shape[0] != header_.slices || data->elements == 0) {
      fail(ErrorKind::kData, "{}: {} is {} of shape {}; kspace has {} slices", path().string(), name,
           data->complex ? "complex" : "real", shape_text(data->shape), header_.slices);
    }
    check_kspace_sizes(path(), data->shape[0], 1, data->shape[1], data->shape[2]);
    header_.reference = name;
    reference_h_ = header_.recon_h = data->shape[1];
    reference_w_ = header_.recon_w = data->shape[2];
    return;
  }
}

void H5KSpace::read_attributes() {
  if (const H5Attribute* max = file_.attribute("max")) {
    header_.max = max->as_number();
  }
  const auto text = [&](const char* name) {
    const H5Attribute* attribute = file_.attribute(name);
    return attribute != nullptr ? attribute->as_text() : std::string();
  };
  const auto integer = [&](const char* name) {
    const H5Attribute* attribute = file_.attribute(name);
    return attribute != nullptr ? attribute->as_integer() : std::nullopt;
  };
  header_.acquisition = text("acquisition");
  header_.patient_id = text("patient_id");
  header_.acceleration = integer("acceleration");
  header_.num_low_frequency = integer("num_low_frequency");
}

void H5KSpace::read_header() {
  IsmrmrdHeader xml;
  if (const std::string* text = file_.text(kXml)) {
    xml = read_ismrmrd_header(*text);
  }
  header_.scan = scan_info(xml);
  std::tie(header_.padding_left, header_.padding_right) = encoded_columns(xml, header_.w);
  if (header_.reference.empty()) {
    header_.recon_h = xml.recon_x.value_or(header_.h);
    header_.recon_w = xml.recon_y.value_or(header_.w);
    if (header_.recon_h < 1 || header_.recon_w < 1) {
      header_.recon_h = header_.h;
      header_.recon_w = header_.w;
    }
  }
  if (header_.w < header_.recon_w) {
    header_.recon_h = header_.recon_w = header_.w;
  }
  header_.recon_h = std::min(header_.recon_h, header_.h);
  if (!header_.reference.empty()) {
    header_.recon_h = std::min(header_.recon_h, reference_h_);
  }
}

void H5KSpace::read_mask() {
  const H5DataSet* data = file_.find(kMask);
  if (data == nullptr) {
    return;
  }
  if (data->complex || data->shape.empty() ||
      (data->elements != header_.w && data->elements != header_.h * header_.w)) {
    fail(ErrorKind::kData, "{}: {} of shape {} is neither {} columns nor {} x {} positions", path().string(),
         kMask, shape_text(data->shape), header_.w, header_.h, header_.w);
  }
  for (const float value : file_.read(kMask, 0, data->shape[0])) {
    header_.mask.push_back(value != 0.0f);
  }
}

}  // namespace

std::unique_ptr<KSpaceFile> open_h5_kspace(const fs::path& path, const fs::path& helper) {
  return std::make_unique<H5KSpace>(path, helper);
}

}  // namespace selfsame
