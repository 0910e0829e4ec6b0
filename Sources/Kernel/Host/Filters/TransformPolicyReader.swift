package import Model

/// Reads IPsec policies: what requires a transformation discards plain packets.
package enum TransformPolicyReader {
  /// One policy, as far as it matters here.
  struct Policy {
    var direction: UInt8
    var priority: UInt32
    var blocks: Bool
    var requiresTransform: Bool
    var family: IPFamily
    var interface: InterfaceIndex?
    var selector: OtherFilter.Selector
  }

  /// The policies of the calling thread's namespace that do not simply let pass.
  ///
  /// - Parameter interfaces: for the names of devices in selectors.
  /// - Throws: `KernelError`: EPERM without CAP_NET_ADMIN, EPROTONOSUPPORT without the module.
  package static func filters(interfaces: [Interface]) throws(KernelError) -> [OtherFilter] {
    var socket = try NetlinkSocket(.transform)
    // XFRM_MSG_GETPOLICY with a `struct xfrm_userpolicy_id`, which a dump does not look at.
    let request = NetlinkRequest(
      type: 0x15, flags: .dump, header: [UInt8](repeating: 0, count: 64))
    let policies = try socket.collect(request, "reading the IPsec policies") {
      (message) throws(KernelError) in try policy(message)
    }
    return policies.filter { $0.blocks || $0.requiresTransform }.map { policy in
      filter(policy, among: policies, interfaces)
    }
  }

  private static func filter(
    _ policy: Policy, among policies: [Policy], _ interfaces: [Interface]
  ) -> OtherFilter {
    // XFRM_POLICY_IN 0, OUT 1, FWD 2.
    let direction: OtherFilter.Direction =
      policy.direction == 0 ? .inbound : policy.direction == 1 ? .outbound : .both
    let hook = policy.direction == 0 ? "in" : policy.direction == 1 ? "out" : "forward"
    // A policy that is asked earlier (a lower priority value) may let the same packets pass.
    let isOverruled = policies.contains {
      $0.direction == policy.direction && $0.family == policy.family
        && $0.priority <= policy.priority && !$0.blocks
    }
    return OtherFilter(
      kind: .ipsecPolicy, direction: direction,
      interface: policy.interface.flatMap { index in
        interfaces.first { $0.index == index }?.name
      },
      family: policy.family,
      detail: policy.blocks ? "dir \(hook) blocks" : "dir \(hook) requires IPsec",
      selector: policy.selector,
      drops: policy.blocks && !isOverruled)
  }

  /// Decodes an `XFRM_MSG_NEWPOLICY`: `struct xfrm_userpolicy_info` (168 bytes) and attributes.
  /// Source: include/uapi/linux/xfrm.h. Policies of single sockets are left out.
  static func policy(_ message: borrowing NetlinkMessage) throws(KernelError) -> Policy? {
    guard message.type == 0x13, try message.u8(at: 160) <= 2,
      let family = IPFamily(rawValue: UInt8(truncatingIfNeeded: try message.u16(at: 40)))
    else { return nil }
    let interface = try message.u32(at: 48)
    var policy = Policy(
      direction: try message.u8(at: 160), priority: try message.u32(at: 152),
      blocks: try message.u8(at: 161) == 1, requiresTransform: false, family: family,
      interface: interface == 0 ? nil : InterfaceIndex(rawValue: interface),
      selector: try selector(message, family))
    var attributes = try message.attributes(after: 168)
    while let attribute = try attributes.next() {
      // XFRMA_TMPL: an array of `struct xfrm_user_tmpl` (64 bytes), `optional` at 50.
      guard attribute.type == 5 else { continue }
      var start = 0
      while attribute.bytes.count - start >= 64 {
        if attribute.bytes[start + 50] == 0 { policy.requiresTransform = true }
        start += 64
      }
    }
    return policy
  }

  /// `struct xfrm_selector`: daddr 0, saddr 16, dport 32, mask 34, sport 36, mask 38, family 40,
  /// prefix lengths 42 and 43, protocol 44, device 48.
  private static func selector(
    _ message: borrowing NetlinkMessage, _ family: IPFamily
  ) throws(KernelError) -> OtherFilter.Selector {
    let count = family.addressLength
    let transport = try message.u8(at: 44)
    let lengths = (destination: Int(try message.u8(at: 42)), source: Int(try message.u8(at: 43)))
    var selector = OtherFilter.Selector(
      transport: transport == 0 ? nil : TransportProtocol(rawValue: transport),
      sourcePorts: ports(try message.be16(at: 36), mask: try message.be16(at: 38)),
      destinationPorts: ports(try message.be16(at: 32), mask: try message.be16(at: 34)))
    if lengths.destination > 0 {
      selector.destination = IPAddress(bytes: try message.bytes(at: 0, count: count))
        .map { Prefix($0, length: lengths.destination) }
    }
    if lengths.source > 0 {
      selector.source = IPAddress(bytes: try message.bytes(at: 16, count: count))
        .map { Prefix($0, length: lengths.source) }
    }
    return selector
  }

  /// The ports that a masked comparison accepts; a mask with holes is taken as its leading bits,
  /// which covers more, never less.
  static func ports(_ port: UInt16, mask: UInt16) -> ClosedRange<UInt16>? {
    guard mask != 0 else { return nil }
    let leading = (~mask).leadingZeroBitCount
    guard leading < 16 else { return port...port }
    let free = UInt16.max >> UInt16(leading)
    return leading == 0 ? nil : (port & ~free)...(port | free)
  }
}
