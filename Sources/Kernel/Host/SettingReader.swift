package import Model

/// Reads the sysctls that decide whether packets pass, in the calling thread's namespace.
///
/// A setting that is absent (no IPv6, no conntrack) or unreadable keeps the default of
/// `KernelSettings`.
package struct SettingReader: Sendable {
  /// Which settings a question needs; each costs a few microseconds to read.
  package struct Scope: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// What decides on a packet's way: forwarding, reverse path, martians, TTL, bridges.
    package static let path = Self(rawValue: 1)
    /// What sockets go by: ephemeral and reserved ports, binding, SYN retries, overflow.
    package static let sockets = Self(rawValue: 2)
    /// conntrack's fill and looseness.
    package static let conntrack = Self(rawValue: 4)
    package static let all: Scope = [.path, .sockets, .conntrack]
  }

  private let root: String

  /// - Parameter root: the directory that stands for /proc/sys.
  package init(root: String = "/proc/sys") {
    self.root = root
  }

  /// Reads the settings of `scope`, those of single devices for `devices` and `all`.
  package func settings(devices: [String], scope: Scope = .all) -> KernelSettings {
    var settings = KernelSettings()
    if scope.contains(.path) {
      readPath(into: &settings)
      readDevice("all", into: &settings)
      for device in devices where Self.isName(device) { readDevice(device, into: &settings) }
    }
    if scope.contains(.sockets) { readSockets(into: &settings) }
    if scope.contains(.conntrack) { readConntrack(into: &settings) }
    return settings
  }

  private func readPath(into settings: inout KernelSettings) {
    settings.ipv6Forwarding = flag("net/ipv6/conf/all/forwarding") ?? false
    number("net/ipv4/ip_default_ttl").map { settings.defaultTTL = $0 }
    number("net/ipv6/conf/default/hop_limit").map { settings.defaultHopLimit = $0 }
    settings.l3mdevAccept = flag("net/ipv4/tcp_l3mdev_accept") ?? false
    // Both files are there only while br_netfilter is loaded.
    settings.bridgeCallIPTables = flag("net/bridge/bridge-nf-call-iptables")
    if settings.bridgeCallIPTables != nil {
      settings.bridgeCallIP6Tables = flag("net/bridge/bridge-nf-call-ip6tables")
    }
  }

  private func readDevice(_ name: String, into settings: inout KernelSettings) {
    let v4 = "net/ipv4/conf/\(name)/"
    if let forwarding = flag(v4 + "forwarding") {
      settings.ipv4[name] = KernelSettings.Device(
        forwarding: forwarding, reversePathFilter: number(v4 + "rp_filter") ?? 0,
        routeLocalnet: flag(v4 + "route_localnet") ?? false,
        acceptLocal: flag(v4 + "accept_local") ?? false,
        sourceValidMark: flag(v4 + "src_valid_mark") ?? false,
        arpIgnore: number(v4 + "arp_ignore") ?? 0)
    }
    let v6 = "net/ipv6/conf/\(name)/"
    if let disabled = flag(v6 + "disable_ipv6") {
      settings.ipv6Disabled[name] = disabled
      if name != "all" { settings.ipv6ForceForwarding[name] = flag(v6 + "force_forwarding") }
    }
  }

  private func readSockets(into settings: inout KernelSettings) {
    if let range = bytes("net/ipv4/ip_local_port_range").flatMap(Self.range) {
      settings.ephemeralPorts = range
    }
    // The only long one; what does not fit is cut, and an entry cut in half is still a list.
    let reserved = bytes("net/ipv4/ip_local_reserved_ports", count: 1 << 16)
    settings.reservedPorts = reserved.map(Self.ranges) ?? []
    number("net/ipv4/ip_unprivileged_port_start").map { settings.unprivilegedPortStart = $0 }
    settings.nonlocalBind = flag("net/ipv4/ip_nonlocal_bind") ?? false
    settings.bindV6Only = flag("net/ipv6/bindv6only") ?? false
    settings.tcpAbortOnOverflow = flag("net/ipv4/tcp_abort_on_overflow") ?? false
    number("net/ipv4/tcp_syn_retries").map { settings.tcpSynRetries = $0 }
  }

  private func readConntrack(into settings: inout KernelSettings) {
    settings.conntrackMax = number("net/netfilter/nf_conntrack_max")
    guard settings.conntrackMax != nil else { return }
    settings.conntrackCount = number("net/netfilter/nf_conntrack_count")
    settings.conntrackTCPLoose = flag("net/netfilter/nf_conntrack_tcp_loose") ?? true
  }

  private func bytes(_ name: String, count: Int = 64) -> [UInt8]? {
    try? TextFile.readStart("\(root)/\(name)", count: count)
  }

  private func number<Number: FixedWidthInteger>(_ name: String) -> Number? {
    bytes(name)?.trimmed.signedDecimal.flatMap { Number(exactly: $0) }
  }

  private func flag(_ name: String) -> Bool? {
    bytes(name)?.trimmed.signedDecimal.map { $0 != 0 }
  }

  /// A device's name is one path component: anything else must not leave the directory.
  private static func isName(_ text: String) -> Bool {
    !text.isEmpty && text != "." && text != ".." && text != "all" && !text.utf8.contains(0x2f)
  }

  /// Two numbers, as in ip_local_port_range; `nil` unless they make a range.
  static func range(_ bytes: [UInt8]) -> ClosedRange<UInt16>? {
    let words = bytes.words.map { $0.decimal.flatMap { UInt16(exactly: $0) } }
    guard words.count == 2, let low = words[0], let high = words[1], low <= high else { return nil }
    return low...high
  }

  /// A list of numbers and ranges (`8080,9000-9010`); entries that are neither are passed over.
  static func ranges(_ bytes: [UInt8]) -> [ClosedRange<UInt16>] {
    bytes.trimmed.split(separator: UInt8(ascii: ",")).compactMap { entry in
      let ends = entry.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        .map { $0.decimal.flatMap { UInt16(exactly: $0) } }
      guard let low = ends.first ?? nil, let high = ends.last ?? nil, ends.count <= 2, low <= high
      else { return nil }
      return low...high
    }
  }
}
