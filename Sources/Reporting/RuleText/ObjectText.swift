internal import Model

/// Declares stateful objects and flowtables.
enum ObjectText {
  /// `nil` for an object that nft has no words for.
  static func lines(of object: StatefulObject) -> [String]? {
    guard let type = Symbols.name(object.type, in: Symbols.objectType) else { return nil }
    guard var body = body(of: object.content) else { return nil }
    if let comment = object.comment { body.insert("comment " + Literal.quoted(comment), at: 0) }
    return ["\(type) \(Escaping.printable(object.name)) {"] + body.map { "\t" + $0 } + ["}"]
  }

  private static func body(of content: StatefulObject.Content) -> [String]? {
    switch content {
    case .counter(let counter): return ["packets \(counter.packets) bytes \(counter.bytes)"]
    case .quota(let quota): return [withoutFirstWord(StatefulText.text(quota))]
    case .limit(let limit): return [withoutFirstWord(StatefulText.text(limit))]
    case .connectionLimit(let limit):
      return ["ct count " + (limit.isOver ? "over " : "") + "\(limit.count)"]
    case .conntrackHelper(let name, let l3, let l4):
      return ["type \(Literal.quoted(name)) protocol \(transport(l4))"] + network(l3)
    case .conntrackTimeout(let l3, let l4, let policy):
      return ["protocol \(transport(l4))"] + network(l3) + Self.policy(policy, l4)
    case .conntrackExpectation(let expectation):
      return [
        "protocol \(transport(expectation.l4))", "dport \(expectation.destinationPort ?? 0)",
        "timeout " + Literal.duration(milliseconds: UInt64(expectation.timeout)),
        "size \(expectation.size)",
      ] + network(expectation.l3)
    case .synproxy(let proxy): return synproxy(proxy)
    case .securityMark(let context): return [Literal.quoted(context)]
    case .tunnel, .unknown: return nil
    }
  }

  /// The states that nft names, with their seconds (include/linux/netfilter/nfnetlink_cttimeout.h).
  private static func policy(_ policy: [UInt8: UInt32], _ transport: UInt8?) -> [String] {
    let names: [String] =
      switch transport {
      case 6:
        [
          "syn_sent", "syn_recv", "established", "fin_wait", "close_wait", "last_ack", "time_wait",
          "close",
        ]
      case 17, 136: ["unreplied", "replied"]
      default: []
      }
    let states = names.enumerated().compactMap { place, name in
      policy[UInt8(place + 1)].map { "\(name) : \($0)" }
    }
    return states.isEmpty ? [] : ["policy = { " + states.joined(separator: ", ") + " }"]
  }

  /// As in a rule, but a line each.
  private static func synproxy(_ proxy: SynProxy) -> [String] {
    var lines = ["mss \(proxy.mss)", "wscale \(proxy.windowScale)"]
    let flags = [(8 as UInt32, "timestamp"), (4, "sack-perm")].filter { proxy.flags & $0.0 != 0 }
    if !flags.isEmpty { lines.append(flags.map(\.1).joined(separator: " ")) }
    return lines
  }

  private static func withoutFirstWord(_ text: String) -> String {
    String(text.drop { $0 != " " }.dropFirst())
  }

  private static func transport(_ number: UInt8?) -> String {
    number.map { Symbols.name($0, in: Symbols.transportProtocol) ?? String($0) } ?? "0"
  }

  private static func network(_ number: UInt16?) -> [String] {
    guard let number, let family = UInt8(exactly: number) else { return [] }
    return ["l3proto " + Family(rawValue: family).name]
  }

  static func lines(of flowtable: Flowtable) -> [String] {
    var lines = [
      "flowtable \(Escaping.printable(flowtable.name)) {",
      "\thook ingress priority \(flowtable.priority == 0 ? "filter" : String(flowtable.priority))",
    ]
    if !flowtable.devices.isEmpty {
      lines.append(
        "\tdevices = { " + flowtable.devices.map(Literal.quoted).joined(separator: ", ") + " }")
    }
    // NFT_FLOWTABLE_HW_OFFLOAD, NFT_FLOWTABLE_COUNTER
    if flowtable.flags & 1 != 0 { lines.append("\tflags offload") }
    if flowtable.flags & 2 != 0 { lines.append("\tcounter") }
    return lines + ["}"]
  }
}
