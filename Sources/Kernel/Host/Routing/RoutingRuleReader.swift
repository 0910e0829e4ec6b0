package import Model

/// Reads the rules of the routing policy (`ip rule`).
package enum RoutingRuleReader {
  /// The rules of the calling thread's namespace, both families, in the kernel's order.
  ///
  /// - Throws: `KernelError`.
  package static func rules() throws(KernelError) -> [RoutingRule] {
    var socket = try NetlinkSocket(.route)
    return try rules(over: &socket)
  }

  /// The rules of the namespace that `socket` (of the family `route`) belongs to.
  ///
  /// - Throws: `KernelError`; EOPNOTSUPP from a kernel without policy routing.
  package static func rules(over socket: inout NetlinkSocket) throws(KernelError) -> [RoutingRule] {
    let request = NetlinkRequest(
      type: RoutingMessage.getRule, flags: .dump, header: [UInt8](repeating: 0, count: 12))
    return try socket.collect(request, "reading the routing rules") {
      (message) throws(KernelError) in try rule(message)
    }
  }

  /// Decodes an `RTM_NEWRULE`: `struct fib_rule_hdr` (12 bytes) and `FRA_*`.
  /// Source: include/uapi/linux/fib_rules.h.
  static func rule(_ message: borrowing NetlinkMessage) throws(KernelError) -> RoutingRule? {
    guard message.type == RoutingMessage.newRule,
      let family = IPFamily(rawValue: try message.u8(at: 0))
    else { return nil }
    let lengths = (destination: Int(try message.u8(at: 1)), source: Int(try message.u8(at: 2)))
    let action = try message.u8(at: 7)
    var target = Target(table: UInt32(try message.u8(at: 4)))
    var rule = RoutingRule(
      family: family, priority: 0, action: .unknown(action),
      isInverted: try message.u32(at: 8) & 2 != 0, tos: try message.u8(at: 3))
    var attributes = try message.attributes(after: 12)
    while let attribute = try attributes.next() {
      switch attribute.type {
      case 1: rule.destination = try attribute.address().map { Prefix($0, length: lengths.0) }
      case 2: rule.source = try attribute.address().map { Prefix($0, length: lengths.1) }
      case 4: target.priority = try attribute.u32()
      case 15: target.table = try attribute.u32()
      default: try select(attribute, in: &rule, &target)
      }
    }
    // With a selector that is not understood the rule may or may not apply: that is for the reader
    // of `.unknown` to say.
    if !target.hasUnknownSelector { rule.action = Self.action(action, target) }
    return rule
  }

  /// What an action needs to know.
  private struct Target {
    var table: UInt32
    var priority: UInt32 = 0
    var hasUnknownSelector = false
  }

  private static func select(
    _ attribute: borrowing Attribute, in rule: inout RoutingRule, _ target: inout Target
  ) throws(KernelError) {
    switch attribute.type {
    case 3: rule.inputInterface = attribute.string()
    case 6: rule.priority = try attribute.u32()
    case 10:
      rule.mark = try attribute.u32()
      if rule.markMask == 0 { rule.markMask = .max }
    case 13:
      let group = try attribute.u32()
      rule.suppressedGroup = group == .max ? nil : group
    case 14:
      let length = Int32(bitPattern: try attribute.u32())
      rule.suppressedPrefixLength = length < 0 ? nil : Int(length)
    case 16: rule.markMask = try attribute.u32()
    case 17: rule.outputInterface = attribute.string()
    case 19: rule.usesVRF = try attribute.u8() != 0
    case 20: rule.users = try users(attribute.bytes)
    case 22: rule.transportProtocol = try attribute.u8()
    case 23: rule.sourcePorts = try ports(attribute.bytes)
    case 24: rule.destinationPorts = try ports(attribute.bytes)
    // FRA_FLOW sets realms, FRA_PROTOCOL says who made the rule, FRA_PAD pads: none selects.
    case 11, 18, 21: break
    // FRA_TUN_ID, FRA_DSCP, FRA_FLOWLABEL, masks of ports, and whatever comes next.
    default: target.hasUnknownSelector = true
    }
  }

  /// `FR_ACT_*`.
  private static func action(_ number: UInt8, _ target: Target) -> RoutingRule.Action {
    switch number {
    case 1: .lookup(table: target.table)
    case 2: .goto(priority: target.priority)
    case 3: .nothing
    case 6: .blackhole
    case 7: .unreachable
    case 8: .prohibit
    default: .unknown(number)
    }
  }

  /// `struct fib_rule_uid_range`: first and last.
  private static func users(_ bytes: Span<UInt8>) throws(KernelError) -> ClosedRange<UInt32>? {
    let reader = NetlinkMessage(type: 0, flags: 0, payload: bytes)
    let (first, last) = (try reader.u32(at: 0), try reader.u32(at: 4))
    return first <= last ? first...last : nil
  }

  /// `struct fib_rule_port_range`: first and last, in host order.
  private static func ports(_ bytes: Span<UInt8>) throws(KernelError) -> ClosedRange<UInt16>? {
    let reader = NetlinkMessage(type: 0, flags: 0, payload: bytes)
    let (first, last) = (try reader.u16(at: 0), try reader.u16(at: 2))
    return first <= last ? first...last : nil
  }
}
