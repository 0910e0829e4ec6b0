package import Model

/// Makes packets for `OracleNetwork` out of random numbers.
package struct RandomPacket {
  var random: SeededGenerator
  /// What a ruleset speaks of, to be aimed at.
  private let targets: RulesetConstants

  /// - Parameter rules: a ruleset whose own ports and addresses packets are to have.
  package init(seed: UInt64, aimedAt rules: String = "") {
    random = SeededGenerator(seed: seed)
    targets = RulesetConstants(rules)
  }

  /// - Parameter number: makes the packet unlike all others, up to 10,000 of them.
  package mutating func packet(number: Int) -> PacketQuery {
    let isV4 = random.chance(55)
    let port = Port(UInt16(40_000 + number % 10_000))
    let transport = random.pick([
      TransportProtocol.tcp, .tcp, .tcp, .tcp, .udp, .udp, .udp, isV4 ? .icmp : .icmpv6,
      isV4 ? .icmp : .icmpv6, TransportProtocol(rawValue: 253), .sctp,
      random.pick([.dccp, .udplite, .gre, .esp, isV4 ? .ah : .esp, TransportProtocol(rawValue: 2)]),
    ])
    let usual: [UInt16] = [22, 53, 80, 443, 8080, 1, 65_535, 40_001]
    let target = Port(random.pick(random.chance(70) ? targets.ports + usual : usual))
    if random.chance(22) { return own(transport, isV4: isV4, port: port, target: target) }
    let device = random.pick(["eth0", "eth0", "eth1"])
    let peer =
      device == "eth0" ? (isV4 ? "10.9.0.2" : "fd09::2") : (isV4 ? "10.9.1.2" : "fd09:1::2")
    let odd = isV4 ? ["10.9.0.77", "8.8.8.8", "10.9.1.9"] : ["fd09::77", "2001:db8::8"]
    let known = isV4 ? targets.v4 : targets.v6
    let source = random.chance(known.isEmpty ? 85 : 50) ? peer : random.pick(known + odd)
    var query = PacketQuery(
      transport: transport, source: endpoint(source, port, transport),
      destination: endpoint(destination(isV4: isV4), target, transport), inputInterface: device)
    query.tcpFlags = flags()
    if query.transport == .icmp {
      query.icmpType = random.pick([8, 8, 8, 0, 3, 5, 11, 12, 13, 15, 17, 9, 10, 30, 200])
    } else if query.transport == .icmpv6 {
      query.icmpType = random.pick([
        128, 128, 128, 129, 1, 2, 3, 4, 130, 133, 135, 136, 137, 143, 200,
      ])
    }
    if random.chance(15) { query.icmpCode = random.pick([1, 3, 9]) }
    // What conntrack makes of it is for the evaluator to find out.
    query.isConntrackStateGiven = false
    let isKnown =
      query.transport == .udp || query.transport == .tcp
      || query.transport == .icmp && query.icmpType == 8
    if isKnown, source == peer, random.chance(15) { establish(&query) }
    var frame = frame(query, number: number)
    if query.conntrackState != .established, random.chance(12) { spoil(&frame, isV4: isV4) }
    query.frame = frame
    return query
  }

  /// Makes it a packet of a connection that is known and answered.
  private mutating func establish(_ query: inout PacketQuery) {
    query.conntrackState = .established
    query.isConntrackStateGiven = true
    if query.transport != .icmp, random.chance(60) { query.conntrackDirection = .reply }
    if query.transport == .tcp { query.tcpFlags = random.pick([.ack, [.psh, .ack]]) }
    if random.chance(50) { query.conntrackMark = UInt32(random.below(8)) }
  }

  private func endpoint(_ text: String, _ port: Port, _ transport: TransportProtocol) -> Endpoint {
    guard let address = IPAddress(text) else { preconditionFailure("\(text) is no address") }
    return Endpoint(address, port: transport.hasPorts ? port : nil)
  }

  private mutating func destination(isV4: Bool) -> String {
    let usual =
      isV4
      ? ["10.9.0.1", "10.9.1.1", "10.9.1.2", "10.9.0.2"]
      : ["fd09::1", "fd09:1::1", "fd09:1::2", "fd09::2"]
    let known = isV4 ? targets.v4 : targets.v6
    if !known.isEmpty, random.chance(30) { return random.pick(known) }
    if random.chance(82) { return random.pick(usual) }
    return random.pick(
      isV4
        ? ["10.9.0.255", "255.255.255.255", "224.0.0.5", "8.8.8.8", "10.9.1.7", "10.9.1.255"]
        : ["ff02::5", "2001:db8::8", "fd09:1::7", "ff02::1"])
  }

  /// From a socket of the host.
  private mutating func own(
    _ transport: TransportProtocol, isV4: Bool, port: Port, target: Port
  ) -> PacketQuery {
    let transport = random.chance(60) ? TransportProtocol.tcp : .udp
    let source =
      isV4 ? random.pick(["10.9.0.1", "10.9.1.1"]) : random.pick(["fd09::1", "fd09:1::1"])
    let usual =
      isV4
      ? ["10.9.0.2", "10.9.1.2", "10.9.0.1", "8.8.8.8"]
      : ["fd09::2", "fd09:1::2", "fd09::1", "2001:db8::8"]
    var query = PacketQuery(
      transport: transport, source: endpoint(source, port, transport),
      destination: endpoint(random.pick(usual), target, transport))
    if random.chance(30) { query.mark = UInt32(random.below(8)) }
    // Of an ordinary socket's packet some bytes are the kernel's secret.
    query.details.isCrafted = true
    if transport == .udp { query.payload = random.bytes(random.pick([0, 1, 5, 32])) }
    return query
  }

  private mutating func flags() -> TCPFlags {
    let raw: [UInt8] = [2, 2, 2, 2, 0x12, 0x10, 0x18, 4, 0x14, 1, 0x11, 0, 0xc2, 0x22, 3, 0x3f, 6]
    return TCPFlags(rawValue: random.pick(raw))
  }
}

extension RandomPacket {
  /// The bytes on the wire; its number is in the IPv4 identification or the IPv6 flow label.
  private mutating func frame(_ query: PacketQuery, number: Int) -> [UInt8] {
    var query = query
    query.payload = random.chance(40) ? random.bytes(random.pick([1, 2, 5, 20, 64])) : []
    if random.chance(25) { query.ttl = random.pick([1, 2, 63, 255]) }
    if random.chance(25) { query.dscp = random.pick([10, 46, 63]) }
    if random.chance(15) { query.ecn = random.pick([1, 2, 3]) }
    if query.transport == .tcp, random.chance(60) {
      let list: [[UInt8]] = [
        [], [2, 4, 5, 180], [2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7],
        [1, 1, 1, 0], [254, 4, 1, 2], [3, 3, 7, 1, 2, 4, 2, 88],
        [8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1],
      ]
      query.tcpOptions = random.pick(list)
    }
    if query.transport == .icmp || query.transport == .icmpv6, random.chance(15) {
      query.payload = random.bytes(40)
    }
    let isV4 = query.source.address.family == .v4
    let first: UInt8 = query.inputInterface == "eth0" ? 0 : 1
    let target = linkTarget(query, first)
    let isRare = [.sctp, .dccp, .udplite, .gre, .ah, .esp].contains(query.transport)
    if isRare { query.payload = rareTransport(query) }
    var frame = PacketBytes.frame(query, from: [2, 0, 0, 0, first, 2], to: target)
    let label = UInt16(truncatingIfNeeded: number + 1)
    frame.replaceSubrange(
      (isV4 ? 18 : 16)..<(isV4 ? 20 : 18), with: [UInt8(label >> 8), UInt8(label & 0xff)])
    if isV4 {
      if random.chance(8) { insertOptions(&frame) }
      if random.chance(6) { frame[20] = random.pick([0x20, 0x00]) }
      PacketBytes.sumHeader(&frame, at: 14)
    } else if random.chance(15) {
      insertExtension(&frame)
    }
    return frame
  }

  private func linkTarget(_ query: PacketQuery, _ device: UInt8) -> [UInt8] {
    let address = query.destination.address
    let bytes = address.bytes
    if address.family == .v4 {
      if bytes[0] == 224 { return [1, 0, 0x5e, bytes[1] & 0x7f, bytes[2], bytes[3]] }
      if bytes[3] == 255 { return [UInt8](repeating: 0xff, count: 6) }
    } else if bytes[0] == 0xff {
      return [0x33, 0x33] + bytes[12...]
    }
    return [2, 0, 0, 0, device, 1]
  }

  private mutating func insertOptions(_ frame: inout [UInt8]) {
    let options: [UInt8] = random.pick([
      [0x94, 4, 0, 0], [1, 1, 1, 0], [7, 7, 4, 0, 0, 0, 0, 0], [1, 0x94, 4, 0, 0, 0, 0, 0],
    ])
    frame.insert(contentsOf: options, at: 34)
    frame[14] += UInt8(options.count / 4)
    let length = frame.count - 14
    frame[16] = UInt8(length >> 8)
    frame[17] = UInt8(length & 0xff)
  }

  private mutating func insertExtension(_ frame: inout [UInt8]) {
    let type: UInt8 = random.pick([0, 60, 43, 44, 60])
    let content: [UInt8] =
      switch type {
      case 44: [0, random.pick([0, 0, 1])] + random.bytes(4)
      case 43: [4, 0, 0, 0, 0, 0]
      default: [1, 4, 0, 0, 0, 0]
      }
    let header = [frame[20]] + (type == 44 ? [0] : [0]) + content
    frame.insert(contentsOf: header, at: 54)
    frame[20] = type
    let length = frame.count - 54
    frame[18] = UInt8(length >> 8)
    frame[19] = UInt8(length & 0xff)
  }
}
