import Kernel
import Testing

@testable import Probing

struct DeadlineQueueTests {
  @Test func valuesComeInOrderOfTime() {
    var queue = DeadlineQueue<Int>()
    for number in [5, 3, 9, 1, 7, 3, 8, 2, 6, 4, 0] {
      queue.insert(number, at: MonotonicTime(nanoseconds: Int64(number)))
    }
    #expect(queue.first == MonotonicTime(nanoseconds: 0))
    var order: [Int] = []
    while let value = queue.popDue(at: MonotonicTime(nanoseconds: 100)) { order.append(value) }
    #expect(order == [0, 1, 2, 3, 3, 4, 5, 6, 7, 8, 9])
    #expect(queue.isEmpty)
  }

  @Test func nothingBeforeItsTime() {
    var queue = DeadlineQueue<String>()
    queue.insert("later", at: MonotonicTime(nanoseconds: 10))
    #expect(queue.popDue(at: MonotonicTime(nanoseconds: 9)) == nil)
    #expect(queue.popDue(at: MonotonicTime(nanoseconds: 10)) == "later")
  }
}
