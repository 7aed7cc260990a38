// Slots with a bound each in, the slot with the smallest bound out.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace diar {

/// A binary heap of (slot, distance) whose order among equal distances is scipy's.
class SlotHeap {
 public:
  /// values [slots].
  explicit SlotHeap(std::vector<double> values)
      : values_(std::move(values)), slot_at_(values_.size()), place_of_(values_.size()) {
    for (std::size_t i = 0; i < values_.size(); ++i) slot_at_[i] = place_of_[i] = i;
    for (std::size_t i = values_.size() / 2; i-- > 0;) sift_down(i);
  }
  std::size_t top_slot() const { return slot_at_[0]; }
  double top_value() const { return values_[0]; }
  void remove_top() {
    swap(0, values_.size() - 1);
    values_.pop_back();
    slot_at_.pop_back();
    if (!values_.empty()) sift_down(0);
  }
  void change(std::size_t slot, double value) {
    const std::size_t place = place_of_[slot];
    const double old = values_[place];
    values_[place] = value;
    value < old ? sift_up(place) : sift_down(place);
  }

 private:
  void swap(std::size_t a, std::size_t b) {
    std::swap(values_[a], values_[b]);
    std::swap(slot_at_[a], slot_at_[b]);
    place_of_[slot_at_[a]] = a;
    place_of_[slot_at_[b]] = b;
  }
  void sift_up(std::size_t place) {
    while (place > 0 && values_[(place - 1) / 2] > values_[place]) {
      swap(place, (place - 1) / 2);
      place = (place - 1) / 2;
    }
  }
  void sift_down(std::size_t place) {
    for (std::size_t child = 2 * place + 1; child < values_.size(); child = 2 * place + 1) {
      if (child + 1 < values_.size() && values_[child + 1] < values_[child]) ++child;
      if (values_[place] <= values_[child]) break;
      swap(place, child);
      place = child;
    }
  }

  std::vector<double> values_;
  std::vector<std::size_t> slot_at_;
  std::vector<std::size_t> place_of_;
};

}  // namespace diar
