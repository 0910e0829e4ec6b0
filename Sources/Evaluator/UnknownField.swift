/// A part of a packet that only its sender knows.
struct UnknownField {
  /// For people: `the TCP sequence number`.
  var name: String
  /// From the network header.
  var range: Range<Int>
  /// What it is taken to be in the likeliest case, as a number in network order.
  var likely: UInt64
  /// Bits at the start of the range that are known all the same.
  var knownBits: Int

  init(_ name: String, _ range: Range<Int>, likely: UInt64 = 0, knownBits: Int = 0) {
    self.name = name
    self.range = range
    self.likely = likely
    self.knownBits = knownBits
  }
}
