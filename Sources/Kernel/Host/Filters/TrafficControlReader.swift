package import Model

/// Finds tc filters at a device's ingress and egress, which see packets outside of netfilter's
/// hooks.
///
/// Classifiers below a queueing discipline only choose a queue and are left out.
package enum TrafficControlReader {
  /// A `clsact` or `ingress` discipline: the places that hold filters.
  struct Place {
    var interface: InterfaceIndex
    var hasEgress: Bool
  }

  /// The filters of the namespace that `socket` (of the family `route`) belongs to.
  ///
  /// - Parameter interfaces: for names, and to ask each for programs attached as tcx.
  /// - Throws: `KernelError`.
  package static func filters(
    interfaces: [Interface], over socket: inout NetlinkSocket
  ) throws(KernelError) -> [OtherFilter] {
    let request = NetlinkRequest(
      type: RoutingMessage.getQueueingDiscipline, flags: .dump, header: header(0, parent: 0))
    let places = try socket.collect(request, "reading the queueing disciplines") {
      (message) throws(KernelError) in try place(message)
    }
    var filters: [OtherFilter] = []
    for place in places {
      let name = interfaces.first { $0.index == place.interface }?.name
      // TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS), and likewise for egress.
      if let detail = try kinds(place.interface, parent: 0xffff_fff2, over: &socket) {
        filters.append(filter(.inbound, name, "ingress filters: " + detail))
      }
      guard place.hasEgress else { continue }
      if let detail = try kinds(place.interface, parent: 0xffff_fff3, over: &socket) {
        filters.append(filter(.outbound, name, "egress filters: " + detail))
      }
    }
    return filters + programs(interfaces)
  }

  private static func programs(_ interfaces: [Interface]) -> [OtherFilter] {
    var filters: [OtherFilter] = []
    for interface in interfaces {
      for type in ProgramQuery.ofDevices {
        // A kernel that knows no tcx, or a refusal, is the same for every device.
        guard let count = ProgramQuery.count(type, target: interface.index.rawValue) else {
          return filters
        }
        guard count > 0 else { continue }
        let programs = count == 1 ? "1 program" : "\(count) programs"
        filters.append(filter(type.direction, interface.name, "tcx \(type.name): \(programs)"))
      }
    }
    return filters
  }

  private static func filter(
    _ direction: OtherFilter.Direction, _ interface: String?, _ detail: String
  ) -> OtherFilter {
    OtherFilter(kind: .trafficControl, direction: direction, interface: interface, detail: detail)
  }

  /// Decodes an `RTM_NEWQDISC`: `struct tcmsg` (20 bytes) and `TCA_KIND`.
  static func place(_ message: borrowing NetlinkMessage) throws(KernelError) -> Place? {
    guard message.type == RoutingMessage.newQueueingDiscipline else { return nil }
    let index = InterfaceIndex(rawValue: try message.u32(at: 4))
    switch try kind(message) {
    case "clsact": return Place(interface: index, hasEgress: true)
    case "ingress": return Place(interface: index, hasEgress: false)
    default: return nil
    }
  }

  private static func kind(_ message: borrowing NetlinkMessage) throws(KernelError) -> String? {
    var attributes = try message.attributes(after: 20)
    while let attribute = try attributes.next() {
      if attribute.type == 1 { return attribute.string() }
    }
    return nil
  }

  /// The kinds of the filters at one place (`u32, bpf`), `nil` without any.
  private static func kinds(
    _ interface: InterfaceIndex, parent: UInt32, over socket: inout NetlinkSocket
  ) throws(KernelError) -> String? {
    var kinds: [String] = []
    let request = NetlinkRequest(
      type: RoutingMessage.getFilter, flags: .dump,
      header: header(interface.rawValue, parent: parent))
    _ = try socket.dump(request, "reading the tc filters") { (message) throws(KernelError) in
      guard message.type == RoutingMessage.newFilter else { return }
      let kind = try kind(message) ?? "of an unknown kind"
      if !kinds.contains(kind) { kinds.append(kind) }
    }
    return kinds.isEmpty ? nil : kinds.joined(separator: ", ")
  }

  /// `struct tcmsg`: u8 family and padding, int device, u32 handle, u32 parent, u32 info.
  private static func header(_ interface: UInt32, parent: UInt32) -> [UInt8] {
    [0, 0, 0, 0] + interface.hostBytes + [0, 0, 0, 0] + parent.hostBytes + [0, 0, 0, 0]
  }
}
