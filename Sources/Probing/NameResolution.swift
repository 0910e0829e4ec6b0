internal import Kernel
package import Model

/// Turns the hosts that a user named into addresses.
package struct NameResolution {
  /// `-4` or `-6`: only addresses of this family.
  package var family: IPFamily?
  /// `-n`: names are not looked up.
  package var isNumericOnly: Bool
  /// How long the resolver may take for one name.
  package var timeout: Duration

  package init(
    family: IPFamily? = nil, isNumericOnly: Bool = false, timeout: Duration = .seconds(3)
  ) {
    self.family = family
    self.isNumericOnly = isNumericOnly
    self.timeout = timeout
  }

  /// Every address of one host, in the resolver's order, each once.
  ///
  /// An address is taken as it is: the resolver is asked for names only.
  ///
  /// - Throws: `ResolutionError`, which names the host.
  package func addresses(
    of item: HostList.Item, isInterrupted: () -> Bool = { false }
  ) throws(ResolutionError) -> [ScopedAddress] {
    switch item {
    case .address(let address, let scope):
      guard family == nil || family == address.family else {
        throw ResolutionError(
          "\(address)", .notFound, "\(address) is not an \(family == .v4 ? "IPv4" : "IPv6") address"
        )
      }
      return [try scoped(address, scope: scope)]
    case .block(let prefix):
      guard family == nil || family == prefix.address.family else {
        throw ResolutionError(
          "\(prefix)", .notFound, "\(prefix) has no \(family == .v4 ? "IPv4" : "IPv6") addresses")
      }
      return prefix.addresses.map { ScopedAddress($0) }
    case .name(let name):
      return try lookUp(name, isInterrupted: isInterrupted)
    }
  }

  private func scoped(
    _ address: IPAddress, scope: String?
  ) throws(ResolutionError) -> ScopedAddress {
    guard let scope else {
      // connect(2) would only say EINVAL, which elsewhere means a blackhole route.
      guard address.family == .v4 || !address.isLinkLocal else {
        throw ResolutionError(
          "\(address)", .failure,
          "\(address) is a link-local address: say on which interface, as in \(address)%eth0")
      }
      // ::ffff:a.b.c.d means IPv4 packets, whatever socket sends them: treated as what it is.
      return ScopedAddress(address.mappedV4 ?? address)
    }
    guard let index = InterfaceIndex(scope: scope) else {
      throw ResolutionError(
        "\(address)%\(scope)", .failure, "there is no interface \(scope) for \(address)%\(scope)")
    }
    return ScopedAddress(address, scope: index)
  }

  private func lookUp(
    _ name: String, isInterrupted: () -> Bool
  ) throws(ResolutionError) -> [ScopedAddress] {
    do throws(NameLookupError) {
      // Digits and dots, or 0x...: a number that needs no resolver, if it is one.
      let looksNumeric = name.utf8.first.map { (0x30...0x39).contains($0) } ?? false
      if isNumericOnly || looksNumeric {
        do throws(NameLookupError) {
          return try NameLookup.numericAddress(name, family: family)
        } catch {
          if isNumericOnly { throw error }
        }
      }
      return try NameLookup.addresses(
        of: name, family: family, timeout: timeout, isInterrupted: isInterrupted)
    } catch {
      switch error {
      case .notFound: throw ResolutionError(name, .notFound, notFoundText(name))
      case .failure(let text):
        throw ResolutionError(name, .failure, "\(name) could not be looked up: \(text)")
      }
    }
  }

  private func notFoundText(_ name: String) -> String {
    if isNumericOnly { return "\(name) is not an IP address, and -n forbids looking names up" }
    let kind = family.map { $0 == .v4 ? "IPv4 address" : "IPv6 address" } ?? "address"
    return "\(name) has no \(kind), or does not exist"
  }
}

/// Why a host gave no address.
package struct ResolutionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The contract's two slugs.
  package enum Kind: Hashable, Sendable {
    /// `name-not-found`
    case notFound
    /// `name-failure`
    case failure
  }

  /// The host as typed.
  package let host: String
  package let kind: Kind
  /// A sentence for people, without full stop. Its words have no control characters (`HostList`).
  package let description: String

  init(_ host: String, _ kind: Kind, _ description: String) {
    self.host = host
    self.kind = kind
    self.description = description
  }
}
