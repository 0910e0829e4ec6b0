/// An entry of a bridge's forwarding database.
package struct ForwardingEntry: Hashable, Sendable {
  package var hardwareAddress: [UInt8]
  /// The port behind which the address is; the bridge itself for addresses of its own.
  package var port: InterfaceIndex
  /// Whether frames for it are for this host.
  package var isLocal: Bool

  package init(hardwareAddress: [UInt8], port: InterfaceIndex, isLocal: Bool) {
    self.hardwareAddress = hardwareAddress
    self.port = port
    self.isLocal = isLocal
  }
}
