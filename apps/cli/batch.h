// Many inputs worked off by several workers; one bad file never costs the others their results.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "diar/progress.h"
#include "output_plan.h"

namespace diar::cli {

enum class ItemState { kWaiting, kDone, kFailed, kSkipped };

/// What became of one input.
struct ItemReport {
  ItemState state = ItemState::kWaiting;  ///< waiting: the user stopped before it was done
  std::string error;                      ///< when it failed
  int exit_code = 0;                      ///< when it failed
  double duration_s = 0.0;                ///< of its audio
  double elapsed_s = 0.0;
  std::size_t num_speakers = 0;
  std::size_t num_turns = 0;
};

/// Hears what happens; one call at a time, from whichever thread.
class BatchObserver {
 public:
  virtual ~BatchObserver() = default;
  virtual void begin(const std::vector<PlannedOutput>& plan) = 0;
  virtual void item_started(std::size_t index) = 0;
  virtual void item_progress(std::size_t index, const Progress& progress) = 0;
  /// Its result is about to be shown, before it ends.
  virtual void item_speaks() {}
  virtual void item_ended(std::size_t index, const ItemReport& report) = 0;
  /// All that could be done is done. `elapsed_s`: wall clock of the batch.
  virtual void end(const std::vector<ItemReport>& reports, double elapsed_s) = 0;
};

struct BatchOptions {
  std::size_t num_workers = 1;
  bool resume = false;  ///< skip inputs whose results are there and not older
  /// Says how it ended when the process has to leave with workers that do not stop; called by another thread.
  std::function<void(const std::vector<ItemReport>& reports, double elapsed_s)> when_abandoned;
};

/// Works on one input as worker `worker` in [0, num_workers); called from several threads. `guard(f)` runs
/// f() while nothing else of the batch speaks: for standard output.
struct BatchItem {
  const PlannedOutput& plan;
  std::size_t index;  ///< in the plan
  std::size_t worker;
  ProgressCallback on_progress;
  std::function<void(const std::function<void()>&)> guard;
};
using BatchTask = std::function<ItemReport(const BatchItem&)>;

/// One report for each input, in the plan's order. Failures of type diar::Error are reports; anything else
/// ends the batch and is rethrown. Once the user has interrupted, what runs is cancelled, the rest waits.
/// When no thread can be made for a worker, those that there are do its work.
std::vector<ItemReport> run_batch(const std::vector<PlannedOutput>& plan, const BatchOptions& options,
                                  const BatchTask& task, BatchObserver& observer);

/// Reports in that state.
std::size_t count_state(const std::vector<ItemReport>& reports, ItemState state);

}  // namespace diar::cli
