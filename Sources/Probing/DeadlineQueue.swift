internal import Kernel

/// Values in the order of their moments (a binary heap); the earliest is first.
struct DeadlineQueue<Value> {
  private var heap: [(time: MonotonicTime, value: Value)] = []

  var isEmpty: Bool { heap.isEmpty }
  /// The earliest moment.
  var first: MonotonicTime? { heap.first?.time }

  /// - Complexity: O(log n)
  mutating func insert(_ value: Value, at time: MonotonicTime) {
    heap.append((time, value))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].time < heap[parent].time else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  /// Takes the earliest value whose moment has come.
  ///
  /// - Complexity: O(log n)
  mutating func popDue(at now: MonotonicTime) -> Value? {
    guard let first = heap.first, first.time <= now else { return nil }
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      let left = 2 * parent + 1
      guard left < heap.count else { break }
      let right = left + 1
      let child = right < heap.count && heap[right].time < heap[left].time ? right : left
      guard heap[child].time < heap[parent].time else { break }
      heap.swapAt(child, parent)
      parent = child
    }
    return first.value
  }
}
