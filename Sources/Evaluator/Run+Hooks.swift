internal import DecisionDiagram
internal import Model

/// The way of packets through the hooks (netfilter-semantics 1.4; net/ipv4/ip_input.c, ip_output.c,
/// ip_forward.c and their IPv6 siblings).
extension Run {
  /// Packets that come in from a device.
  ///
  /// - Parameter isLooped: they are this host's own and have their route already: neither address
  ///   nor mark is looked up again (`ip_rcv_finish_core`, `ip6_rcv_finish_core`: skb_valid_dst).
  func arrive(_ set: Node, isLooped: Bool = false) {
    hook = .ingress
    var set = set
    if let input = state.input {
      for chain in index.deviceChains(.ingress, input.name) where set != .never {
        // An inet chain sees only IP packets.
        guard state.family != nil || index.table(of: index.chains[chain]).family != .inet else {
          continue
        }
        set = walk(base: chain, set)
      }
    }
    guard set != .never else { return }
    if !isLooped, let port = state.input, let bridge = bridge(of: port) {
      return arrive(set, at: port, of: bridge)
    }
    takeTag()
    takeUp(set, isLooped: isLooped)
  }

  /// What a device gives to the protocols above it.
  ///
  /// - Parameter isPrerouted: a bridge called IP's prerouting hook for it already.
  func takeUp(_ set: Node, isLooped: Bool = false, isPrerouted: Bool = false) {
    var set = set
    guard state.family != nil else { return takeUpOthers(set) }
    if case .discarded(let obstacle) = receive() {
      finish(set, .accept, step: nil, delivery: delivery(.none(obstacle), interface: nil))
      return
    }
    if !isPrerouted { set = run(.prerouting, set) }
    guard set != .never else { return }
    // Whatever its address: over loopback every route leads here (`__mkroute_output`, RTCF_LOCAL).
    guard !isLooped else { return deliver(set) }
    let arrived = state
    for branch in route(set, mark: state.mark, isArriving: true) {
      state = arrived
      state.route = branch.choice
      switch branch.way {
      case .local: deliver(branch.set)
      case .forward: forward(branch.set, branch.choice)
      case .out, .nowhere:
        stop(branch)
      }
    }
  }

  private func deliver(_ set: Node) {
    let passed = run(.input, reassemble(set))
    guard passed != .never else { return }
    finish(passed, .accept, step: nil, delivery: delivery(.local, interface: state.input))
  }

  private func forward(_ set: Node, _ choice: RouteChoice) {
    // What was sent to a group or to all is not forwarded, whatever its address has become.
    guard state.packetType == 0 else {
      let nowhere = delivery(.none(.broadcast), interface: nil)
      return finish(set, .accept, step: nil, delivery: nowhere)
    }
    let limit = state.network.constant(state.family == .v4 ? 8..<9 : 7..<8)?.first ?? 64
    // Rules of the forward hook see the lower value already (`ip_forward`, `ip6_forward`).
    guard limit > 1 else {
      finish(set, .accept, step: nil, delivery: delivery(.none(.timeToLive), interface: nil))
      return
    }
    guard !staysOnLink(choice) else {
      finish(set, .accept, step: nil, delivery: delivery(.none(.martianSource), interface: nil))
      return
    }
    state.output = choice.interface
    decreaseTimeToLive()
    if state.family == .v4 { state.priority = priorityOfService() }
    let passed = run(.forward, set)
    let posted = run(.postrouting, passed)
    leave(posted, .forward)
  }

  /// An IPv6 packet from an address of one link only does not leave that link (`ip6_forward`).
  private func staysOnLink(_ choice: RouteChoice) -> Bool {
    guard state.family == .v6, choice.interface?.index != state.input?.index,
      let source = state.sourceEndpoint?.address
    else { return false }
    return source.isLinkLocal || source.isUnspecified || source.isMulticast || source.isLoopback
  }

  /// A forwarded packet's priority is that of its type of service, whatever rules said before
  /// (`ip_forward`, `rt_tos2priority` and `ip_tos2prio` of net/ipv4/route.c).
  private func priorityOfService() -> SymbolicBytes {
    guard let service = state.network.constant(1..<2)?.first else {
      return unknownBytes("the priority of the packet's type of service", count: 4)
    }
    let classes: [UInt32] = [0, 2, 6, 4]
    return SymbolicBytes(hostOrder: classes[Int(service & 0x1e) >> 3])
  }

  /// Packets that a socket of this host sends.
  func send(_ set: Node) {
    hook = .output
    let initial = state
    for branch in route(set, mark: state.mark, isArriving: false) {
      state = initial
      guard case .out = branch.way else {
        stop(branch)
        continue
      }
      state.route = branch.choice
      state.output = branch.choice.interface
      reroute = nil
      let passed = run(.output, branch.set)
      guard passed != .never else { continue }
      let changed = diagram.and(passed, reroute?.set ?? .never)
      let sent = state
      post(diagram.subtract(passed, changed))
      state = sent
      guard changed != .never, let mark = reroute?.mark else { continue }
      // A changed destination may lie beyond the device that the socket was bound to.
      for branch in route(changed, mark: mark, isArriving: false) {
        state = sent
        guard case .out = branch.way else {
          stop(branch)
          continue
        }
        state.route = branch.choice
        state.output = branch.choice.interface
        post(branch.set)
      }
    }
  }

  private func post(_ set: Node) {
    guard set != .never else { return }
    leave(run(.postrouting, set), .out)
  }

  /// Packets on their way out of a device; over loopback they come in again.
  private func leave(_ set: Node, _ destination: Delivery.Destination) {
    guard set != .never else { return }
    hook = .egress
    state.input = nil
    var set = set
    if let output = state.output {
      let chains = index.deviceChains(.egress, output.name)
      if !chains.isEmpty { addressFrame(on: output) }
      for chain in chains where set != .never {
        set = walk(base: chain, set)
      }
    }
    guard set != .never else { return }
    if let bridge = state.output, bridge.kind == "bridge" {
      return leave(set, by: bridge, destination)
    }
    guard let output = state.output, output.isLoopback, destination == .out else {
      finish(set, .accept, step: nil, delivery: delivery(destination, interface: state.output))
      return
    }
    loop(set, output)
  }

  /// The link header of a packet that leaves (`neigh_resolve_output`, `eth_header`).
  private func addressFrame(on device: Interface) {
    guard device.isLoopback || device.hardwareType == 1 else {
      state.link = SymbolicBytes([])
      return
    }
    let type = Self.be16(state.etherType)
    state.link = SymbolicBytes([UInt8](repeating: 0, count: 12) + type)
    guard !device.isLoopback else { return }
    let own = device.hardwareAddress
    if own.count == 6 { state.link.write(own, at: 6) }
    let target = groupAddress.map { SymbolicBytes($0) }
    state.link.write(
      target ?? unknownBytes("the next hop's hardware address", count: 6), at: 0)
  }

  /// The hardware address of all that a packet is for, if that is more than one.
  private var groupAddress: [UInt8]? {
    guard let family = state.family else { return nil }
    let target = state.destination(family).constant.flatMap { IPAddress(bytes: $0) }
    if let target, target.isMulticast {
      // `ip_eth_mc_map` and `ipv6_eth_mc_map`.
      let bytes = target.bytes
      return family == .v6
        ? [0x33, 0x33] + bytes[12...] : [1, 0, 0x5e, bytes[1] & 0x7f, bytes[2], bytes[3]]
    }
    return state.route?.type == .broadcast ? [UInt8](repeating: 0xff, count: 6) : nil
  }

  /// The same packet comes in on loopback: it keeps its mark and its connection, which is confirmed
  /// by now, and loses its socket.
  private func loop(_ set: Node, _ device: Interface) {
    state.input = device
    state.output = nil
    state.owner = nil
    state.link = SymbolicBytes([UInt8](repeating: 0, count: 12) + Self.be16(state.etherType))
    if state.connection.present != .never {
      state.connection.isConfirmed = true
      addStatus(.confirmed, state.connection.present)
    }
    arrive(set, isLooped: true)
  }

  /// Packets with nowhere to go: every rule let them pass.
  func stop(_ branch: RoutingBranch) {
    var obstacle: Delivery.Obstacle?
    if case .nowhere(let reason) = branch.way { obstacle = reason }
    finish(
      branch.set, .accept, step: nil, delivery: delivery(.none(obstacle), interface: nil))
  }

  func delivery(_ destination: Delivery.Destination, interface: Interface?) -> Delivery {
    let target = state.destinationEndpoint
    return Delivery(
      destination: destination, address: target?.address, port: target?.port,
      source: state.sourceEndpoint, interface: interface?.name, gateway: state.route?.gateway,
      proxy: destination == .local ? proxy : nil)
  }

  /// Where the socket listens that tproxy gave the packet to.
  private var proxy: Endpoint? {
    state.assigned.map { Endpoint($0.socket.address, port: $0.socket.port) }
  }

  /// Runs everything that is registered at a hook, in order.
  ///
  /// - Returns: the packets that every chain let pass.
  func run(_ hook: Hook, _ set: Node) -> Node {
    self.hook = hook
    switch hook {
    case .prerouting, .input: state.output = nil
    case .output: state.input = nil
    case .ingress, .forward, .postrouting, .egress: break
    }
    guard let family = state.family else { return set }
    var set = set
    for stage in index.stages(hook, family) where set != .never {
      switch stage {
      case .chain(let chain): set = dropUnroutable(runFilter(chain, set))
      case .defragmentation: set = defragment(set)
      case .conntrack: enterConntrack(set)
      case .internetHooks: break
      case .nat(let chains): set = dropUnroutable(translate(chains, set))
      }
    }
    return set
  }

  /// A filter or route chain. After a route chain a changed mark or address asks for a new route
  /// (`nft_route_hook`, net/netfilter/nft_chain_route.c).
  private func runFilter(_ chain: Int, _ set: Node) -> Node {
    guard index.chains[chain].chain.base?.kind == .route, hook == .output else {
      return walk(base: chain, set)
    }
    let mark = state.mark
    let network = state.network
    let passed = walk(base: chain, set)
    if mark != state.mark || network != state.network { markForReroute(passed) }
    return passed
  }

  /// The conntrack hook (`nf_conntrack_in`).
  func enterConntrack(_ set: Node) {
    guard !state.connection.isConfirmed else { return }
    if isHeaderStale { identifyConnection() }
    let isTemplate = diagram.and(set, state.connection.template)
    state.connection.present = diagram.subtract(state.connection.present, isTemplate)
    state.connection.template = diagram.subtract(state.connection.template, isTemplate)
    state.connection.seen = diagram.or(state.connection.seen, set)
    let packets = diagram.subtract(set, state.connection.untracked)
    switch classification {
    case .new, .established, .related:
      state.connection.present = diagram.or(state.connection.present, packets)
    case .untracked:
      state.connection.untracked = diagram.or(state.connection.untracked, packets)
    case .invalid:
      break
    }
  }

  /// What conntrack says of the packet: what the question says, where nothing speaks against it.
  private var classification: ConntrackState {
    let told = state.connection.classification
    guard let family = state.family else { return told }
    let isOpen = told == .new && !state.connection.isClassificationGiven
    if let packet = state.network.constant, isOpen {
      return firstClassification(packet, family)
    }
    guard let transport = state.transport, state.fragmentOffset == 0, let header = knownTransport
    else { return told }
    let first = FirstPacket.classification(header, transport: transport, family: family)
    // Neighbour discovery is left alone whatever was said.
    if first == .untracked, told != .invalid { return .untracked }
    return isOpen ? first : told
  }

  /// Of a packet of which every byte is known, and which nothing is said of.
  private func firstClassification(_ packet: [UInt8], _ family: IPFamily) -> ConntrackState {
    let headers = HeaderChain(packet, etherType: state.etherType, looksBehindAuthentication: true)
    // A chain of headers without an end has no connection (`get_l4proto`).
    guard let transport = headers.transport, headers.fragmentOffset == 0, transport != 59,
      headers.transportOffset <= packet.count
    else { return .invalid }
    let header = Array(packet[headers.transportOffset...])
    // Only what arrives is summed (net.netfilter.nf_conntrack_checksum, which is on by default).
    if hook == .prerouting, state.unknown.isEmpty {
      let addresses = family == .v4 ? packet[12..<20] : packet[8..<40]
      let isSound = FirstPacket.isSound(
        header, transport: transport, family: family, addresses: addresses)
      guard isSound else { return .invalid }
    }
    return FirstPacket.classification(header, transport: transport, family: family)
  }

  /// The transport header and what follows, where all that conntrack looks at is known.
  private var knownTransport: [UInt8]? {
    let all = state.transportOffset..<max(state.network.count, state.transportOffset)
    if let whole = state.network.constant(all) { return whole }
    // Ports and sequence numbers may be anything.
    guard let types = state.network.constant(all.prefix(1)), all.count >= 16,
      let rest = state.network.constant(all.dropFirst(12).prefix(2)),
      let length = state.network.constant(all.dropFirst(4).prefix(2))
    else { return nil }
    var header = [UInt8](repeating: 0, count: all.count)
    header[0] = types[0]
    header.replaceSubrange(4..<6, with: length)
    header.replaceSubrange(12..<14, with: rest)
    return header
  }

  /// The connection is that of the packet as rules before conntrack left it.
  private func identifyConnection() {
    readHeaders()
    guard state.connection.classification == .new, state.connection.direction == .original,
      let packet = state.network.constant
    else { return }
    let headers = HeaderChain(packet, etherType: state.etherType, looksBehindAuthentication: true)
    state.connection.original = Evaluation.tuple(packet, headers)
    state.connection.reply = state.connection.original.inverted
  }
}
