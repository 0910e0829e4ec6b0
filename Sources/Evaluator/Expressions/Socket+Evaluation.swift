internal import DecisionDiagram
internal import Model

/// What can be said of the socket that a packet belongs to.
enum SocketAnswer {
  case found(LocalSocket)
  case none
  /// With what is not known, for people.
  case unknown(String)
}

extension Run {
  /// Without a socket it breaks; so do all keys but `transparent` for what is no full socket.
  ///
  /// Source: net/netfilter/nft_socket.c.
  func evaluate(_ lookup: SocketLookup, _ matched: Node) -> Node {
    switch packetSocket(matched) {
    case .none: return .never
    case .unknown(let what):
      let length = lookup.key == .cgroupV2 ? 8 : lookup.key == .mark ? 4 : 1
      registers.store(unknownBytes(what, count: length), at: lookup.destination)
      return undecidable("a lookup of \(what)", isLikely: false)
    case .found(let socket):
      guard lookup.key == .transparent || socket.isFull else { return .never }
      guard let value = value(of: lookup, in: socket) else { return .never }
      registers.store(value, at: lookup.destination)
      return .always
    }
  }

  private func value(of lookup: SocketLookup, in socket: LocalSocket) -> SymbolicBytes? {
    switch lookup.key {
    case .transparent:
      return socket.isTransparent.map { SymbolicBytes([$0 ? 1 : 0]) }
        ?? unknownBytes("whether the socket is transparent", count: 1)
    case .mark:
      return socket.mark.map { SymbolicBytes(hostOrder: $0) }
        ?? unknownBytes("the socket's mark", count: 4)
    case .wildcard: return SymbolicBytes([socket.address.isUnspecified ? 1 : 0])
    case .cgroupV2:
      guard let line = socket.cgroups else {
        return unknownBytes("the socket's cgroup", count: 8)
      }
      guard line.indices.contains(Int(lookup.level)) else { return nil }
      let id = line[Int(lookup.level)]
      return SymbolicBytes((0..<8).map { UInt8(truncatingIfNeeded: id >> UInt64($0 * 8)) })
    }
  }

  /// The socket that a packet carries, or that is found for it (`skb->sk`, else
  /// `nf_sk_lookup_slow`).
  func packetSocket(_ matched: Node) -> SocketAnswer {
    if let assigned = state.assigned {
      if diagram.subtract(matched, assigned.set) == .never { return .found(assigned.socket) }
      if diagram.and(matched, assigned.set) != .never {
        return .unknown("a socket that tproxy may have chosen")
      }
    }
    switch hook {
    case .output, .postrouting:
      if let owner = state.owner { return .found(sender(owner)) }
      return state.input == nil ? .unknown("the kernel's own socket") : .none
    case .prerouting, .input: break
    case .ingress, .forward, .egress: return .none
    }
    let key: SocketTable.Key
    switch socketKey() {
    case .known(let found): key = found
    case .none: return .none
    case .unknown: return .unknown("the socket that the packet belongs to")
    }
    if let asker, asker.transport == key.transport, asker.peer == key.peer,
      Endpoint(asker.address, port: asker.port) == key.local
    {
      return .found(asker)
    }
    guard let sockets else { return .unknown("the socket that the packet belongs to") }
    return sockets.receiver(key).map { .found($0) } ?? .none
  }

  /// The socket that sent a packet of this host: an ordinary one, which is bound to the packet's
  /// source by now.
  private func sender(_ owner: PacketState.Owner) -> LocalSocket {
    let any: IPAddress = state.family == .v6 ? .anyV6 : .anyV4
    let mark = socketMark.constant.map { $0.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) } }
    return LocalSocket(
      transport: TransportProtocol(rawValue: state.transport ?? 0),
      address: owner.isRaw ? any : state.sourceEndpoint?.address ?? .loopbackV4, port: Port(0),
      state: .connected, family: state.family ?? .v4, mark: mark)
  }

  private enum KeyAnswer {
    case known(SocketTable.Key)
    case none
    case unknown
  }

  /// The two ends that a lookup is made for: the packet's, or those of the packet that an ICMP
  /// error quotes. Source: net/ipv4/netfilter/nf_socket_ipv4.c, its IPv6 sibling.
  private func socketKey() -> KeyAnswer {
    guard let family = state.family, let transport = state.transport, let input = state.input
    else { return .none }
    let kind = TransportProtocol(rawValue: transport)
    switch kind {
    case .tcp, .udp:
      guard state.transportLength >= (kind == .tcp ? 20 : 8) else { return .none }
      var key = tupleKey(kind, family, at: state.transportOffset, input)
      if state.connection.present == .always, state.connection.direction == .reply,
        state.connection.classification == .established
      {
        // What SNAT hides: the socket has the address that the connection began with.
        key = key.flatMap { restored($0) }
      }
      return key.map { .known($0) } ?? .unknown
    case .icmp where family == .v4, .icmpv6 where family == .v6: return quotedKey(family, input)
    default: return .none
    }
  }

  private func tupleKey(
    _ transport: TransportProtocol, _ family: IPFamily, at start: Int, _ input: Interface
  ) -> SocketTable.Key? {
    guard start >= 0, start + 4 <= state.network.count,
      let source = state.source(family).constant.flatMap({ IPAddress(bytes: $0) }),
      let destination = state.destination(family).constant.flatMap({ IPAddress(bytes: $0) }),
      let to = state.network.constant(start + 2..<start + 4)
    else { return nil }
    // A port that the sender has yet to choose belongs to no connection.
    let from = state.network.constant(start..<start + 2).map { Self.port($0) }
    return SocketTable.Key(
      transport: transport, local: Endpoint(destination, port: Self.port(to)),
      peer: Endpoint(source, port: from), device: input.index)
  }

  private func restored(_ key: SocketTable.Key) -> SocketTable.Key? {
    guard let bytes = state.connection.original.source.constant,
      let address = IPAddress(bytes: bytes),
      let port = state.connection.original.sourcePort.constant
    else { return nil }
    var key = key
    key.local = Endpoint(address, port: Self.port(port))
    return key
  }

  /// Of an ICMP error: what it quotes was sent from here.
  private func quotedKey(_ family: IPFamily, _ input: Interface) -> KeyAnswer {
    let start = state.transportOffset
    guard state.transportLength > 8, let type = state.network.constant(start..<start + 1)?.first
    else { return .none }
    let isError = family == .v4 ? [3, 4, 5, 11, 12].contains(type) : type < 128
    guard isError else { return .none }
    guard let quoted = state.network.constant(start + 8..<state.network.count) else {
      return .unknown
    }
    let headers = HeaderChain(quoted, etherType: family == .v4 ? 0x0800 : 0x86dd)
    guard let transport = headers.transport.map({ TransportProtocol(rawValue: $0) }),
      transport == .tcp || transport == .udp, headers.transportOffset + 4 <= quoted.count
    else { return .none }
    let (from, to) = family == .v4 ? (12..<16, 16..<20) : (8..<24, 24..<40)
    guard let source = IPAddress(bytes: quoted[from]), let target = IPAddress(bytes: quoted[to])
    else { return .none }
    let ports = headers.transportOffset
    let key = SocketTable.Key(
      transport: transport, local: Endpoint(source, port: Self.port(quoted[ports..<ports + 2])),
      peer: Endpoint(target, port: Self.port(quoted[ports + 2..<ports + 4])), device: input.index)
    return .known(key)
  }

  private static func port(_ bytes: some Sequence<UInt8>) -> Port {
    Port(bytes.reduce(0) { $0 << 8 | UInt16($1) })
  }
}

// MARK: Transparent proxies

extension Run {
  /// Goes on when a transparent socket takes the packet, else breaks.
  ///
  /// Source: net/netfilter/nft_tproxy.c.
  func evaluate(_ proxy: TransparentProxy, _ matched: Node) -> Node {
    guard let family = state.family, proxy.family == nil || proxy.family == family else {
      return .never
    }
    let address = proxy.address.map { load($0, count: family.addressLength) }
    let port = proxy.port.map { load($0, count: 2) }
    return assign(proxySocket(address: address, port: port), matched, name: "tproxy")
  }

  /// Gives packets to a socket.
  ///
  /// - Returns: the packets that a transparent socket takes.
  func assign(_ answer: SocketAnswer, _ matched: Node, name: String) -> Node {
    switch answer {
    case .none: return .never
    case .unknown: return undecidable("\(name) (a listening transparent socket)", isLikely: false)
    case .found(let socket):
      guard let isTransparent = socket.isTransparent else {
        return undecidable("\(name) (whether the socket is transparent)", isLikely: false)
      }
      guard isTransparent else { return .never }
      state.assigned = (socket, diagram.or(matched, state.assigned?.set ?? .never))
      return .always
    }
  }

  /// The socket that a packet is proxied to: that of a connection with the packet's own addresses,
  /// else one that listens where the rule says.
  ///
  /// Source: net/ipv4/netfilter/nf_tproxy_ipv4.c, net/ipv6/netfilter/nf_tproxy_ipv6.c.
  func proxySocket(address: SymbolicBytes?, port: SymbolicBytes?) -> SocketAnswer {
    guard let family = state.family, let transport = state.transport, let input = state.input
    else { return .none }
    let kind = TransportProtocol(rawValue: transport)
    // tproxy reads a UDP header; the lookup for TCP needs all of its own.
    guard kind == .tcp || kind == .udp, state.transportLength >= (kind == .tcp ? 20 : 8) else {
      return .none
    }
    guard let sockets else { return .unknown("the socket to proxy to") }
    guard let key = tupleKey(kind, family, at: state.transportOffset, input),
      address.map({ $0.isConstant }) ?? true, port.map({ $0.isConstant }) ?? true
    else { return .unknown("the socket to proxy to") }
    var target = key
    let given = address?.constant.flatMap { IPAddress(bytes: $0) }
    target.local.address =
      given.flatMap { $0.isUnspecified ? nil : $0 }
      ?? proxyAddress(family, input) ?? key.local.address
    if let number = port?.constant.map({ Self.port($0) }), number.number != 0 {
      target.local.port = number
    }
    return proxySocket(sockets, key, target)
  }

  private func proxySocket(
    _ sockets: SocketTable, _ key: SocketTable.Key, _ target: SocketTable.Key
  ) -> SocketAnswer {
    guard key.transport == .tcp else {
      if let found = sockets.receiver(key), found.peer != nil, !found.address.isUnspecified {
        return .found(found)
      }
      guard let found = sockets.receiver(target), found.peer == nil else { return .none }
      return .found(found)
    }
    let place = state.transportOffset + 13
    let flags = state.network.constant(place..<place + 1)?.first.map { TCPFlags(rawValue: $0) }
    if let found = sockets.connection(key) {
      // A SYN may open a connection anew that is not quite over.
      guard found.state == .timeWait, let flags, flags.contains(.syn),
        flags.isDisjoint(with: [.rst, .ack, .fin])
      else { return .found(found) }
      return .found(sockets.listener(target) ?? found)
    }
    return sockets.listener(target).map { .found($0) } ?? .none
  }

  /// Without an address of its own a rule means the device's first one (`nf_tproxy_laddr4`).
  private func proxyAddress(_ family: IPFamily, _ device: Interface) -> IPAddress? {
    device.addresses.first {
      $0.address.family == family && !$0.isTentative && (family == .v6 || !$0.isSecondary)
    }?.address
  }
}
