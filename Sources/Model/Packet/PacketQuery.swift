/// A packet to be asked about, in the words of the contract's *Batch* table.
///
/// Fields left at their defaults describe an ordinary first packet: a SYN, a datagram, an echo
/// request.
package struct PacketQuery: Hashable, Sendable {
  package var transport: TransportProtocol
  package var source: Endpoint
  package var destination: Endpoint
  /// The device it arrives on; `nil` for this host's own output.
  package var inputInterface: String?
  /// The device that the sending socket is bound to, for own output.
  package var outputInterface: String?
  package var tcpFlags: TCPFlags
  package var conntrackState: ConntrackState
  /// Whether somebody said so: otherwise a packet that no connection can begin with is not `new`.
  package var isConntrackStateGiven = true
  package var conntrackDirection: ConntrackDirection
  package var conntrackMark: UInt32
  /// Of the sending socket (own output), or on the arriving packet.
  package var mark: UInt32
  package var userID: UInt32
  /// `nil` when it is not known.
  package var groupID: UInt32?
  /// Who sends it.
  package var ownership: Ownership
  package var icmpType: UInt8?
  package var icmpCode: UInt8
  package var ttl: UInt8?
  package var dscp: UInt8
  package var ecn: UInt8
  package var payload: [UInt8]
  /// TCP options as they stand in the header; `nil` for the contract's defaults.
  package var tcpOptions: [UInt8]?
  /// Bytes from the Ethernet header on: overrides every header field.
  package var frame: [UInt8]?
  /// What is less often said of a packet.
  package var details: PacketDetails

  /// Whose packet it is.
  package enum Ownership: Hashable, Sendable {
    /// A user's socket here, if it is an own packet; of an arriving one, the contract's defaults
    /// hold.
    case socket
    /// This host's kernel, in answer to something: nobody owns it.
    case kernel
    /// An ordinary host elsewhere. What its kernel chooses is not known, nor, unless it is on the
    /// link, how much of the TTL is left.
    case stranger(isOnLink: Bool)
  }

  package init(
    transport: TransportProtocol, source: Endpoint, destination: Endpoint,
    inputInterface: String? = nil, outputInterface: String? = nil, tcpFlags: TCPFlags = .syn,
    conntrackState: ConntrackState = .new, conntrackDirection: ConntrackDirection = .original,
    conntrackMark: UInt32 = 0, mark: UInt32 = 0, userID: UInt32 = 0, groupID: UInt32? = 0,
    ownership: Ownership = .socket, icmpType: UInt8? = nil, icmpCode: UInt8 = 0, ttl: UInt8? = nil,
    dscp: UInt8 = 0,
    ecn: UInt8 = 0, payload: [UInt8] = [], tcpOptions: [UInt8]? = nil, frame: [UInt8]? = nil,
    details: PacketDetails = PacketDetails()
  ) {
    self.transport = transport
    self.source = source
    self.destination = destination
    self.inputInterface = inputInterface
    self.outputInterface = outputInterface
    self.tcpFlags = tcpFlags
    self.conntrackState = conntrackState
    self.conntrackDirection = conntrackDirection
    self.conntrackMark = conntrackMark
    self.mark = mark
    self.userID = userID
    self.groupID = groupID
    self.ownership = ownership
    self.icmpType = icmpType
    self.icmpCode = icmpCode
    self.ttl = ttl
    self.dscp = dscp
    self.ecn = ecn
    self.payload = payload
    self.tcpOptions = tcpOptions
    self.frame = frame
    self.details = details
  }
}
