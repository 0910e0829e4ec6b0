/// What a route does with packets. Raw values are `RTN_*` (include/uapi/linux/rtnetlink.h).
package enum RouteType: UInt8, Hashable, Sendable {
  case unspecified = 0
  case unicast = 1
  case local = 2
  case broadcast = 3
  case anycast = 4
  case multicast = 5
  /// Dropped without a word; a local sender gets EINVAL.
  case blackhole = 6
  case unreachable = 7
  case prohibit = 8
  /// Go on with the next routing rule.
  case `throw` = 9
}

/// A route of one table.
package struct Route: Hashable, Sendable {
  package struct NextHop: Hashable, Sendable {
    package var gateway: IPAddress?
    package var interface: InterfaceIndex?
    package var weight: UInt32
    /// `RTNH_F_*`: 0x1 dead, 0x4 onlink, 0x10 link down.
    package var flags: UInt32

    package init(
      gateway: IPAddress? = nil, interface: InterfaceIndex? = nil, weight: UInt32 = 1,
      flags: UInt32 = 0
    ) {
      self.gateway = gateway
      self.interface = interface
      self.weight = weight
      self.flags = flags
    }
  }

  package var destination: Prefix
  /// IPv6 source-specific routes.
  package var source: Prefix?
  package var table: UInt32
  package var type: RouteType
  package var tos: UInt8
  /// The metric: lower wins among routes of one prefix.
  package var priority: UInt32
  package var scope: UInt8
  package var preferredSource: IPAddress?
  package var nextHops: [NextHop]
  package var mtu: UInt32?
  package var realm: UInt32?

  package init(
    destination: Prefix, source: Prefix? = nil, table: UInt32 = 254, type: RouteType = .unicast,
    tos: UInt8 = 0, priority: UInt32 = 0, scope: UInt8 = 0, preferredSource: IPAddress? = nil,
    nextHops: [NextHop] = [], mtu: UInt32? = nil, realm: UInt32? = nil
  ) {
    self.destination = destination
    self.source = source
    self.table = table
    self.type = type
    self.tos = tos
    self.priority = priority
    self.scope = scope
    self.preferredSource = preferredSource
    self.nextHops = nextHops
    self.mtu = mtu
    self.realm = realm
  }
}

/// A rule of the routing policy (`ip rule`).
package struct RoutingRule: Hashable, Sendable {
  package enum Action: Hashable, Sendable {
    case lookup(table: UInt32)
    case goto(priority: UInt32)
    case nothing
    case blackhole
    case unreachable
    case prohibit
    case unknown(UInt8)
  }

  package var family: IPFamily
  package var priority: UInt32
  package var action: Action
  /// `FIB_RULE_INVERT`.
  package var isInverted: Bool
  package var source: Prefix?
  package var destination: Prefix?
  package var tos: UInt8
  package var inputInterface: String?
  package var outputInterface: String?
  package var mark: UInt32
  package var markMask: UInt32
  package var users: ClosedRange<UInt32>?
  package var transportProtocol: UInt8?
  package var sourcePorts: ClosedRange<UInt16>?
  package var destinationPorts: ClosedRange<UInt16>?
  /// `FRA_SUPPRESS_PREFIXLEN`: results with a prefix this short or shorter are ignored.
  package var suppressedPrefixLength: Int?
  package var suppressedGroup: UInt32?
  /// `FRA_L3MDEV`: the table of the VRF.
  package var usesVRF: Bool

  package init(
    family: IPFamily, priority: UInt32, action: Action, isInverted: Bool = false,
    source: Prefix? = nil, destination: Prefix? = nil, tos: UInt8 = 0,
    inputInterface: String? = nil, outputInterface: String? = nil, mark: UInt32 = 0,
    markMask: UInt32 = 0, users: ClosedRange<UInt32>? = nil, transportProtocol: UInt8? = nil,
    sourcePorts: ClosedRange<UInt16>? = nil, destinationPorts: ClosedRange<UInt16>? = nil,
    suppressedPrefixLength: Int? = nil, suppressedGroup: UInt32? = nil, usesVRF: Bool = false
  ) {
    self.family = family
    self.priority = priority
    self.action = action
    self.isInverted = isInverted
    self.source = source
    self.destination = destination
    self.tos = tos
    self.inputInterface = inputInterface
    self.outputInterface = outputInterface
    self.mark = mark
    self.markMask = markMask
    self.users = users
    self.transportProtocol = transportProtocol
    self.sourcePorts = sourcePorts
    self.destinationPorts = destinationPorts
    self.suppressedPrefixLength = suppressedPrefixLength
    self.suppressedGroup = suppressedGroup
    self.usesVRF = usesVRF
  }
}

/// A question to the routing tables of the kernel itself.
package struct RouteQuery: Hashable, Sendable {
  package var destination: IPAddress
  package var source: IPAddress?
  /// Set for a packet that arrives; `nil` for one of this host's own.
  package var inputInterface: InterfaceIndex?
  package var outputInterface: InterfaceIndex?
  package var mark: UInt32
  package var user: UInt32?
  package var transportProtocol: TransportProtocol?
  package var sourcePort: Port?
  package var destinationPort: Port?

  package init(
    destination: IPAddress, source: IPAddress? = nil, inputInterface: InterfaceIndex? = nil,
    outputInterface: InterfaceIndex? = nil, mark: UInt32 = 0, user: UInt32? = nil,
    transportProtocol: TransportProtocol? = nil, sourcePort: Port? = nil,
    destinationPort: Port? = nil
  ) {
    self.destination = destination
    self.source = source
    self.inputInterface = inputInterface
    self.outputInterface = outputInterface
    self.mark = mark
    self.user = user
    self.transportProtocol = transportProtocol
    self.sourcePort = sourcePort
    self.destinationPort = destinationPort
  }
}

/// The kernel's answer to a `RouteQuery` (`RTM_GETROUTE`).
package enum RouteAnswer: Hashable, Sendable {
  /// `type` is unicast, local, broadcast, multicast or anycast.
  case route(
    type: RouteType, interface: InterfaceIndex?, gateway: IPAddress?, source: IPAddress?,
    table: UInt32?)
  /// The lookup failed with this error: ENETUNREACH, EHOSTUNREACH (unreachable), EACCES (prohibit),
  /// EINVAL (blackhole; for arriving packets also reverse path and martians).
  case failure(ErrorNumber)
}

/// An entry of the ARP or ND table.
package struct Neighbour: Hashable, Sendable {
  /// Raw values are `NUD_*`.
  package struct State: OptionSet, Hashable, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }
    package static let incomplete = Self(rawValue: 0x01)
    package static let reachable = Self(rawValue: 0x02)
    package static let stale = Self(rawValue: 0x04)
    package static let delay = Self(rawValue: 0x08)
    package static let probe = Self(rawValue: 0x10)
    package static let failed = Self(rawValue: 0x20)
    package static let noARP = Self(rawValue: 0x40)
    package static let permanent = Self(rawValue: 0x80)
  }

  package var address: IPAddress
  package var interface: InterfaceIndex
  package var state: State
  package var hardwareAddress: [UInt8]

  package init(
    address: IPAddress, interface: InterfaceIndex, state: State, hardwareAddress: [UInt8] = []
  ) {
    self.address = address
    self.interface = interface
    self.state = state
    self.hardwareAddress = hardwareAddress
  }
}
