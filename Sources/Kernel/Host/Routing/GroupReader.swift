package import Model

/// Reads which multicast groups each device has joined, in the calling thread's namespace.
package enum GroupReader {
  /// The groups by the number of the device; those of IPv6 are missing where it is switched off.
  ///
  /// - Throws: `KernelError.call`.
  package static func groups() throws(KernelError) -> [InterfaceIndex: Set<IPAddress>] {
    var groups = v4(try TextFile.read("/proc/thread-self/net/igmp", limit: 1 << 22))
    do throws(KernelError) {
      let other = v6(try TextFile.read("/proc/thread-self/net/igmp6", limit: 1 << 22))
      groups.merge(other) { $0.union($1) }
    } catch .call(_, .noEntry, _) {
      // Without IPv6 there is no such file.
    }
    return groups
  }

  /// A line for each device, which begins with its number, and below it indented ones with the
  /// group as a number in host order (`igmp_mc_seq_show`, net/ipv4/igmp.c).
  static func v4(_ bytes: [UInt8]) -> [InterfaceIndex: Set<IPAddress>] {
    var groups: [InterfaceIndex: Set<IPAddress>] = [:]
    var device: InterfaceIndex?
    for line in bytes.lines {
      guard let word = line.words.first else { continue }
      if line.first == UInt8(ascii: "\t") {
        guard let device, let value = word.hexadecimal.flatMap({ UInt32(exactly: $0) }) else {
          continue
        }
        groups[device, default: []].insert(IPAddress(v4: UInt32(bigEndian: value)))
      } else {
        device = word.decimal.flatMap { UInt32(exactly: $0) }.map(InterfaceIndex.init(rawValue:))
      }
    }
    return groups
  }

  /// Number, name and group of 32 digits (`igmp6_mc_seq_show`, net/ipv6/mcast.c).
  static func v6(_ bytes: [UInt8]) -> [InterfaceIndex: Set<IPAddress>] {
    var groups: [InterfaceIndex: Set<IPAddress>] = [:]
    for line in bytes.lines {
      let words = line.words
      guard words.count >= 3, words[2].count == 32,
        let number = words[0].decimal.flatMap({ UInt32(exactly: $0) }),
        let high = words[2].prefix(16).hexadecimal, let low = words[2].suffix(16).hexadecimal
      else { continue }
      groups[InterfaceIndex(rawValue: number), default: []].insert(
        IPAddress(family: .v6, bits: UInt128(high) << 64 | UInt128(low)))
    }
    return groups
  }
}
