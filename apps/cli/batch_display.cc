#include "batch_display.h"

#include <chrono>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "command_context.h"
#include "progress_bar.h"

namespace diar::cli {
namespace {

double fraction_of(const Progress& progress) {
  if (progress.total == 0) return 0.0;
  return std::min(1.0, static_cast<double>(progress.completed) / static_cast<double>(progress.total));
}

/// One bar for all inputs; errors as lines of their own.
class BarDisplay final : public BatchObserver {
 public:
  explicit BarDisplay(bool enabled) : bar_("", enabled) {}

  void begin(const std::vector<PlannedOutput>& plan) override { plan_ = &plan; }
  void item_started(std::size_t index) override {
    fractions_[index] = 0.0;
    current_ = index;
  }
  void item_progress(std::size_t index, const Progress& progress) override {
    if (plan_->size() == 1) {
      bar_.set_title((*plan_)[index].uri);
      return bar_.update(progress);
    }
    fractions_[index] = fraction_of(progress);
    draw();
  }
  void item_speaks() override { bar_.clear(); }
  void item_ended(std::size_t index, const ItemReport& report) override {
    ++num_ended_;
    fractions_.erase(index);
    bar_.clear();
    if (report.state == ItemState::kFailed) print_error(report.error);
  }
  void end(const std::vector<ItemReport>&, double) override { bar_.clear(); }

 private:
  void draw() {
    constexpr double kSteps = 1000.0;  // of one input
    double sum = static_cast<double>(num_ended_);
    for (const auto& [index, fraction] : fractions_) sum += fraction;
    bar_.set_title("[" + std::to_string(num_ended_) + "/" + std::to_string(plan_->size()) + "] " +
                   (*plan_)[current_].uri +
                   (fractions_.size() > 1 ? " +" + std::to_string(fractions_.size() - 1) : ""));
    bar_.update(
        {"", static_cast<std::size_t>(sum * kSteps), plan_->size() * static_cast<std::size_t>(kSteps)});
  }

  const std::vector<PlannedOutput>* plan_ = nullptr;
  ProgressBar bar_;
  std::map<std::size_t, double> fractions_;  // of the inputs that are being worked on
  std::size_t current_ = 0;
  std::size_t num_ended_ = 0;
};

/// One JSON object a line for each event.
class JsonDisplay final : public BatchObserver {
 public:
  void begin(const std::vector<PlannedOutput>& plan) override {
    plan_ = &plan;
    emit({{"event", "begin"}, {"num_inputs", plan.size()}});
  }
  void item_started(std::size_t index) override { emit(item_event("start", index)); }

  void item_progress(std::size_t index, const Progress& progress) override {
    // Ten lines a second are enough for any display.
    const auto now = std::chrono::steady_clock::now();
    if (const auto last = last_progress_.find(index);
        last != last_progress_.end() && now - last->second < std::chrono::milliseconds(100)) {
      return;
    }
    last_progress_[index] = now;
    Json event = item_event("progress", index);
    event["stage"] = progress.stage;
    event["completed"] = progress.completed;
    event["total"] = progress.total;
    emit(event);
  }

  void item_ended(std::size_t index, const ItemReport& report) override {
    last_progress_.erase(index);
    if (report.state == ItemState::kFailed) {
      Json event = item_event("failed", index);
      event["error"] = report.error;
      event["exit_code"] = report.exit_code;
      return emit(event);
    }
    Json event = item_event(report.state == ItemState::kSkipped ? "skipped" : "done", index);
    event["outputs"] = Json::array();
    for (const PlannedFile& file : (*plan_)[index].files) {
      event["outputs"].push_back(file.path.empty() ? "-" : file.path.string());
    }
    if (report.state == ItemState::kDone) {
      event["duration_s"] = report.duration_s;
      event["elapsed_s"] = report.elapsed_s;
      event["num_speakers"] = report.num_speakers;
      event["num_turns"] = report.num_turns;
    }
    emit(event);
  }

  void end(const std::vector<ItemReport>& reports, double elapsed_s) override {
    emit({{"event", "end"},
          {"done", count_state(reports, ItemState::kDone)},
          {"failed", count_state(reports, ItemState::kFailed)},
          {"skipped", count_state(reports, ItemState::kSkipped)},
          {"cancelled", count_state(reports, ItemState::kWaiting)},
          {"elapsed_s", elapsed_s}});
  }

 private:
  using Json = nlohmann::ordered_json;

  Json item_event(const char* event, std::size_t index) const {
    return {{"event", event}, {"index", index}, {"input", (*plan_)[index].input}};
  }
  static void emit(const Json& event) {
    // A file name need not be UTF-8; JSON must be.
    std::cerr << event.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n' << std::flush;
  }

  const std::vector<PlannedOutput>* plan_ = nullptr;
  std::map<std::size_t, std::chrono::steady_clock::time_point> last_progress_;
};

}  // namespace

std::unique_ptr<BatchObserver> make_batch_display(const std::string& kind, bool quiet) {
  if (kind == "json") return std::make_unique<JsonDisplay>();
  return std::make_unique<BarDisplay>(kind == "bar" && !quiet);
}

}  // namespace diar::cli
