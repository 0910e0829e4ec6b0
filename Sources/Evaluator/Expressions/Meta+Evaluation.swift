internal import DecisionDiagram
internal import Model

extension Run {
  /// Source: net/netfilter/nft_meta.c, `nft_meta_get_eval`. A missing device breaks some keys, and
  /// gives 0 or an empty name for others.
  func evaluate(_ meta: Meta) -> Node {
    if storeConstant(meta) { return .always }
    guard let value = metaValue(meta.key) else { return .never }
    registers.store(value, at: meta.destination)
    return .always
  }

  /// Stores the value of a key that rules often ask for, without making bytes of it first.
  ///
  /// - Returns: false if it must be done the long way.
  private func storeConstant(_ meta: Meta) -> Bool {
    let place = meta.destination
    switch meta.key {
    case .transportProtocol:
      return state.transport.map { registers.store(UInt32($0), at: place) } ?? false
    case .networkFamily: return registers.store(UInt32(hookFamily.rawValue), at: place)
    case .mark: return registers.store(0..<4, of: state.mark, at: place)
    case .inputName: return registers.store(name: state.input?.name ?? "", at: place)
    case .outputName: return registers.store(name: state.output?.name ?? "", at: place)
    case .inputInterface: return registers.store(state.input?.index.rawValue ?? 0, at: place)
    case .outputInterface: return registers.store(state.output?.index.rawValue ?? 0, at: place)
    default: return false
    }
  }

  /// A key's bytes, or `nil` where the kernel breaks.
  private func metaValue(_ key: MetaKey) -> SymbolicBytes? {
    switch key {
    case .length: return SymbolicBytes(hostOrder: UInt32(state.network.count))
    case .protocol: return SymbolicBytes(Self.be16(state.etherType))
    case .priority: return state.priority
    case .mark: return state.mark
    case .networkFamily: return SymbolicBytes([hookFamily.rawValue])
    case .transportProtocol: return state.transport.map { SymbolicBytes([$0]) }
    case .packetType: return SymbolicBytes([state.packetType])
    case .userID: return state.owner.map { SymbolicBytes(hostOrder: $0.user) }
    case .groupID:
      return state.owner.map { owner in
        owner.group.map { SymbolicBytes(hostOrder: $0) }
          ?? unknownBytes("the group that the socket belongs to", count: 4)
      }
    case .cgroup:
      return state.owner == nil ? nil : unknownBytes("the socket's net_cls class", count: 4)
    case .routingClass: return state.route.map { SymbolicBytes(hostOrder: $0.realm) }
    case .secpath: return SymbolicBytes([0])
    case .securityMark: return SymbolicBytes(hostOrder: 0)
    case .cpu: return once(key) { unknownNumber("the CPU that handles the packet", count: 4) }
    case .random: return unknownBytes("a random number", count: 4, likely: 0x7fff_ffff)
    case .timeNanoseconds, .timeDay, .timeHour: return once(key) { clock(key) }
    case .slaveInterface: return SymbolicBytes(hostOrder: 0)
    case .slaveName: return SymbolicBytes([UInt8](repeating: 0, count: 16))
    default: return deviceValue(key)
    }
  }

  private func deviceValue(_ key: MetaKey) -> SymbolicBytes? {
    switch key {
    case .inputInterface: return SymbolicBytes(hostOrder: state.input?.index.rawValue ?? 0)
    case .outputInterface: return SymbolicBytes(hostOrder: state.output?.index.rawValue ?? 0)
    case .inputName: return Self.name(state.input?.name ?? "")
    case .outputName: return Self.name(state.output?.name ?? "")
    case .inputType:
      // The packet's own device, which is the output from postrouting on (`ip_output`).
      let device = hook == .postrouting || hook == .egress ? state.output : state.input
      return device.map { Self.hostOrder16($0.hardwareType) }
    case .outputType: return state.output.map { Self.hostOrder16($0.hardwareType) }
    case .inputGroup: return state.input.map { SymbolicBytes(hostOrder: $0.group) }
    case .outputGroup: return state.output.map { SymbolicBytes(hostOrder: $0.group) }
    case .inputKind: return state.input?.kind.map { Self.name($0) }
    case .outputKind: return state.output?.kind.map { Self.name($0) }
    default: return bridgeValue(key)
    }
  }

  /// What stays the same while a packet passes, however often it is asked for.
  private func once(_ key: MetaKey, _ value: () -> SymbolicBytes) -> SymbolicBytes {
    if let known = steadyValues[key] { return known }
    let value = value()
    steadyValues[key] = value
    return value
  }

  /// Source: net/bridge/netfilter/nft_meta_bridge.c. A device that is no port breaks.
  private func bridgeValue(_ key: MetaKey) -> SymbolicBytes? {
    let input = state.input.flatMap { bridge(of: $0) }
    switch key {
    case .bridgeInputName: return input.map { Self.name($0.name) }
    case .bridgeOutputName:
      return state.output.flatMap { bridge(of: $0) }.map { Self.name($0.name) }
    case .bridgeHardwareAddress: return input.map { SymbolicBytes($0.hardwareAddress) }
    case .bridgeVLANID:
      return input.map { _ in unknownBytes("the VLAN of the bridge's port", count: 2, likely: 1) }
    case .bridgeVLANProtocol:
      return input.map { _ in unknownBytes("the bridge's VLAN protocol", count: 2) }
    default: return unknownBytes("meta key \(key.rawValue)", count: 4)
    }
  }

  /// The time is that of the packet, not of the question: only the likely value is today's.
  /// Days count from Sunday, hours are seconds since midnight UTC (`nft_meta_weekday`,
  /// `nft_meta_hour` in net/netfilter/nft_meta.c).
  private func clock(_ key: MetaKey) -> SymbolicBytes {
    let (days, seconds) = host.time.quotientAndRemainder(dividingBy: 86400)
    switch key {
    case .timeDay:
      // 1970 began on a Thursday.
      return unknownNumber("the day of the week", count: 1, likely: (days + 4) % 7)
    case .timeHour:
      return unknownNumber("the time of day in seconds (UTC)", count: 4, likely: seconds)
    default:
      let nanoseconds = host.time.multipliedReportingOverflow(by: 1_000_000_000).partialValue
      return unknownNumber("the time in nanoseconds since 1970", count: 8, likely: nanoseconds)
    }
  }

  /// Source: `nft_meta_set_eval`.
  func evaluate(_ write: MetaWrite, _ matched: Node) -> Node {
    switch write.key {
    case .mark:
      state.mark = diagram.choose(matched, load(write.source, count: 4), state.mark)
    case .priority:
      state.priority = diagram.choose(matched, load(write.source, count: 4), state.priority)
    case .packetType:
      // Only between host, broadcast, multicast and otherhost (skb_pkt_type_ok).
      if matched == .always, state.packetType <= 3,
        let value = load(write.source, count: 1).constant?.first, value <= 3
      {
        state.packetType = value
      } else if matched != .always {
        assume("the packet type is taken as unchanged after a rule that may not match")
      }
    default:
      // nftrace, secmark and broute have no say in later rules here.
      break
    }
    return .always
  }

  /// The family of the hook call: that of the packet, or that of a table below IP.
  var hookFamily: Family {
    // In a netdev chain the register holds the family of the hook state.
    let family = index.table(of: index.chains[baseChain]).family
    switch family {
    case .bridge, .arp, .netdev: return family
    default: return ipFamily
    }
  }

  private var ipFamily: Family { state.family == .v6 ? .ip6 : .ip }

  static func be16(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xff)] }

  private static func hostOrder16(_ value: UInt16) -> SymbolicBytes {
    SymbolicBytes([UInt8(value & 0xff), UInt8(value >> 8)])
  }

  /// Sixteen bytes, zero padded (IFNAMSIZ).
  private static func name(_ text: String) -> SymbolicBytes {
    let bytes = Array(text.utf8.prefix(16))
    return SymbolicBytes(bytes + [UInt8](repeating: 0, count: 16 - bytes.count))
  }
}
