// SPDX-License-Identifier: Apache-2.0
#include "losses/options.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/base/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace selfsame {
namespace {

constexpr std::string_view kWords[] = {"red", "green"};
constexpr ObjectiveOption kOptions[] = {{"size", "of it", 2.0, 1.0, 8.0, {}},
                                        {"colour", "of it", std::string_view("green"), 0, 0, kWords},
                                        {"sigma", "absent: unknown", {}, 0.0, 1.0, {}, true}};

std::string error_of(const ObjectiveOptions& given) {
  return error_text<Error>([&] { static_cast<void>(complete_options("toy", kOptions, given)); });
}
bool says(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(Options, AbsentOnesTakeTheirDefaultsAndStayAbsentWithoutOne) {
  const ObjectiveOptions all = complete_options("toy", kOptions, {});
  EXPECT_EQ(all.size(), 2u);
  EXPECT_EQ(number(all, "size"), 2.0);
  EXPECT_EQ(word(all, "colour"), "green");
  EXPECT_EQ(optional_number(all, "sigma"), std::nullopt);
}

TEST(Options, GivenOnesAreKept) {
  const ObjectiveOptions all =
      complete_options("toy", kOptions, {{"size", 8.0}, {"colour", std::string("red")}, {"sigma", 0.0}});
  EXPECT_EQ(number(all, "size"), 8.0);
  EXPECT_EQ(word(all, "colour"), "red");
  EXPECT_EQ(optional_number(all, "sigma"), 0.0);
  EXPECT_TRUE(flag(all, "size"));
  EXPECT_FALSE(flag(all, "sigma"));
}

TEST(Options, MistakesNameTheObjectiveTheOptionAndTheRange) {
  EXPECT_TRUE(says(error_of({{"sise", 1.0}}), "'toy' has no option 'sise'; known: size, colour, sigma"));
  EXPECT_TRUE(says(error_of({{"size", 0.5}}), "size 0.5 must be a number from 1 to 8"));
  EXPECT_TRUE(says(error_of({{"size", 8.5}}), "size 8.5"));
  EXPECT_TRUE(says(error_of({{"size", std::nan("")}}), "size nan"));
  EXPECT_TRUE(says(error_of({{"size", std::numeric_limits<double>::infinity()}}), "size inf"));
  EXPECT_TRUE(says(error_of({{"size", std::string("big")}}), "size 'big' must be a number"));
  EXPECT_TRUE(says(error_of({{"colour", std::string("blue")}}), "colour 'blue' is none of red, green"));
  EXPECT_TRUE(says(error_of({{"colour", 1.0}}), "colour 1 is none of"));
}

TEST(Options, AskingForWhatIsNotThereIsAnErrorOfTheProgram) {
  const ObjectiveOptions all = complete_options("toy", kOptions, {});
  EXPECT_THROW(static_cast<void>(number(all, "sigma")), Error);
  EXPECT_THROW(static_cast<void>(number(all, "colour")), Error);
  EXPECT_THROW(static_cast<void>(word(all, "size")), Error);
}

}  // namespace
}  // namespace selfsame
