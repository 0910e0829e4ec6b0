internal import Glibc
package import Model

/// One message of the kernel's own trace (`NFT_MSG_TRACE`), decoded here and not by `Kernel`: what
/// judges the program must not share its mistakes.
package struct KernelTraceEvent: Sendable {
  /// `enum nft_trace_types` (include/uapi/linux/netfilter/nf_tables.h).
  package enum Kind: UInt32, Sendable {
    case policy = 1
    case `return` = 2
    case rule = 3
  }

  package var id: UInt32 = 0
  package var kind: Kind?
  package var family: Family
  package var table = ""
  package var chain = ""
  package var handle: UInt64?
  package var verdict: Verdict?
  package var policy: UInt32?
  /// The headers, in the first message of a packet in each base chain.
  package var network: [UInt8] = []
  package var transport: [UInt8] = []

  /// Decodes one netlink message, header included; `nil` if it is none of the trace.
  init?(_ message: ArraySlice<UInt8>) {
    let start = message.startIndex
    // Type NFNL_SUBSYS_NFTABLES (10) and NFT_MSG_TRACE (17), then struct nfgenmsg.
    guard message.count >= 20, message[start + 4] == 17, message[start + 5] == 10 else {
      return nil
    }
    family = Family(rawValue: message[start + 16])
    Self.eachAttribute(message.dropFirst(20)) { kind, value in store(kind, value) }
  }

  /// The attributes NFTA_TRACE_*, by their numbers.
  private mutating func store(_ kind: UInt16, _ value: ArraySlice<UInt8>) {
    switch kind {
    case 1: table = Self.text(value)
    case 2: chain = Self.text(value)
    case 3: handle = Self.number(value)
    case 4: self.kind = Kind(rawValue: UInt32(truncatingIfNeeded: Self.number(value)))
    case 5: verdict = Self.verdict(value)
    case 6: id = UInt32(truncatingIfNeeded: Self.number(value))
    case 8: network = Array(value)
    case 9: transport = Array(value)
    case 16: policy = UInt32(truncatingIfNeeded: Self.number(value))
    default: break
    }
  }

  private static func verdict(_ bytes: ArraySlice<UInt8>) -> Verdict {
    var code: Int32 = 0
    var chain: String?
    eachAttribute(bytes) { kind, value in
      if kind == 1 { code = Int32(truncatingIfNeeded: number(value)) }
      if kind == 2 { chain = text(value) }
    }
    return Verdict(code: code, chain: chain)
  }

  static func eachAttribute(
    _ bytes: ArraySlice<UInt8>, _ body: (UInt16, ArraySlice<UInt8>) -> Void
  ) {
    var rest = bytes
    while rest.count >= 4 {
      let start = rest.startIndex
      let length = Int(rest[start]) | Int(rest[start + 1]) << 8
      guard length >= 4, length <= rest.count else { return }
      let kind = UInt16(rest[start + 2]) | UInt16(rest[start + 3] & 0x3f) << 8
      body(kind, rest.prefix(length).dropFirst(4))
      rest = rest.dropFirst((length + 3) & ~3)
    }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}

/// A netlink socket that hears the trace of one namespace.
final class KernelTraceSocket {
  private let socket: Int32
  private var buffer = [UInt8](repeating: 0, count: 65_536)

  /// Joins the trace group of the namespace that the calling thread is in.
  init() throws {
    // AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER.
    socket = Glibc.socket(16, 3 | Int32(O_CLOEXEC), 12)
    guard socket >= 0 else { throw FixtureError(call: "socket") }
    var size: Int32 = 16 << 20
    // SO_RCVBUFFORCE (33), as a burst of trace messages must not be lost.
    setsockopt(socket, SOL_SOCKET, 33, &size, 4)
    var address = [UInt8](repeating: 0, count: 12)
    address[0] = 16
    // SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, NFNLGRP_NFTRACE.
    var group: Int32 = 9
    guard SocketAddress.pass(address, to: { bind(socket, $0, $1) }) == 0,
      setsockopt(socket, 270, 1, &group, 4) == 0
    else {
      close(socket)
      throw FixtureError(call: "joining the trace group")
    }
  }

  deinit { close(socket) }

  /// What is there already, without waiting.
  func pending(into events: inout [KernelTraceEvent]) throws {
    while true {
      // MSG_DONTWAIT.
      let count = recv(socket, &buffer, buffer.count, 0x40)
      if count < 0, errno == EAGAIN { return }
      // A packet that goes round in circles until its TTL ends leaves more than fits.
      if count < 0, errno == ENOBUFS { continue }
      guard count > 0 else { throw FixtureError(call: "reading the trace") }
      decode(count, into: &events)
    }
  }

  /// Messages until none comes for `quiet` milliseconds; the first may take `patience`.
  func events(patience: Int32, quiet: Int32) throws -> [KernelTraceEvent] {
    var events: [KernelTraceEvent] = []
    var wait = patience
    while true {
      var polled = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
      guard poll(&polled, 1, wait) > 0 else { return events }
      wait = quiet
      try pending(into: &events)
    }
  }

  private func decode(_ count: Int, into events: inout [KernelTraceEvent]) {
    var rest = buffer[0..<count]
    while rest.count >= 16 {
      let start = rest.startIndex
      let length = Int(rest[start]) | Int(rest[start + 1]) << 8 | Int(rest[start + 2]) << 16
      guard length >= 16, length <= rest.count else { break }
      if let event = KernelTraceEvent(rest.prefix(length)) { events.append(event) }
      rest = rest.dropFirst((length + 3) & ~3)
    }
  }
}
