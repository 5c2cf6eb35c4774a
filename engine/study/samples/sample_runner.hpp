// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/run/stop_request.hpp"
#include "engine/study/samples/run_claims.hpp"
#include "engine/study/samples/sample_scorer.hpp"
#include "engine/study/samples/sample_store.hpp"
#include "engine/training/trainer.hpp"

namespace selfsame {

/// How far a study is, as one of its processes sees it.
struct SampleProgress {
  std::int64_t runs = 0, done = 0;   ///< of the study; done by any process
  std::int64_t training = 0;         ///< side by side, in this process
  double steps = 0, steps_done = 0;  ///< of all runs; of those that are done and those in this process
  double steps_here = 0;             ///< that this process has trained
};

struct SampleCallbacks {
  std::function<void(std::string_view)> message = [](std::string_view) {};
  /// After every step and while waiting for other processes.
  std::function<void(const SampleProgress&)> progress = [](const SampleProgress&) {};
};

enum class SampleEnd { kDone, kStopped };

/// Trains the runs of a study, several side by side where they fit together: claims what nobody works on,
/// continues what was interrupted, refills lanes that are done, and waits for what other processes work on.
/// Every run's result has the same bytes whoever trains it beside whatever.
class SampleRunner {
 public:
  /// @param lanes  at most so many trainings side by side; 0: as many as suit the device
  SampleRunner(const SampleStudyConfig& study, const std::vector<PlannedRun>& runs, const SampleStore& store,
               std::int64_t lanes, Stream& stream);

  /// Until all runs are done or a stop is requested. Errors: those of the data, files and device.
  SampleEnd run(StopRequest& stop, const SampleCallbacks& callbacks);

  [[nodiscard]] SampleScorer& scorer() { return scorer_; }
  [[nodiscard]] SharedSources& sources() { return sources_; }
  [[nodiscard]] std::int64_t lanes() const { return lanes_; }

 private:
  struct Active {
    const PlannedRun* run;
    Claim claim;
  };

  void claim_more(std::vector<Active>& active);
  TrainEnd train(std::vector<Active>& active, StopRequest& stop, const SampleCallbacks& callbacks);
  void finish(Trainer& trainer, const std::vector<CheckpointStore>& stores, std::int64_t lane,
              const PlannedRun& run);
  [[nodiscard]] bool is_done(std::size_t i);
  void report(const SampleCallbacks& callbacks, std::int64_t training, double steps_now);

  const SampleStudyConfig& study_;
  const std::vector<PlannedRun>& runs_;
  const SampleStore& store_;
  Stream& stream_;
  std::int64_t lanes_;
  SharedSources sources_;
  SampleScorer scorer_;
  RunClaims claims_;
  std::vector<bool> done_;     // by run, as far as this process knows
  std::vector<double> steps_;  // by run
  double steps_here_ = 0;
};

/// How many trainings side by side suit a device: many small ones to fill a GPU; a few on a CPU, where they
/// save some of the work around the kernels.
[[nodiscard]] std::int64_t suitable_lanes(DeviceKind device);

}  // namespace selfsame
