// SPDX-License-Identifier: Apache-2.0
#include "engine/study/samples/sample_pictures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "engine/report/html.hpp"

namespace selfsame {
namespace {

std::string cell(const std::string& png, const std::string& alt, const std::string& text) {
  if (png.empty()) {
    return "<td></td>";
  }
  return fmt::format("<td><img alt=\"{}\" src=\"data:image/png;base64,{}\">{}</td>", html_escape(alt),
                     base64(png), html_escape(text));
}

std::string psnr_words(double psnr) { return std::isfinite(psnr) ? fmt::format("{:.2f} dB", psnr) : ""; }

const SamplePicture::Output* find(const SamplePicture& picture, std::size_t method, std::size_t size) {
  const auto it = std::find_if(picture.outputs.begin(), picture.outputs.end(), [&](const auto& output) {
    return output.method == method && output.size == size;
  });
  return it == picture.outputs.end() ? nullptr : &*it;
}

/// Two rows: the outputs of all methods at one size, and their errors where there are any.
std::string rows_of(const SampleResults& results, const SamplePicture& picture, std::size_t size) {
  const std::string n = fmt::format("N = {}", results.sizes.at(size));
  std::string outputs = "<tr><th scope=\"row\">" + n + "</th>";
  std::string errors = "<tr><th scope=\"row\">error</th>";
  bool any_error = false;
  for (std::size_t method = 0; method < results.methods.size(); ++method) {
    const SamplePicture::Output* output = find(picture, method, size);
    if (output == nullptr) {
      outputs += "<td></td>";
      errors += "<td></td>";
      continue;
    }
    const std::string alt = fmt::format("{}, {}, {}", picture.image, results.methods[method], n);
    outputs += cell(output->output, "output: " + alt, psnr_words(output->psnr));
    errors += cell(output->error, "error: " + alt, "");
    any_error = any_error || !output->error.empty();
  }
  return outputs + "</tr>\n" + (any_error ? errors + "</tr>\n" : "");
}

std::string picture_html(const SampleResults& results, const SamplePicture& picture) {
  std::string out = "<figure class=\"example\"><figcaption>" + html_escape(picture.image) +
                    "</figcaption>\n<div class=\"scroll\"><table class=\"pictures\">\n<tr><th "
                    "scope=\"row\">given</th>";
  out += cell(picture.noisy, "noisy: " + picture.image, "noisy, " + psnr_words(picture.noisy_psnr));
  out += cell(picture.clean, "clean: " + picture.image, "clean") + "</tr>\n<tr><td></td>";
  for (const std::string& method : results.methods) {
    out += "<th scope=\"col\">" + html_escape(method) + "</th>";
  }
  out += "</tr>\n";
  std::set<std::size_t> sizes;
  for (const SamplePicture::Output& output : picture.outputs) {
    sizes.insert(output.size);
  }
  if (!sizes.empty()) {
    out += rows_of(results, picture, *sizes.begin());
    out += sizes.size() > 1 ? rows_of(results, picture, *sizes.rbegin()) : "";
  }
  return out + "</table></div></figure>\n";
}

}  // namespace

std::string sample_pictures_html(const SampleResults& results) {
  std::string out;
  for (const SamplePicture& picture : results.pictures) {
    out += picture_html(results, picture);
  }
  return out;
}

}  // namespace selfsame
