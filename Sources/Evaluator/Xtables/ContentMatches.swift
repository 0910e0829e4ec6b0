internal import DecisionDiagram
internal import Model

extension XtablesMatch {
  /// net/netfilter/xt_string.c, xt_u32.c, xt_bpf.c.
  static let contents: [XtablesMatch] = [
    XtablesMatch("string", 1, size: 150) { run, info, _ in run.matchString(info) },
    XtablesMatch("u32", size: 1982) { run, info, _ in run.matchProgram(info) },
    XtablesMatch("bpf", 0, size: 2) { run, _, _ in run.undecidable("a BPF program's match") },
    XtablesMatch("bpf", 1, size: 4) { run, _, _ in run.undecidable("a BPF program's match") },
  ]
}

extension Run {
  /// `struct xt_string_info` (xt_string.h): u16 from_offset @0, to_offset @2, algo[16] @4,
  /// pattern[128] @20, u8 patlen @148, flags @149 (1 inverted, 2 ignores case). Offsets count from
  /// the network header, and the pattern must end before `to_offset` (`skb_find_text`).
  fileprivate func matchString(_ info: XtablesInfo) -> Node {
    let isInverted = info.u8(149) & 1 != 0
    let ignoresCase = info.u8(149) & 2 != 0
    let pattern = info.bytes(20, min(Int(info.u8(148)), 128))
    let from = Int(info.u16(0))
    let to = Int(info.u16(2))
    guard !pattern.isEmpty, from + pattern.count <= state.network.count else {
      return Node(isInverted)
    }
    let last = min(state.network.count, to) - pattern.count
    guard from <= last else { return Node(isInverted) }
    var found = Node.never
    for start in from...last where found != .always {
      found = diagram.or(found, occurs(pattern, at: start, ignoresCase))
    }
    return inverted(found, isInverted)
  }

  /// Whether a pattern stands at a place of the packet; some of the bytes there may be undecided.
  private func occurs(_ pattern: [UInt8], at start: Int, _ ignoresCase: Bool) -> Node {
    var result = Node.always
    for (index, byte) in pattern.enumerated() where result != .never {
      let found = state.network[start + index..<start + index + 1]
      var equal = diagram.equal(found, [byte])
      let isLetter = (0x41...0x5a).contains(byte & ~0x20)
      if ignoresCase, isLetter { equal = diagram.or(equal, diagram.equal(found, [byte ^ 0x20])) }
      result = diagram.and(result, equal)
    }
    return result
  }

  /// `struct xt_u32` (xt_u32.h): tests[11] of 180 bytes @0, u8 ntests @1980, invert @1981. A test:
  /// location[11] of u32 number, u8 nextop (padded to 8) @0; value[11] of u32 min, max @88; u8
  /// nnums @176, nvalues @177.
  fileprivate func matchProgram(_ info: XtablesInfo) -> Node {
    let isInverted = info.u8(1981) != 0
    for test in 0..<min(Int(info.u8(1980)), 11) {
      switch programValue(info, 180 * test) {
      case .outside: return Node(isInverted)
      case .undecided: return undecidable("a u32 match")
      case .value(let value):
        let base = 180 * test
        let holds = (0..<min(Int(info.u8(base + 177)), 11)).contains { index in
          info.u32(base + 88 + 8 * index) <= value && value <= info.u32(base + 92 + 8 * index)
        }
        if !holds { return Node(isInverted) }
      }
    }
    return Node(!isInverted)
  }

  private enum ProgramResult {
    case value(UInt32)
    case outside
    case undecided
  }

  /// Runs one test's locations (`u32_match_it`): operators 0 and, 1 left, 2 right, 3 at. Undecided
  /// bits that a mask takes away don't matter.
  private func programValue(_ info: XtablesInfo, _ base: Int) -> ProgramResult {
    let length = state.network.count
    var start = 0
    var place = Int(info.u32(base))
    guard length >= 4, place <= length - 4 else { return .outside }
    var word = bigEndianWord(at: place)
    for index in 1..<max(1, min(Int(info.u8(base + 176)), 11)) {
      let number = info.u32(base + 8 * index)
      switch info.u8(base + 8 * index + 4) {
      case 0:
        let mask: [UInt8] = SymbolicBytes(hostOrder: number).bytes
        word = diagram.replacing(word, keep: mask, flip: [0, 0, 0, 0])
      case 1: word = diagram.shifted(word, left: true, by: Int(number & 31))
      case 2: word = diagram.shifted(word, left: false, by: Int(number & 31))
      default:
        guard let offset = hostValue(word) else { return .undecided }
        start += Int(offset)
        place = Int(number)
        guard start + 4 <= length, place <= length - start - 4 else { return .outside }
        word = bigEndianWord(at: start + place)
      }
    }
    return hostValue(word).map { .value($0) } ?? .undecided
  }

  /// Four bytes of the packet as a number in host order.
  private func bigEndianWord(at place: Int) -> SymbolicBytes {
    var word = state.network[place..<place + 4]
    for index in 0..<4 {
      word.write(state.network[place + 3 - index..<place + 4 - index], at: index)
    }
    return word
  }

  func hostValue(_ word: SymbolicBytes) -> UInt32? {
    word.constant?.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
  }
}
