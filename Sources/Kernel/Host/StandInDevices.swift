package import Model

/// Devices that stand in for those of another namespace, by name and index: for programs that look
/// names up and kernels that want devices to exist. Nothing can be sent through them.
///
/// Only ever to be used in a namespace made for the purpose.
package struct StandInDevices: ~Copyable {
  /// What a lone device can be made of, the lightest first; not every kernel has each.
  private var kinds = ["dummy", "ifb", "bridge", "veth"]
  private var socket: NetlinkSocket
  /// The far ends of veth pairs get indices that nobody uses.
  private var spareIndex: UInt32 = 0x4000_0000

  /// - Throws: `KernelError.call`.
  package init() throws(KernelError) {
    socket = try NetlinkSocket(.route)
  }

  /// Makes a device.
  ///
  /// - Parameter index: the index that it must have; `nil` lets the kernel choose.
  /// - Throws: `KernelError.call`, with EEXIST if the name or the index is taken;
  ///   `KernelError.unavailable` where the kernel can make no lone device.
  package mutating func add(_ name: String, index: InterfaceIndex?) throws(KernelError) {
    while let kind = kinds.first {
      do throws(KernelError) {
        let request = request(name, index, kind: kind)
        try socket.request(request, "making the device \(name)") { _ in }
        return
      } catch .call(_, .notSupported, _) {
        kinds.removeFirst()
      }
    }
    throw .unavailable(what: "a device to stand in for \(name)", hint: "dummy, ifb, bridge, veth")
  }

  /// The devices that there are.
  ///
  /// - Throws: `KernelError`.
  package mutating func all() throws(KernelError) -> [Interface] {
    try InterfaceReader.interfaces(over: &socket)
  }

  /// Whether a device may be called that (`dev_valid_name`, net/core/dev.c).
  package static func isName(_ name: String) -> Bool {
    let bytes = name.utf8
    return (1...15).contains(bytes.count) && name != "." && name != ".."
      && !bytes.contains { $0 == 0x2f || $0 == 0x3a || $0 <= 0x20 || $0 == 0x7f }
  }

  /// RTM_NEWLINK: `IFLA_IFNAME` 3, `IFLA_LINKINFO` 18 {`IFLA_INFO_KIND` 1, `IFLA_INFO_DATA` 2
  /// {`VETH_INFO_PEER` 1}}. Sources: include/uapi/linux/if_link.h, veth.h.
  private mutating func request(
    _ name: String, _ index: InterfaceIndex?, kind: String
  ) -> NetlinkRequest {
    let exclusive = NetlinkRequest.Flags(rawValue: 0x200)
    var request = NetlinkRequest(
      type: RoutingMessage.newLink, flags: [.acknowledge, .create, exclusive],
      header: Self.header(index?.rawValue ?? 0))
    request.append(3, string: name)
    spareIndex += 1
    let spare = spareIndex
    request.append(18) { information in
      information.append(1, string: kind)
      guard kind == "veth" else { return }
      information.append(2) { $0.append(1, bytes: Self.header(spare)) }
    }
    return request
  }

  /// A `struct ifinfomsg`.
  private static func header(_ index: UInt32) -> [UInt8] {
    [0, 0, 0, 0] + index.hostBytes + [UInt8](repeating: 0, count: 8)
  }
}
