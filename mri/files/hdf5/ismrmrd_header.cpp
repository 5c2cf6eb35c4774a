// SPDX-License-Identifier: Apache-2.0
#include "mri/files/hdf5/ismrmrd_header.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <system_error>
#include <vector>

namespace selfsame {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";
constexpr std::size_t kDeepest = 64;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpaces);
  return begin == std::string_view::npos ? std::string_view()
                                         : text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1);
}

template <typename T>
std::optional<T> number(std::string_view text) {
  text = trimmed(text);
  T value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && stop == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

/// "ns:name attribute='x'" -> "name"
std::string_view local_name(std::string_view tag) {
  tag = tag.substr(0, tag.find_first_of(" \t\r\n/"));
  const std::size_t colon = tag.rfind(':');
  return colon == std::string_view::npos ? tag : tag.substr(colon + 1);
}

/// The end of a tag that begins before `at`: a '>' outside of quotes.
std::size_t end_of_tag(std::string_view xml, std::size_t at) {
  char quote = 0;
  for (; at < xml.size(); ++at) {
    if (quote != 0) {
      quote = xml[at] == quote ? '\0' : quote;
    } else if (xml[at] == '"' || xml[at] == '\'') {
      quote = xml[at];
    } else if (xml[at] == '>') {
      return at;
    }
  }
  return std::string_view::npos;
}

template <typename T>
struct Wanted {
  std::string_view path;
  std::optional<T> IsmrmrdHeader::*field;
};
constexpr std::array<Wanted<std::int64_t>, 8> kIntegers{{
    {"/ismrmrdHeader/encoding/encodedSpace/matrixSize/x", &IsmrmrdHeader::encoded_x},
    {"/ismrmrdHeader/encoding/encodedSpace/matrixSize/y", &IsmrmrdHeader::encoded_y},
    {"/ismrmrdHeader/encoding/encodedSpace/matrixSize/z", &IsmrmrdHeader::encoded_z},
    {"/ismrmrdHeader/encoding/reconSpace/matrixSize/x", &IsmrmrdHeader::recon_x},
    {"/ismrmrdHeader/encoding/reconSpace/matrixSize/y", &IsmrmrdHeader::recon_y},
    {"/ismrmrdHeader/encoding/encodingLimits/kspace_encoding_step_1/center", &IsmrmrdHeader::center},
    {"/ismrmrdHeader/encoding/encodingLimits/kspace_encoding_step_1/maximum", &IsmrmrdHeader::maximum},
    {"/ismrmrdHeader/experimentalConditions/H1resonanceFrequency_Hz", &IsmrmrdHeader::h1_hz},
}};
constexpr std::array<Wanted<double>, 3> kLengths{{
    {"/ismrmrdHeader/encoding/encodedSpace/fieldOfView_mm/x", &IsmrmrdHeader::encoded_x_mm},
    {"/ismrmrdHeader/encoding/encodedSpace/fieldOfView_mm/y", &IsmrmrdHeader::encoded_y_mm},
    {"/ismrmrdHeader/encoding/encodedSpace/fieldOfView_mm/z", &IsmrmrdHeader::encoded_z_mm},
}};

/// Takes the text of the element if it is wanted and nothing of its path was taken before.
template <typename T, std::size_t count>
void take(IsmrmrdHeader& header, const std::array<Wanted<T>, count>& wanted, std::string_view path,
          std::string_view text) {
  for (const Wanted<T>& w : wanted) {
    if (path == w.path && !(header.*w.field)) {
      header.*w.field = number<T>(text);
    }
  }
}

}  // namespace

IsmrmrdHeader read_ismrmrd_header(std::string_view xml) {
  IsmrmrdHeader header;
  std::vector<std::size_t> parents;  // lengths of the path above each open element
  std::string path;
  std::size_t at = 0;
  while ((at = xml.find('<', at)) != std::string_view::npos) {
    const std::string_view rest = xml.substr(at + 1);
    const auto skip_to = [&](std::string_view end) {
      const std::size_t found = xml.find(end, at);
      at = found == std::string_view::npos ? xml.size() : found + end.size();
    };
    if (rest.starts_with("!--")) {
      skip_to("-->");
    } else if (rest.starts_with("![CDATA[")) {
      skip_to("]]>");
    } else if (rest.starts_with("?")) {
      skip_to("?>");
    } else if (const std::size_t end = end_of_tag(xml, at + 1); end == std::string_view::npos) {
      break;
    } else if (rest.starts_with("!")) {
      at = end + 1;
    } else if (rest.starts_with("/")) {
      if (parents.empty()) {
        break;
      }
      path.resize(parents.back());
      parents.pop_back();
      at = end + 1;
    } else {
      const std::string_view tag = xml.substr(at + 1, end - at - 1);
      at = end + 1;
      if (tag.ends_with('/')) {
        continue;
      }
      if (parents.size() == kDeepest) {
        break;
      }
      parents.push_back(path.size());
      path.append("/").append(local_name(tag));
      const std::string_view text = xml.substr(at, std::min(xml.find('<', at), xml.size()) - at);
      take(header, kIntegers, path, text);
      take(header, kLengths, path, text);
    }
  }
  return header;
}

ScanInfo scan_info(const IsmrmrdHeader& header) {
  constexpr double kLongest_mm = 1e4;
  constexpr std::int64_t kMostSamples = 65535, kHighest_hz = 10'000'000'000;
  const auto spacing = [](const std::optional<double>& length, const std::optional<std::int64_t>& samples) {
    const bool known = length && *length > 0 && *length <= kLongest_mm && samples && *samples > 0 &&
                       *samples <= kMostSamples;
    return known ? *length / static_cast<double>(*samples) : 0.0;
  };
  const bool frequency = header.h1_hz && *header.h1_hz > 0 && *header.h1_hz <= kHighest_hz;
  return {spacing(header.encoded_x_mm, header.encoded_x), spacing(header.encoded_y_mm, header.encoded_y),
          spacing(header.encoded_z_mm, header.encoded_z), frequency ? *header.h1_hz : 0};
}

std::pair<std::int64_t, std::int64_t> encoded_columns(const IsmrmrdHeader& header, std::int64_t width) {
  constexpr std::int64_t kMost = std::int64_t{1} << 31;
  for (const auto& value : {header.encoded_y, header.center, header.maximum}) {
    if (!value || *value < 0 || *value > kMost) {
      return {0, width};
    }
  }
  const std::int64_t left = *header.encoded_y / 2 - *header.center;
  const std::int64_t right = left + *header.maximum + 1;
  const std::int64_t from = std::clamp<std::int64_t>(left, 0, width),
                     to = std::clamp<std::int64_t>(right, 0, width);
  return from < to ? std::pair{from, to} : std::pair<std::int64_t, std::int64_t>{0, width};
}

}  // namespace selfsame
