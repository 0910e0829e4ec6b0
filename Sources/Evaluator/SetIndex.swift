internal import DecisionDiagram
internal import Model

/// A set, prepared for lookups. Shared by all evaluations of a ruleset.
final class SetIndex {
  let set: ElementSet
  let reference: SetReference
  private(set) var catchAll: Element?
  private var exact: [[UInt8]: Element] = [:]
  private var intervals: [Interval] = []
  private let fields: [Range<Int>]
  private let source: (any ElementSource)?

  /// Inclusive bounds; `nil` as upper bound means up to the highest key.
  struct Interval {
    var low: [UInt8]
    var high: [UInt8]
    var element: Element
  }

  init(_ set: ElementSet, reference: SetReference, source: (any ElementSource)?) {
    self.set = set
    self.reference = reference
    self.source = source
    fields = Self.fieldRanges(set)
    guard case .loaded(let elements) = set.elements else { return }
    catchAll = elements.last { $0.key == nil }
    let keyed = elements.filter { $0.key != nil && !Self.isExpired($0) }
    if set.flags.contains(.interval) {
      intervals =
        fields.isEmpty
        ? Self.intervals(keyed, length: set.keyLength)
        : keyed.compactMap {
          Interval(low: $0.key ?? [], high: $0.keyEnd ?? $0.key ?? [], element: $0)
        }
    } else {
      for element in keyed { exact[element.key ?? []] = element }
    }
  }

  /// How many elements are loaded; `nil` when they are asked for one at a time.
  var loadedCount: Int? {
    guard case .loaded = set.elements else { return nil }
    return exact.count + intervals.count
  }

  /// The element for a concrete key, the catch-all element included.
  func element(for key: [UInt8]) -> ElementAnswer {
    guard case .loaded = set.elements else {
      return source?.element(for: key, in: reference)
        ?? .unknown(reason: "the elements of set \(set.name) were not read")
    }
    if let found = lookup(key) ?? catchAll { return .found(found) }
    return .absent
  }

  private func lookup(_ key: [UInt8]) -> Element? {
    guard set.flags.contains(.interval) else { return exact[key] }
    if fields.isEmpty {
      // The last interval that starts at or below the key; intervals do not overlap.
      var low = 0
      var high = intervals.count
      while low < high {
        let middle = (low + high) / 2
        if key.lexicographicallyPrecedes(intervals[middle].low) {
          high = middle
        } else {
          low = middle + 1
        }
      }
      guard low > 0 else { return nil }
      let candidate = intervals[low - 1]
      return candidate.high.lexicographicallyPrecedes(key) ? nil : candidate.element
    }
    return intervals.first { interval in
      fields.allSatisfy { field in
        !key[field].lexicographicallyPrecedes(interval.low[field])
          && !interval.high[field].lexicographicallyPrecedes(key[field])
      }
    }?.element
  }

  /// Every element but the catch-all with the packets whose key it covers.
  func parts(
    of key: SymbolicBytes, in diagram: DecisionDiagram
  ) -> [(element: Element, condition: Node)]? {
    guard case .loaded = set.elements else { return nil }
    if set.flags.contains(.interval) {
      let fields = fields.isEmpty ? [0..<set.keyLength] : fields
      return intervals.map { interval in
        let condition = fields.reduce(Node.always) { condition, field in
          diagram.and(
            condition,
            diagram.within(key[field], Array(interval.low[field]), Array(interval.high[field])))
        }
        return (interval.element, condition)
      }
    }
    return exact.values.map { ($0, diagram.equal(key, $0.key ?? [])) }
  }

  private static func isExpired(_ element: Element) -> Bool {
    guard element.timeout ?? 0 > 0, let left = element.expiration else { return false }
    return left == 0
  }

  private static func fieldRanges(_ set: ElementSet) -> [Range<Int>] {
    guard set.flags.contains(.interval), set.fieldLengths.count > 1 else { return [] }
    var offset = 0
    var ranges: [Range<Int>] = []
    for length in set.fieldLengths {
      // Only the field's own bytes count; padding up to four follows.
      ranges.append(offset..<offset + length)
      offset += (length + 3) / 4 * 4
    }
    return offset <= max(set.keyLength, offset) ? ranges : []
  }

  /// Pairs the starts and exclusive ends of an rbtree set's dump.
  private static func intervals(_ elements: [Element], length: Int) -> [Interval] {
    let sorted = elements.sorted { a, b in
      let left = a.key ?? []
      let right = b.key ?? []
      if left == right { return a.isIntervalEnd && !b.isIntervalEnd }
      return left.lexicographicallyPrecedes(right)
    }
    let top = [UInt8](repeating: 0xff, count: length)
    var result: [Interval] = []
    var open: Element?
    for element in sorted {
      let key = element.key ?? []
      if element.isIntervalEnd {
        if let start = open {
          result.append(Interval(low: start.key ?? [], high: predecessor(key), element: start))
        }
        open = nil
      } else {
        if let start = open {
          // Without an end of its own an interval reaches to the next start.
          result.append(Interval(low: start.key ?? [], high: predecessor(key), element: start))
        }
        if let end = element.keyEnd {
          result.append(Interval(low: key, high: end, element: element))
          open = nil
        } else {
          open = element
        }
      }
    }
    if let start = open { result.append(Interval(low: start.key ?? [], high: top, element: start)) }
    return result
  }

  private static func predecessor(_ key: [UInt8]) -> [UInt8] {
    var key = key
    for index in key.indices.reversed() {
      let (value, borrow) = key[index].subtractingReportingOverflow(1)
      key[index] = value
      if !borrow { break }
    }
    return key
  }
}
