internal import DecisionDiagram
package import Model

extension Evaluation {
  /// Follows the ARP question for an IPv4 address out of a device, and the answer to it back in.
  ///
  /// - Returns: `nil` where no ARP is spoken: IPv6, a device without Ethernet address or without an
  ///   address of its own.
  package func resolution(
    of address: IPAddress, on device: Interface
  ) -> (question: Trace, answer: Trace)? {
    let own = device.addresses.first { $0.address.family == .v4 }?.address
    guard address.family == .v4, let own, device.hardwareAddress.count == 6 else { return nil }
    let nobody = [UInt8](repeating: 0, count: 6)
    let all = [UInt8](repeating: 0xff, count: 6)
    let mine = device.hardwareAddress
    func frame(
      _ operation: UInt8, to: [UInt8], _ sender: ([UInt8], IPAddress),
      _ target: ([UInt8], IPAddress)
    ) -> [UInt8] {
      // RFC 826: Ethernet 1, IPv4 0x0800, the lengths of their addresses, the operation.
      let head: [UInt8] = [8, 6, 0, 1, 8, 0, 6, 4, 0, operation]
      return to + sender.0 + head + sender.0 + sender.1.bytes + target.0 + target.1.bytes
    }
    var query = PacketQuery(
      transport: .tcp, source: Endpoint(own), destination: Endpoint(address),
      outputInterface: device.name,
      frame: frame(1, to: all, (mine, own), (nobody, address)))
    let question = trace(query)
    query.outputInterface = nil
    query.inputInterface = device.name
    query.frame = frame(2, to: mine, (nobody, address), (mine, own))
    guard let run = makeRun(query) else { return nil }
    // Whose hardware address it will be, only the answer says.
    run.state.isLinkSourceUnknown = true
    run.state.unknown.append(UnknownField("the neighbour's hardware address", 8..<14))
    run.arrive(.always)
    return (question, TraceBuilder(run: run).build().trace)
  }
}
