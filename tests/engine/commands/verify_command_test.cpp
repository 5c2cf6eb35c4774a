// SPDX-License-Identifier: Apache-2.0
// selfsame verify, as a user runs it.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "mri/files/atomic_file.hpp"
#include "tests/support/markup.hpp"
#include "tests/support/program.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/tiny_run.hpp"

namespace selfsame {
namespace {

class VerifyCommand : public testing::Test {
 protected:
  VerifyCommand() { write_file_atomically(path("tiny.json"), kTinyRun); }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  ProgramResult verify(std::vector<std::string> more) const {
    std::vector<std::string> all{"verify", "--config", path("tiny.json"), "--device", "cpu", "--steps", "10"};
    all.insert(all.end(), more.begin(), more.end());
    return selfsame_program(all);
  }
  TemporaryFolder folder_;
};

TEST_F(VerifyCommand, GivesVerdictsAsTextJsonAndPage) {
  const ProgramResult r =
      verify({"--no-controls", "--tolerance", "0.3", "--json", path("v.json"), "--report", path("v.html")});
  ASSERT_EQ(r.exit_code, 0) << r.out << r.err;
  EXPECT_NE(r.out.find("noise2noise"), std::string::npos);  // in place of the supervised yardstick
  EXPECT_NE(r.out.find("3 comparisons unbiased as claimed"), std::string::npos) << r.out;
  const nlohmann::json j = nlohmann::json::parse(read_file(path("v.json"), 1 << 24));
  EXPECT_EQ(j["comparisons"].size(), 3u);
  EXPECT_EQ(j["all_as_claimed"], true);
  EXPECT_EQ(markup_fault(read_file(path("v.html"), 1 << 24)), "");
}

TEST_F(VerifyCommand, ExitsWithSevenIfSomethingIsNotAsClaimed) {
  // 64 draws cannot bound the bias by a millionth.
  const ProgramResult r = verify({"--no-controls", "--tolerance", "1e-6", "--draws", "64", "--json", "-"});
  EXPECT_EQ(r.exit_code, 7) << r.err;
  EXPECT_EQ(nlohmann::json::parse(r.out)["all_as_claimed"], false);  // nothing else on standard output
}

TEST_F(VerifyCommand, NamesTheObjectivesThatFit) {
  const ProgramResult r = verify({"--objectives", "noise2nose"});
  EXPECT_EQ(r.exit_code, 2);
  EXPECT_NE(r.err.find("'noise2nose' is none of those"), std::string::npos) << r.err;
  EXPECT_NE(r.err.find("noise2void"), std::string::npos) << r.err;
  EXPECT_EQ(r.err.find("sure_poisson"), std::string::npos) << r.err;  // made for other noise
  EXPECT_EQ(selfsame_program({"verify"}).exit_code, 2);
}

}  // namespace
}  // namespace selfsame
