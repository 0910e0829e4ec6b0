package import Model

/// Reads the virtual services of IPVS, which take packets before sockets see them.
package enum VirtualServiceReader {
  /// The services of the calling thread's namespace; none without IPVS.
  ///
  /// - Throws: `KernelError.call`: EACCES for users.
  package static func filters() throws(KernelError) -> [OtherFilter] {
    do throws(KernelError) {
      return parse(try TextFile.read("/proc/thread-self/net/ip_vs", limit: 1 << 20))
    } catch .call(_, .noEntry, _) {
      return []
    }
  }

  /// Services begin with a protocol; `FWM` ones with a mark. Their servers' lines begin with `->`
  /// (`ip_vs_info_seq_show`, net/netfilter/ipvs/ip_vs_ctl.c).
  static func parse(_ bytes: [UInt8]) -> [OtherFilter] {
    bytes.lines.compactMap { line in
      let words = line.words
      guard words.count >= 2 else { return nil }
      if words[0].spells("FWM") {
        return OtherFilter(
          kind: .ipvs, direction: .inbound, detail: "virtual service of mark 0x\(words[1].text)")
      }
      guard let transport = TransportProtocol(words[0].text.lowercased()),
        let endpoint = endpoint(words[1])
      else { return nil }
      return OtherFilter(
        kind: .ipvs, direction: .inbound, family: endpoint.address.family,
        detail: "virtual service \(endpoint)",
        selector: OtherFilter.Selector(
          destination: Prefix(endpoint.address, length: endpoint.address.family.addressBits),
          transport: transport,
          destinationPorts: endpoint.port.map { $0.number...$0.number }))
    }
  }

  /// `0A000001:0050`, or `[2001:0db8:...]:0050` with the address in full.
  private static func endpoint(_ word: ArraySlice<UInt8>) -> Endpoint? {
    guard let colon = word.lastIndex(of: UInt8(ascii: ":")),
      let number = word[(colon + 1)...].hexadecimal.flatMap({ UInt16(exactly: $0) })
    else { return nil }
    let port = number == 0 ? nil : Port(number)
    let host = word[..<colon]
    if host.first == UInt8(ascii: "["), host.last == UInt8(ascii: "]") {
      return IPAddress(host.dropFirst().dropLast().text).map { Endpoint($0, port: port) }
    }
    return host.hexadecimal.flatMap { UInt32(exactly: $0) }
      .map { Endpoint(IPAddress(v4: $0), port: port) }
  }
}
