/// Bytes on their way from one stream to another, first in, first out.
package struct ByteQueue: Sendable {
  /// How many bytes reading fills it up to; `append` may exceed it.
  package let capacity: Int
  private var storage: [UInt8]
  private var head = 0
  private var tail = 0

  /// Storage is made when it is first needed.
  package init(capacity: Int) {
    self.capacity = max(1, capacity)
    storage = []
  }

  package var count: Int { tail - head }
  package var isEmpty: Bool { head == tail }
  /// Whether there is too little room for reading more, until what is there has been taken: bytes
  /// are not moved to make room, which would cost as much as reading them.
  package var isFull: Bool { !isEmpty && tail > capacity - capacity / 4 }
  /// What is in it, the oldest byte first.
  package var bytes: ArraySlice<UInt8> { storage[head..<tail] }

  /// Adds bytes at the end, whatever the capacity.
  package mutating func append(_ bytes: some Collection<UInt8>) {
    compact()
    storage.removeLast(storage.count - tail)
    storage.append(contentsOf: bytes)
    tail = storage.count
  }

  /// Takes the oldest bytes away; more than there are empty it.
  package mutating func removeFirst(_ count: Int) {
    head = min(tail, head + max(0, count))
    if head == tail { clear() }
  }

  package mutating func clear() {
    head = 0
    tail = 0
    // A burst is not kept for ever.
    if storage.count > 2 * capacity { storage = [] }
  }

  private mutating func compact() {
    guard head > 0 else { return }
    storage.removeSubrange(0..<head)
    tail -= head
    head = 0
  }

  /// Calls `body` with the room behind the last byte; it says how many bytes it put there.
  mutating func fill(_ body: (UnsafeMutableRawBufferPointer) -> Int) -> Int {
    if storage.count < capacity {
      storage.append(contentsOf: repeatElement(0, count: capacity - storage.count))
    }
    let (start, end) = (tail, max(tail, capacity))
    // Safe: the part is within the array, and `body` is done with it when it returns.
    let count = unsafe storage.withUnsafeMutableBytes { raw in
      unsafe body(UnsafeMutableRawBufferPointer(rebasing: raw[start..<end]))
    }
    if count > 0 { tail = min(end, tail + count) }
    return count
  }

  /// Calls `body` with what is there; it says how many bytes it took.
  mutating func drain(_ body: (UnsafeRawBufferPointer) -> Int) -> Int {
    let (start, end) = (head, tail)
    // Safe: the part is within the array, and `body` is done with it when it returns.
    let count = unsafe storage.withUnsafeBytes { raw in
      unsafe body(UnsafeRawBufferPointer(rebasing: raw[start..<end]))
    }
    if count > 0 { removeFirst(count) }
    return count
  }
}
