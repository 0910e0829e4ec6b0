/// The sysctls that decide whether packets pass. Values are as of the snapshot.
package struct KernelSettings: Hashable, Sendable {
  /// Settings of one device under /proc/sys/net/ipv4/conf.
  package struct Device: Hashable, Sendable {
    package var forwarding: Bool
    /// 0 off, 1 strict, 2 loose.
    package var reversePathFilter: Int
    package var routeLocalnet: Bool
    package var acceptLocal: Bool
    /// `src_valid_mark`: the reverse lookup uses the packet's mark.
    package var sourceValidMark: Bool
    /// `disable_policy`: no IPsec policy for arriving packets.
    package var arpIgnore: Int

    package init(
      forwarding: Bool = false, reversePathFilter: Int = 0, routeLocalnet: Bool = false,
      acceptLocal: Bool = false, sourceValidMark: Bool = false, arpIgnore: Int = 0
    ) {
      self.forwarding = forwarding
      self.reversePathFilter = reversePathFilter
      self.routeLocalnet = routeLocalnet
      self.acceptLocal = acceptLocal
      self.sourceValidMark = sourceValidMark
      self.arpIgnore = arpIgnore
    }
  }

  /// By device name; `all` is an entry of its own.
  package var ipv4: [String: Device] = [:]
  /// net.ipv6.conf.all.forwarding
  package var ipv6Forwarding = false
  /// net.ipv6.conf.IFACE.force_forwarding (6.17 and later), by device name.
  package var ipv6ForceForwarding: [String: Bool] = [:]
  /// net.ipv6.conf.IFACE.disable_ipv6, by device name, `all` included.
  package var ipv6Disabled: [String: Bool] = [:]
  package var ephemeralPorts: ClosedRange<UInt16> = 32768...60999
  package var reservedPorts: [ClosedRange<UInt16>] = []
  package var unprivilegedPortStart: UInt16 = 1024
  package var nonlocalBind = false
  package var bindV6Only = false
  package var tcpAbortOnOverflow = false
  package var tcpSynRetries = 6
  package var defaultTTL: UInt8 = 64
  package var defaultHopLimit: UInt8 = 64
  /// `nil` when conntrack is not loaded.
  package var conntrackCount: UInt32?
  package var conntrackMax: UInt32?
  /// net.netfilter.nf_conntrack_tcp_loose
  package var conntrackTCPLoose = true
  /// net.bridge.bridge-nf-call-iptables; `nil` when br_netfilter is not loaded.
  package var bridgeCallIPTables: Bool?
  package var bridgeCallIP6Tables: Bool?
  package var l3mdevAccept = false

  package init() {}
}
