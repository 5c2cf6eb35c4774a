// SPDX-License-Identifier: Apache-2.0
#include "engine/data/dead_leaves.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "kernels/base/error.hpp"
#include "kernels/device/philox.hpp"

namespace selfsame {
namespace {

constexpr int kTableSide = 64;  // of the periodic lattice that all noise textures of an image share
constexpr int kSubpixels = 2;
constexpr std::uint32_t kTableLeaf = 0xFFFFFFFFu, kSceneLeaf = 0xFFFFFFFEu;  // not numbers of leaves
constexpr std::uint32_t kMaxLeaves = 1u << 20;
constexpr float kPi = std::numbers::pi_v<float>;

enum class LeafShape { kEllipse, kPolygon, kBlob };
enum class LeafTexture { kNone, kSinusoid, kFractal, kSpeckle };

// The numbers of one leaf, drawn one after the other.
class Draws {
 public:
  Draws(std::uint64_t seed, std::uint32_t leaf, std::uint32_t index)
      : random_(seed, RandomPurpose::kGenerator, leaf, index) {}
  float unit() { return random_.uniform(next_++); }
  float between(float low, float high) { return low + (high - low) * unit(); }

 private:
  RandomStream random_;
  std::uint64_t next_ = 0;
};

// What the leaves of one image have in common.
struct Scene {
  float low, high, exponent;  // radii in pixels, density proportional to r^-exponent
  float hue, hue_spread;
  float level, contrast;  // gray levels are level + contrast * [-0.5, 0.5]
  float blur;             // weight of a pixel's neighbours
};

Scene draw_scene(const DeadLeavesOptions& options, std::uint32_t index) {
  Draws draws(options.seed, kSceneLeaf, index);
  Scene scene{};
  scene.low = options.smallest_radius * std::pow(3.0f, draws.unit());
  scene.high = std::max(2.0f * scene.low, 0.6f * static_cast<float>(std::max(options.height, options.width)));
  scene.exponent = draws.between(1.4f, 3.0f);
  scene.hue = draws.between(0.0f, 2.0f * kPi);
  scene.hue_spread = draws.between(0.3f, kPi);
  scene.contrast = draws.between(0.5f, 1.0f);
  scene.level = 0.5f + (1.0f - scene.contrast) * draws.between(-0.4f, 0.4f);
  scene.blur = draws.between(0.02f, 0.16f);
  return scene;
}

struct Leaf {
  LeafShape shape;
  float x, y, radius;  // pixels
  float cosine, sine;  // of the rotation to the leaf's own axes
  float aspect;        // ellipse: short over long axis
  int corners;         // polygon
  std::array<float, 7> normal_x, normal_y;
  float wave2, wave3;  // blob: strength of the second and third harmonic of its outline
  std::array<float, 3> color;
  float shade_x, shade_y;  // relative change of brightness from centre to rim
  LeafTexture texture;
  float strength, frequency, stretch, offset_x, offset_y;
};

void draw_outline(Leaf& leaf, Draws& draws) {
  const float kind = draws.unit();
  leaf.shape = kind < 0.45f ? LeafShape::kEllipse : kind < 0.75f ? LeafShape::kPolygon : LeafShape::kBlob;
  leaf.aspect = draws.between(0.35f, 1.0f);
  leaf.corners = 3 + static_cast<int>(draws.unit() * 4.999f);
  for (int k = 0; k < leaf.corners; ++k) {
    const float angle =
        2.0f * kPi * (static_cast<float>(k) + draws.between(-0.3f, 0.3f)) / static_cast<float>(leaf.corners);
    leaf.normal_x[static_cast<std::size_t>(k)] = std::cos(angle);
    leaf.normal_y[static_cast<std::size_t>(k)] = std::sin(angle);
  }
  leaf.wave2 = draws.between(-0.25f, 0.25f);
  leaf.wave3 = draws.between(-0.2f, 0.2f);
}

void draw_surface(Leaf& leaf, Draws& draws, const Scene& scene, int channels) {
  // Mid tones are more frequent than black and white.
  const float level = std::clamp(
      scene.level + scene.contrast * (0.6f * draws.unit() + 0.4f * draws.unit() - 0.5f), 0.02f, 0.98f);
  const float saturation = channels == 1 ? 0.0f : 0.3f * draws.unit() * draws.unit();
  const float hue = scene.hue + scene.hue_spread * draws.between(-1.0f, 1.0f);
  for (int c = 0; c < 3; ++c) {
    const float offset = saturation * std::cos(hue - 2.0f * kPi * static_cast<float>(c) / 3.0f);
    leaf.color[static_cast<std::size_t>(c)] = std::clamp(level * (1.0f + 2.0f * offset), 0.0f, 1.0f);
  }
  const float shade = 0.35f * draws.unit(), direction = draws.between(0.0f, 2.0f * kPi);
  leaf.shade_x = shade * std::cos(direction);
  leaf.shade_y = shade * std::sin(direction);

  const float kind = draws.unit();
  leaf.texture = kind < 0.35f   ? LeafTexture::kNone
                 : kind < 0.5f  ? LeafTexture::kSinusoid
                 : kind < 0.92f ? LeafTexture::kFractal
                                : LeafTexture::kSpeckle;
  const float strength = draws.unit();
  leaf.strength = leaf.texture == LeafTexture::kFractal    ? 0.06f + 0.44f * strength * strength
                  : leaf.texture == LeafTexture::kSinusoid ? 0.03f + 0.2f * strength
                                                           : 0.01f + 0.06f * strength;
  const float period = 3.0f * std::pow(12.0f, draws.unit());  // 3 to 36 pixels
  leaf.frequency = 1.0f / period;
  leaf.stretch = draws.between(0.25f, 1.0f);
  leaf.offset_x = draws.between(0.0f, kTableSide);
  leaf.offset_y = draws.between(0.0f, kTableSide);
}

Leaf draw_leaf(const DeadLeavesOptions& options, const Scene& scene, std::uint32_t number,
               std::uint32_t index) {
  Draws draws(options.seed, number, index);
  Leaf leaf{};
  // Inverse of the cumulative distribution of the radii.
  const float power = 1.0f - scene.exponent;
  const float a = std::pow(scene.low, power), b = std::pow(scene.high, power);
  leaf.radius = std::pow(a - draws.unit() * (a - b), 1.0f / power);
  leaf.x = draws.between(-leaf.radius, static_cast<float>(options.width) + leaf.radius);
  leaf.y = draws.between(-leaf.radius, static_cast<float>(options.height) + leaf.radius);
  const float angle = draws.between(0.0f, 2.0f * kPi);
  leaf.cosine = std::cos(angle);
  leaf.sine = std::sin(angle);
  draw_outline(leaf, draws);
  draw_surface(leaf, draws, scene, options.channels);
  return leaf;
}

// (u, v): the leaf's own axes, radius 1.
bool covers(const Leaf& leaf, float u, float v) {
  const float square = u * u + v * v;
  if (square > 1.0f) {
    return false;
  }
  if (leaf.shape == LeafShape::kEllipse) {
    return u * u + v * v / (leaf.aspect * leaf.aspect) <= 1.0f;
  }
  if (leaf.shape == LeafShape::kPolygon) {
    for (std::size_t k = 0; k < static_cast<std::size_t>(leaf.corners); ++k) {
      if (u * leaf.normal_x[k] + v * leaf.normal_y[k] > 0.65f) {
        return false;
      }
    }
    return true;
  }
  const float rho = std::sqrt(square);
  if (rho < 0.3f) {
    return true;
  }
  const float c = u / rho, s = v / rho;  // cos 2t = c^2 - s^2, sin 3t = 3 s - 4 s^3
  return rho <= 0.69f * (1.0f + leaf.wave2 * (c * c - s * s) + leaf.wave3 * s * (3.0f - 4.0f * s * s));
}

class Canvas {
 public:
  Canvas(const DeadLeavesOptions& options, std::uint32_t index)
      : options_(options),
        height_(options.height * kSubpixels),
        width_(options.width * kSubpixels),
        uncovered_(static_cast<std::int64_t>(height_) * width_),
        covered_(static_cast<std::size_t>(uncovered_), 0),
        light_(covered_.size() * static_cast<std::size_t>(options.channels)) {
    const RandomStream random(options.seed, RandomPurpose::kGenerator, kTableLeaf, index);
    for (std::size_t i = 0; i < table_.size(); ++i) {
      table_[i] = 2.0f * random.uniform(i) - 1.0f;
    }
  }

  [[nodiscard]] bool full() const { return uncovered_ == 0; }
  void paint(const Leaf& leaf);
  [[nodiscard]] Image finish(float blur) const;

 private:
  [[nodiscard]] float lattice(int x, int y) const {
    return table_[static_cast<std::size_t>((y & (kTableSide - 1)) * kTableSide + (x & (kTableSide - 1)))];
  }
  [[nodiscard]] float smooth_noise(float x, float y) const;
  [[nodiscard]] float texture(const Leaf& leaf, float across, float along) const;

  const DeadLeavesOptions& options_;
  int height_, width_;
  std::int64_t uncovered_;
  std::vector<std::uint8_t> covered_;  // (height, width) of subpixels
  std::vector<float> light_;           // (C, height, width) of subpixels
  std::array<float, kTableSide * kTableSide> table_;
};

// Lattice values in [-1, 1], joined by smoothsteps.
float Canvas::smooth_noise(float x, float y) const {
  const float floor_x = std::floor(x), floor_y = std::floor(y);
  const int ix = static_cast<int>(floor_x), iy = static_cast<int>(floor_y);
  float fx = x - floor_x, fy = y - floor_y;
  fx = fx * fx * (3.0f - 2.0f * fx);
  fy = fy * fy * (3.0f - 2.0f * fy);
  const float top = lattice(ix, iy) + fx * (lattice(ix + 1, iy) - lattice(ix, iy));
  const float bottom = lattice(ix, iy + 1) + fx * (lattice(ix + 1, iy + 1) - lattice(ix, iy + 1));
  return top + fy * (bottom - top);
}

// Relative change of brightness at a place on the leaf, in pixels from its centre.
float Canvas::texture(const Leaf& leaf, float across, float along) const {
  const float x = across * leaf.frequency, y = along * leaf.frequency * leaf.stretch;
  switch (leaf.texture) {
    case LeafTexture::kNone:
      return 0.0f;
    case LeafTexture::kSinusoid:
      return leaf.strength *
             std::sin(2.0f * kPi * x + smooth_noise(0.3f * x + leaf.offset_x, y + leaf.offset_y));
    case LeafTexture::kSpeckle:
      return leaf.strength * smooth_noise(0.9f * across + leaf.offset_x, 0.9f * along + leaf.offset_y);
    case LeafTexture::kFractal:
      break;
  }
  float sum = 0.0f, amplitude = leaf.strength, scale = 1.0f;
  for (int octave = 0; octave < 4 && leaf.frequency * scale < 0.7f; ++octave) {
    sum += amplitude * smooth_noise(x * scale + leaf.offset_x, y * scale + leaf.offset_y + 17.0f * scale);
    amplitude *= 0.55f;
    scale *= 2.0f;
  }
  return sum;
}

void Canvas::paint(const Leaf& leaf) {
  const auto clamp_to = [](float value, int limit) { return std::clamp(static_cast<int>(value), 0, limit); };
  const int top = clamp_to((leaf.y - leaf.radius) * kSubpixels, height_);
  const int bottom = clamp_to((leaf.y + leaf.radius) * kSubpixels + 1.0f, height_);
  const int left = clamp_to((leaf.x - leaf.radius) * kSubpixels, width_);
  const int right = clamp_to((leaf.x + leaf.radius) * kSubpixels + 1.0f, width_);
  const float step = 1.0f / kSubpixels, inverse = 1.0f / leaf.radius;
  for (int i = top; i < bottom; ++i) {
    std::uint8_t* covered = covered_.data() + static_cast<std::int64_t>(i) * width_;
    const float dy = (static_cast<float>(i) + 0.5f) * step - leaf.y;
    for (int j = left; j < right; ++j) {
      if (covered[j] != 0) {
        continue;
      }
      const float dx = (static_cast<float>(j) + 0.5f) * step - leaf.x;
      const float across = leaf.cosine * dx + leaf.sine * dy, along = leaf.cosine * dy - leaf.sine * dx;
      const float u = across * inverse, v = along * inverse;
      if (!covers(leaf, u, v)) {
        continue;
      }
      covered[j] = 1;
      --uncovered_;
      const float light = 1.0f + leaf.shade_x * u + leaf.shade_y * v + texture(leaf, across, along);
      for (int c = 0; c < options_.channels; ++c) {
        light_[static_cast<std::size_t>((static_cast<std::int64_t>(c) * height_ + i) * width_ + j)] =
            std::clamp(leaf.color[static_cast<std::size_t>(c)] * light, 0.0f, 1.0f);
      }
    }
  }
}

// Three-tap blur with weights (w, 1 - 2w, w); the border repeats.
void blur_lines(float* data, int lines, int length, std::int64_t line_stride, std::int64_t stride, float w) {
  for (int l = 0; l < lines; ++l) {
    float* line = data + l * line_stride;
    float before = line[0];
    for (int k = 0; k < length; ++k) {
      const float here = line[k * stride], after = k + 1 < length ? line[(k + 1) * stride] : here;
      line[k * stride] = here + w * (before - 2.0f * here + after);
      before = here;
    }
  }
}

Image Canvas::finish(float blur) const {
  Image image{options_.channels, options_.height, options_.width, {}, 8, true};
  image.pixels.resize(static_cast<std::size_t>(image.count()));
  for (int c = 0; c < image.channels; ++c) {
    float* plane = image.pixels.data() + c * image.plane();
    const float* light = light_.data() + static_cast<std::int64_t>(c) * height_ * width_;
    for (int y = 0; y < image.height; ++y) {
      const float* upper = light + static_cast<std::int64_t>(y) * kSubpixels * width_;
      const float* lower = upper + width_;
      for (int x = 0; x < image.width; ++x) {
        plane[static_cast<std::int64_t>(y) * image.width + x] =
            0.25f * (upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1]);
      }
    }
    blur_lines(plane, image.height, image.width, image.width, 1, blur);
    blur_lines(plane, image.width, image.height, 1, image.width, blur);
    for (std::int64_t i = 0; i < image.plane(); ++i) {
      plane[i] = std::floor(std::clamp(plane[i], 0.0f, 1.0f) * 255.0f + 0.5f) / 255.0f;
    }
  }
  return image;
}

class DeadLeavesSource final : public ImageSource {
 public:
  explicit DeadLeavesSource(const DeadLeavesOptions& options) : options_(options) {}
  std::int64_t count() const override { return options_.count; }
  std::string name(std::int64_t i) const override { return fmt::format("dead_leaves[{}]", i); }
  ImageInfo info(std::int64_t) const override {
    return {options_.channels, options_.height, options_.width, 8, true, 1};
  }
  Image load(std::int64_t i) const override {
    SELFSAME_CHECK(i >= 0 && i < count(), "image {} of {}", i, count());
    return dead_leaves_image(options_, i);
  }

 private:
  DeadLeavesOptions options_;
};

void check(const DeadLeavesOptions& o) {
  if ((o.channels != 1 && o.channels != 3) || o.height < 1 || o.width < 1 || o.height > kMaxImageSide ||
      o.width > kMaxImageSide || !(o.smallest_radius >= 1.0f)) {
    fail(ErrorKind::kUsage,
         "dead_leaves: expected 1 or 3 channels, sides of 1 to {} and a smallest radius of at least 1 pixel, "
         "got {} "
         "channels, {}x{} pixels and radius {}",
         kMaxImageSide, o.channels, o.width, o.height, o.smallest_radius);
  }
}

}  // namespace

Image dead_leaves_image(const DeadLeavesOptions& options, std::int64_t index) {
  check(options);
  SELFSAME_CHECK(index >= 0 && index <= 0xFFFFFFFFLL, "image {}", index);
  const auto image_index = static_cast<std::uint32_t>(index);
  // From the front to the back: a leaf is seen only where none before it is, so a full canvas is final.
  const Scene scene = draw_scene(options, image_index);
  Canvas canvas(options, image_index);
  for (std::uint32_t number = 0; number < kMaxLeaves && !canvas.full(); ++number) {
    canvas.paint(draw_leaf(options, scene, number, image_index));
  }
  return canvas.finish(scene.blur);
}

std::shared_ptr<const ImageSource> dead_leaves_source(const DeadLeavesOptions& options) {
  check(options);
  if (options.count < 1 || options.count > 0xFFFFFFFFLL) {
    fail(ErrorKind::kUsage, "dead_leaves: expected a count of 1 to {}, got {}", 0xFFFFFFFFLL, options.count);
  }
  return std::make_shared<DeadLeavesSource>(options);
}

}  // namespace selfsame
