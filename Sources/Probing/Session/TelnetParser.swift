/// The telnet protocol on a stream of bytes (RFC 854): takes commands out of what the peer sends,
/// and answers its negotiation by refusing, which every server has to put up with.
///
/// A pure state machine. The answers follow RFC 1143: one that would change nothing is not sent,
/// and of refusals there is an end, so that no peer can keep it answering for ever.
package struct TelnetParser: Sendable {
  /// When commands are looked for.
  package enum Mode: Hashable, Sendable {
    /// Never: every byte is data.
    case off
    /// From the first IAC WILL, WONT, DO or DONT on.
    case whenNegotiated
    /// Always.
    case on
  }

  /// Bytes with a meaning (RFC 854, page 14).
  enum Code {
    static let subnegotiationEnd: UInt8 = 240
    static let breakKey: UInt8 = 243
    static let interruptProcess: UInt8 = 244
    static let areYouThere: UInt8 = 246
    static let subnegotiation: UInt8 = 250
    static let will: UInt8 = 251
    static let wont: UInt8 = 252
    static let doIt: UInt8 = 253
    static let dont: UInt8 = 254
    static let command: UInt8 = 255
  }

  private enum State: Sendable {
    case data
    /// Behind a carriage return, which a NUL or a line feed completes.
    case carriageReturn
    case command
    case negotiation(UInt8)
    case subnegotiation
    case subnegotiationCommand
  }

  /// ECHO (RFC 857) and SUPPRESS-GO-AHEAD (RFC 858): with both the server works key by key.
  private static let keyByKey: Set<UInt8> = [1, 3]
  /// Refusals of one option in one direction; a peer that asks more often is not answered.
  private static let refusalLimit = 16

  /// Whether telnet is spoken: then data has to be encoded for the peer.
  package private(set) var isActive: Bool
  /// Whether the peer echoes what it gets.
  package var peerEchoes: Bool { enabled.contains(1) }
  private let isLooking: Bool
  private let acceptsKeyByKey: Bool
  private var state = State.data
  /// Options that the peer has switched on with our leave.
  private var enabled: Set<UInt8> = []
  private var refusals: [UInt16: Int] = [:]

  /// - Parameter acceptsKeyByKey: let the peer echo, for a terminal that does not.
  package init(_ mode: Mode, acceptsKeyByKey: Bool = false) {
    isActive = mode == .on
    isLooking = mode != .off
    self.acceptsKeyByKey = acceptsKeyByKey
  }

  /// Takes in what the peer sent.
  ///
  /// - Returns: the data among it, and what is to be sent back.
  package mutating func receive(
    _ bytes: some Collection<UInt8>
  ) -> (data: [UInt8], reply: [UInt8]) {
    guard isLooking else { return (Array(bytes), []) }
    var data: [UInt8] = []
    var reply: [UInt8] = []
    data.reserveCapacity(bytes.count)
    for byte in bytes { take(byte, &data, &reply) }
    return (data, reply)
  }

  private mutating func take(_ byte: UInt8, _ data: inout [UInt8], _ reply: inout [UInt8]) {
    switch state {
    case .carriageReturn where byte == 0:
      // CR NUL is a carriage return alone.
      state = .data
    case .data, .carriageReturn:
      state = .data
      if byte == Code.command {
        state = .command
      } else {
        data.append(byte)
        if byte == 0x0d, isActive { state = .carriageReturn }
      }
    case .command: takeCommand(byte, &data)
    case .negotiation(let verb):
      state = .data
      answer(verb, byte, &reply)
    case .subnegotiation:
      if byte == Code.command { state = .subnegotiationCommand }
    case .subnegotiationCommand:
      // Its content is about options that were refused.
      state = byte == Code.subnegotiationEnd ? .data : .subnegotiation
    }
  }

  private mutating func takeCommand(_ byte: UInt8, _ data: inout [UInt8]) {
    state = .data
    switch byte {
    case Code.will...Code.dont:
      isActive = true
      state = .negotiation(byte)
    case _ where !isActive:
      // No telnet after all.
      data += [Code.command]
      if byte == Code.command { state = .command } else { data.append(byte) }
    case Code.command: data.append(byte)
    case Code.subnegotiation: state = .subnegotiation
    default: break
    }
  }

  private mutating func answer(_ verb: UInt8, _ option: UInt8, _ reply: inout [UInt8]) {
    switch verb {
    case Code.will where enabled.contains(option): break
    case Code.will where acceptsKeyByKey && Self.keyByKey.contains(option):
      enabled.insert(option)
      reply += [Code.command, Code.doIt, option]
    case Code.will: refuse(Code.dont, option, &reply)
    case Code.wont:
      // What is off already needs no answer (RFC 1143, section 7).
      if enabled.remove(option) != nil { reply += [Code.command, Code.dont, option] }
    case Code.doIt: refuse(Code.wont, option, &reply)
    default: break
    }
  }

  private mutating func refuse(_ verb: UInt8, _ option: UInt8, _ reply: inout [UInt8]) {
    let key = UInt16(verb) << 8 | UInt16(option)
    let count = refusals[key, default: 0]
    guard count < Self.refusalLimit else { return }
    refusals[key] = count + 1
    reply += [Code.command, verb, option]
  }

  /// What the bytes look like on the wire: as they are unless telnet is spoken; then 255 is
  /// doubled, and a carriage return alone gets its NUL.
  ///
  /// - Parameter isKeyByKey: whether a carriage return is a key typed, not part of a line end.
  package func encoded(_ bytes: [UInt8], isKeyByKey: Bool = false) -> [UInt8] {
    guard isActive else { return bytes }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    for byte in bytes {
      result.append(byte)
      if byte == Code.command { result.append(byte) }
      if byte == 0x0d, isKeyByKey { result.append(0) }
    }
    return result
  }

  /// Functions of the NVT keyboard that a user can ask for.
  package enum Key: Sendable {
    case breakKey
    case interrupt
    case areYouThere
  }

  /// The command for a key.
  package static func bytes(of key: Key) -> [UInt8] {
    switch key {
    case .breakKey: [Code.command, Code.breakKey]
    case .interrupt: [Code.command, Code.interruptProcess]
    case .areYouThere: [Code.command, Code.areYouThere]
    }
  }
}
