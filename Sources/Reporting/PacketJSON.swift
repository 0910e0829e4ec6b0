package import Model

/// Why a line of a batch is not understood.
package struct PacketJSONError: Error, Hashable, Sendable, CustomStringConvertible {
  package let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// The lines of a batch (contract.md, section 4): JSON objects that describe packets.
package enum BatchLine: Hashable, Sendable {
  /// - hasSource: false if `from` is missing; the source is then the unspecified address.
  case packet(PacketQuery, hasSource: Bool)
  /// `{"reload": true}`
  case reload

  /// Reads a line.
  ///
  /// - Throws: `PacketJSONError` with a sentence for people.
  package init(_ bytes: ArraySlice<UInt8>) throws(PacketJSONError) {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONReader.value(of: bytes)
    } catch {
      throw PacketJSONError("\(error)")
    }
    guard case .object(let members) = value else {
      throw PacketJSONError("a line must be a JSON object")
    }
    if members.contains(where: { $0.name == "reload" }) {
      guard members.count == 1, members.first?.value == .bool(true) else {
        throw PacketJSONError("reload takes true, and stands alone")
      }
      self = .reload
      return
    }
    let (query, hasSource) = try PacketJSON(members: members, depth: 0).read()
    self = .packet(query, hasSource: hasSource)
  }
}

/// Turns the members of a JSON object into a packet.
struct PacketJSON {
  /// In any order; each key at most once.
  private var members: [JSONMember]
  private let depth: Int
  private var query = PacketQuery(
    transport: .tcp, source: Endpoint(.anyV4), destination: Endpoint(.anyV4))
  private var source: Endpoint?
  private var destination: Endpoint?
  private var transport: TransportProtocol?
  private var hasDirection = false

  init(members: [JSONMember], depth: Int) {
    self.members = members
    self.depth = depth
    query.isConntrackStateGiven = false
  }

  /// - Throws: `PacketJSONError` for a key that is not known, a value that does not suit, and where
  ///   something is missing.
  consuming func read() throws(PacketJSONError) -> (query: PacketQuery, hasSource: Bool) {
    var reader = self
    for member in reader.members where member.value != .null {
      let field = PacketField(name: member.name, value: member.value)
      if try reader.setPlace(field) { continue }
      if try reader.setCircumstance(field) { continue }
      if try reader.setHeader(field) { continue }
      if try reader.setDetail(field) { continue }
      throw PacketJSONError("\"\(member.name)\" is not a key of a packet")
    }
    return try reader.complete()
  }

  // MARK: Keys

  private mutating func setPlace(_ field: PacketField) throws(PacketJSONError) -> Bool {
    switch field.name {
    case "protocol": transport = try field.transport()
    case "from": source = try field.endpoint()
    case "to": destination = try field.endpoint()
    case "in": query.inputInterface = try field.text()
    case "out": query.outputInterface = try field.text()
    case "frame": query.frame = try field.bytes()
    default: return false
    }
    return true
  }

  private mutating func setCircumstance(_ field: PacketField) throws(PacketJSONError) -> Bool {
    switch field.name {
    case "ctState":
      query.conntrackState = try field.conntrackState()
      query.isConntrackStateGiven = true
    case "ctDirection":
      query.conntrackDirection = try field.choice(["original": .original, "reply": .reply])
      hasDirection = true
    case "ctMark": query.conntrackMark = try field.number()
    case "mark": query.mark = try field.number()
    case "uid": query.userID = try field.number()
    case "gid": query.groupID = try field.number()
    case "pkttype": query.details.packetType = try field.packetType()
    case "etherFrom": query.details.etherSource = try field.hardwareAddress()
    case "crafted": query.details.isCrafted = try field.flag()
    case "about":
      guard case .object(let members) = field.value, depth == 0 else {
        throw field.error("a packet")
      }
      query.details.quote = .packet(try quoted(members))
    default: return false
    }
    return true
  }

  private func quoted(_ members: [JSONMember]) throws(PacketJSONError) -> PacketQuery {
    let (query, hasSource) = try PacketJSON(members: members, depth: depth + 1).read()
    guard hasSource else { throw PacketJSONError("the packet in \"about\" has no \"from\"") }
    return query
  }

  private mutating func setHeader(_ field: PacketField) throws(PacketJSONError) -> Bool {
    switch field.name {
    case "ttl": query.ttl = try field.number()
    case "dscp": query.dscp = try field.number(upTo: 63)
    case "ecn": query.ecn = try field.number(upTo: 3)
    case "tcpFlags": query.tcpFlags = try field.tcpFlags()
    case "tcpOptions": query.tcpOptions = try field.bytes(upTo: 40)
    case "mss": query.details.maximumSegment = try field.number()
    case "icmpType": query.icmpType = try field.number()
    case "icmpCode": query.icmpCode = try field.number()
    case "icmpId": query.details.icmpID = try field.number()
    case "icmpSequence": query.details.icmpSequence = try field.number()
    case "payload": query.payload = try field.bytes()
    default: return false
    }
    return true
  }

  private mutating func setDetail(_ field: PacketField) throws(PacketJSONError) -> Bool {
    switch field.name {
    case "ipId": query.details.identification = try field.number()
    case "ipOptions": query.details.ipOptions = try field.bytes(upTo: 40)
    case "fragment": query.details.fragment = try fragment(field)
    case "extensions": query.details.extensions = try field.extensions()
    default: return false
    }
    return true
  }

  /// `{"offset": BYTES, "more": true, "id": N}`, or the offset alone.
  private mutating func fragment(
    _ field: PacketField
  ) throws(PacketJSONError) -> PacketDetails.Fragment? {
    if case .bool(let isFragment) = field.value {
      return isFragment ? PacketDetails.Fragment(offset: 0, hasMore: true) : nil
    }
    guard case .object(let members) = field.value else {
      return PacketDetails.Fragment(offset: try field.fragmentOffset(), hasMore: true)
    }
    var fragment = PacketDetails.Fragment(offset: 0, hasMore: false)
    for member in members where member.value != .null {
      let part = PacketField(name: member.name, value: member.value)
      switch member.name {
      case "offset": fragment.offset = try part.fragmentOffset()
      case "more": fragment.hasMore = try part.flag()
      case "id": query.details.identification = try part.number()
      default: throw PacketJSONError("\"\(member.name)\" is not a key of a fragment")
      }
    }
    return fragment
  }

  // MARK: The whole

  private func complete() throws(PacketJSONError) -> (PacketQuery, Bool) {
    var query = query
    var (transport, source, destination) = (transport, source, destination)
    if let frame = query.frame {
      guard frame.count >= 14 else { throw PacketJSONError("frame is shorter than its header") }
      let summary = FrameSummary(frame)
      transport = transport ?? summary.transport
      source = source ?? summary.source
      destination = destination ?? summary.destination
    }
    guard let destination else { throw PacketJSONError("\"to\" is missing") }
    let known = transport ?? .tcp
    let from = source ?? Endpoint(destination.address.family == .v4 ? .anyV4 : .anyV6)
    guard from.address.family == destination.address.family else {
      throw PacketJSONError("\"from\" and \"to\" are not of one IP version")
    }
    if query.frame == nil {
      if known.hasPorts, destination.port == nil { throw PacketJSONError("\"to\" has no port") }
      if !known.hasPorts, destination.port != nil || from.port != nil {
        throw PacketJSONError("\(known) has no ports")
      }
    }
    query.transport = known
    query.source = from
    query.destination = destination
    if known != .udp, known != .tcp || query.tcpFlags != .syn {
      // Only a SYN and a datagram are what an ordinary socket sends.
      query.details.isCrafted = true
    }
    if case .packet(let quoted)? = query.details.quote, !hasDirection {
      // The error goes back to whoever sent the packet that it quotes.
      query.conntrackDirection = quoted.conntrackDirection == .original ? .reply : .original
    }
    return (query, source != nil)
  }
}
