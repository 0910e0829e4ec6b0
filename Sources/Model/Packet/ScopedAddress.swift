/// An address together with the device that makes a link-local one unambiguous (RFC 4007).
package struct ScopedAddress: Hashable, Sendable {
  package var address: IPAddress
  /// The scope id; `nil` where the address needs none.
  package var scope: InterfaceIndex?

  package init(_ address: IPAddress, scope: InterfaceIndex? = nil) {
    self.address = address
    self.scope = scope
  }
}
