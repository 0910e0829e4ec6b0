internal import DecisionDiagram
internal import Model

/// Frames that cross a bridge of this host.
///
/// Sources: `br_handle_frame`, net/bridge/br_input.c; net/bridge/br_forward.c; br_netfilter,
/// net/bridge/br_netfilter_hooks.c.
extension Run {
  func bridge(of port: Interface) -> Interface? { host.bridge(of: port) }

  /// Where a bridge sends a frame.
  private enum BridgeWay {
    case up
    case port(Interface)
    case nowhere
  }

  /// A frame that came in at a port.
  func arrive(_ set: Node, at port: Interface, of bridge: Interface) {
    if let source = state.link.constant(6..<12), !state.isLinkSourceUnknown,
      source[0] & 1 != 0 || source.allSatisfy({ $0 == 0 })
    {
      return finish(set, .accept, step: nil, delivery: delivery(.none(nil), interface: nil))
    }
    if let target = state.link.constant(0..<6), target == bridge.hardwareAddress {
      state.packetType = 0
    }
    let before = state.network
    let (passed, isPrerouted) = runBridge(.prerouting, set, bridge)
    guard passed != .never else { return }
    // A destination that NAT changed is routed: up, as if it had been sent to the bridge.
    let isTranslated = isPrerouted && destinationChanged(since: before)
    switch isTranslated ? .up : way(from: port, of: bridge) {
    case .up: passUp(passed, port, bridge, isPrerouted: isPrerouted)
    case .port(let output): forward(passed, from: port, to: output, bridge)
    case .nowhere:
      finish(passed, .accept, step: nil, delivery: delivery(.none(nil), interface: nil))
    }
  }

  private func destinationChanged(since old: SymbolicBytes) -> Bool {
    switch state.family {
    case .v4?: state.network[16..<20] != old[16..<20]
    case .v6?: state.network[24..<40] != old[24..<40]
    case nil: false
    }
  }

  /// `br_handle_frame_finish`.
  private func way(from port: Interface, of bridge: Interface) -> BridgeWay {
    let ports = host.interfaces.filter {
      $0.master == bridge.index && $0.index != port.index && $0.isUp
    }
    guard let target = state.link.constant(0..<6) else {
      assume("the frame is taken to be for the bridge itself")
      return .up
    }
    if target[0] & 1 != 0 {
      if !ports.isEmpty { assume("the bridge sends it to its other ports as well") }
      return .up
    }
    let entries = host.forwardingEntries.filter { $0.hardwareAddress == target }
    let own =
      [bridge.hardwareAddress]
      + host.interfaces.filter { $0.master == bridge.index }.map(\.hardwareAddress)
    if own.contains(target) || entries.contains(where: \.isLocal) { return .up }
    if let known = entries.first(where: { entry in
      host.interface(entry.port)?.master == bridge.index
    }) {
      // Never back to where it came from.
      return ports.first { $0.index == known.port }.map { .port($0) } ?? .nowhere
    }
    guard let first = ports.first else { return .nowhere }
    if ports.count > 1 {
      assume("the bridge does not know the receiver: to all ports, of which \(first.name) is shown")
    }
    return .port(first)
  }

  /// `br_pass_frame_up`: through the input hook, then in again by the bridge.
  private func passUp(_ set: Node, _ port: Interface, _ bridge: Interface, isPrerouted: Bool) {
    state.input = port
    state.output = nil
    let (passed, _) = runBridge(.input, set, bridge)
    guard passed != .never else { return }
    state.input = bridge
    hook = .ingress
    var set = passed
    for chain in index.deviceChains(.ingress, bridge.name) where set != .never {
      guard state.family != nil || index.table(of: index.chains[chain]).family != .inet else {
        continue
      }
      set = walk(base: chain, set)
    }
    guard set != .never else { return }
    takeUp(set, isPrerouted: isPrerouted)
  }

  private func forward(_ set: Node, from port: Interface, to output: Interface, _ bridge: Interface)
  {
    state.input = port
    state.output = output
    let (passed, _) = runBridge(.forward, set, bridge)
    guard passed != .never else { return }
    state.input = nil
    let (posted, _) = runBridge(.postrouting, passed, bridge)
    leavePort(posted, output, .forward)
  }

  /// This host's own packets, and what it routes, out of a bridge (`br_dev_xmit`).
  func leave(_ set: Node, by bridge: Interface, _ destination: Delivery.Destination) {
    let ports = host.interfaces.filter { $0.master == bridge.index && $0.isUp }
    guard let port = ports.first else {
      return finish(set, .accept, step: nil, delivery: delivery(destination, interface: bridge))
    }
    let stages = [Hook.output, .postrouting].flatMap { index.stages($0, below: .bridge) }
    let hasChains = stages.contains { if case .chain = $0 { true } else { false } }
    guard hasChains else {
      return finish(set, .accept, step: nil, delivery: delivery(destination, interface: bridge))
    }
    if ports.count > 1 {
      assume("of the bridge's ports the packet is taken to leave by \(port.name)")
    }
    var link = unknownBytes("the receiver's hardware address", count: 6)
    link.append(SymbolicBytes(bridge.hardwareAddress + Self.be16(state.etherType)))
    state.link = link
    state.input = nil
    state.output = port
    let (sent, _) = runBridge(.output, set, bridge, isOwn: true)
    guard sent != .never else { return }
    let (posted, _) = runBridge(.postrouting, sent, bridge, isOwn: true)
    leavePort(posted, port, destination, shown: bridge)
  }

  private func leavePort(
    _ set: Node, _ port: Interface, _ destination: Delivery.Destination, shown: Interface? = nil
  ) {
    hook = .egress
    var set = set
    for chain in index.deviceChains(.egress, port.name) where set != .never {
      set = walk(base: chain, set)
    }
    guard set != .never else { return }
    finish(
      set, .accept, step: nil, delivery: delivery(destination, interface: shown ?? port))
  }

  /// Runs what is registered at a hook of the bridge family.
  ///
  /// - Returns: the packets that go on, and whether IP's hooks were called for them.
  private func runBridge(
    _ hook: Hook, _ set: Node, _ bridge: Interface, isOwn: Bool = false
  ) -> (Node, Bool) {
    var set = set
    var isCalled = false
    for stage in index.stages(hook, below: .bridge) where set != .never {
      self.hook = hook
      switch stage {
      case .chain(let chain): set = walk(base: chain, set)
      case .conntrack: if state.family != nil { enterConntrack(set) }
      // What the host itself sends through the bridge passed IP's hooks before.
      case .internetHooks where callsInternet && !isOwn:
        set = runInternet(hook, set, bridge)
        isCalled = true
      case .internetHooks, .defragmentation, .nat: break
      }
    }
    return (set, isCalled)
  }

  /// net.bridge.bridge-nf-call-iptables and -ip6tables.
  private var callsInternet: Bool {
    switch state.family {
    case .v4?: host.settings.bridgeCallIPTables ?? false
    case .v6?: host.settings.bridgeCallIP6Tables ?? false
    case nil: false
    }
  }

  /// IP's hook with the bridge in place of its ports (`brnf_get_logical_dev`).
  private func runInternet(_ hook: Hook, _ set: Node, _ bridge: Interface) -> Node {
    let (input, output, kind) = (state.input, state.output, state.packetType)
    state.input = input == nil ? nil : bridge
    state.output = output == nil ? nil : bridge
    if kind == 3 { state.packetType = 0 }
    let passed = run(hook, set)
    (state.input, state.output, state.packetType) = (input, output, kind)
    return passed
  }
}

/// ARP and other protocols beside IP.
extension Run {
  /// `arp_rcv`, net/ipv4/arp.c; of other protocols no hook asks.
  func takeUpOthers(_ set: Node) {
    var set = set
    if state.etherType == 0x0806, state.packetType != 3, let device = state.input,
      isSoundARP(device)
    {
      state.output = nil
      set = runARP(.input, set)
    }
    guard set != .never else { return }
    finish(
      set, .accept, step: nil,
      delivery: Delivery(destination: .local, interface: state.input?.name))
  }

  /// ARP of this host's own, out of the device that it is bound to (`arp_xmit`).
  func sendARP(_ set: Node) {
    state.input = nil
    state.output = boundOutput
    let passed = runARP(.output, set)
    guard passed != .never else { return }
    hook = .egress
    var left = passed
    for chain in index.deviceChains(.egress, state.output?.name ?? "") where left != .never {
      left = walk(base: chain, left)
    }
    guard left != .never else { return }
    finish(
      left, .accept, step: nil,
      delivery: Delivery(destination: .out, interface: state.output?.name))
  }

  /// The hardware's address length and IPv4's, and a device that uses ARP (IFF_NOARP).
  private func isSoundARP(_ device: Interface) -> Bool {
    guard device.flags & 0x80 == 0, state.network.count >= 8,
      let lengths = state.network.constant(4..<6)
    else { return false }
    return Int(lengths[0]) == device.hardwareAddress.count && lengths[1] == 4
      && state.network.count >= 8 + 2 * (device.hardwareAddress.count + 4)
  }

  private func runARP(_ hook: Hook, _ set: Node) -> Node {
    self.hook = hook
    var set = set
    for case .chain(let chain) in index.stages(hook, below: .arp) where set != .never {
      set = walk(base: chain, set)
    }
    return set
  }
}
