import Model
import TestSupport
import Testing

@testable import Kernel

/// libnftnl decodes the same messages as our decoder does, and must find the same in them.
///
/// It is no part of the program, because it drops what it does not know: an expression from a newer
/// kernel would be missing from its rule, which would then match more than it does.
@Suite struct WitnessTests {
  @Test func agreesOnTheRichRuleset() throws {
    let comparison = try compare(recorded("nftables-rich"))
    #expect(comparison.differences == [])
    #expect(comparison.tables == 5)
    #expect(comparison.chains == 10)
    #expect(comparison.rules == 37)
    #expect(comparison.objects == 4)
    #expect(comparison.sets == 7)
    #expect(comparison.elements == 17)
    #expect(
      Set(comparison.expressions.keys) == [
        "bitwise", "byteorder", "cmp", "connlimit", "counter", "ct", "dup", "dynset", "exthdr",
        "fib", "fwd", "hash", "immediate", "limit", "log", "lookup", "masq", "meta", "nat",
        "notrack", "numgen", "objref", "osf", "payload", "range", "redir", "reject", "rt", "socket",
        "synproxy", "xfrm",
      ])
  }

  @Test func agreesOnWhatIptablesWrites() throws {
    let comparison = try compare(recorded("iptables-nft"))
    #expect(comparison.differences == [])
    #expect(comparison.rules == 11)
    #expect(comparison.expressions["match"] == 3)
    #expect(comparison.expressions["target"] == 5)
  }

  /// The same ruleset on the kernel that runs, and one rule of every kind that other tests use.
  @Test(.needsRoot, .needs("nft")) func agreesOnWhatThisKernelDumps() throws {
    let fixture = NamespaceFixture()
    defer { fixture.cleanUp() }
    let namespace = try fixture.addNamespace()
    let note = try TestFile.text("\(Repository.root)/Tests/KernelTests/Captures/nftables-rich.txt")
    var text = note.split(separator: "\n").drop { !$0.hasPrefix("table ") }.joined(separator: "\n")
    for (number, sample) in ExpressionCase.all.enumerated() {
      let table = "table \(sample.family) t {"
      text += "\ntable \(sample.family) t\(number) {" + sample.ruleset.dropFirst(table.count)
    }
    try namespace.loadRuleset(text)
    let comparison = try compare(namespace.inside { try dumpMessages() })
    #expect(comparison.differences == [])
    #expect(comparison.tables == 5 + ExpressionCase.all.count)
    #expect(comparison.rules >= 37 + ExpressionCase.all.count)
    #expect(Set(comparison.expressions.keys).isSuperset(of: ["quota", "range", "tproxy"]))
  }

  /// A witness who agrees to anything would prove nothing: of each rule one byte after another is
  /// changed, and where we decode another rule then, libnftnl, which has the true one, must object.
  @Test(arguments: ["nftables-rich", "iptables-nft"]) func noticesWhatIsDifferent(
    _ name: String
  ) throws {
    var changes = 0
    for message in try recorded(name) {
      guard let rule = try? rule(in: message) else { continue }
      for position in 20..<message.count {
        var other = message
        other[position] ^= 1
        // A few changes make a message that is malformed, or only change a comment's padding.
        guard let changed = try? self.rule(in: other), changed != rule else { continue }
        changes += 1
        var comparison = Comparison()
        try comparison.compare(other, witness: message)
        #expect(!comparison.differences.isEmpty, "\(rule.handle): byte \(position)")
      }
    }
    #expect(changes > 500)
  }

  private func rule(in message: [UInt8]) throws -> Rule? {
    var messages = NetlinkMessages(message.span)
    guard let decoded = try messages.next(), decoded.type == NftablesMessage.newRule.type else {
      return nil
    }
    return try Rule(decoded.nftablesAttributes())
  }

  private func compare(_ messages: [[UInt8]]) throws -> Comparison {
    var comparison = Comparison()
    for message in messages { try comparison.compare(message) }
    return comparison
  }

  private func recorded(_ name: String) throws -> [[UInt8]] {
    let bytes = try Capture(name).bytes
    var messages: [[UInt8]] = []
    var position = 0
    while position + 16 <= bytes.count {
      let length = (0..<4).reduce(0) { $0 | Int(bytes[position + $1]) << (8 * $1) }
      let end = min(bytes.count, position + (max(length, 16) + 3) & ~3)
      messages.append(Array(bytes[position..<end]))
      position = end
    }
    return messages
  }
}

/// Every message of the ruleset in the calling thread's network namespace.
private func dumpMessages() throws -> [[UInt8]] {
  var socket = try NetlinkSocket.nftables()
  var messages: [[UInt8]] = []
  var sets: [SetReference] = []
  func keep(_ message: borrowing NetlinkMessage) {
    messages.append(
      NetlinkRequest(type: message.type, header: message.payload.copy()).message(sequence: 1))
  }
  for get in [NftablesMessage.getTable, .getChain, .getRule, .getObject] {
    _ = try socket.dump(get.request(dump: true), "dumping") { keep($0) }
  }
  _ = try socket.dump(NftablesMessage.getSet.request(dump: true), "dumping") {
    (message) throws(KernelError) in
    keep(message)
    let attributes = try message.nftablesAttributes()
    sets.append(
      SetReference(
        family: try message.family(), table: attributes.payload(1).text(),
        name: attributes.payload(2).text()))
  }
  for set in sets {
    var request = NftablesMessage.getElement.request(set.family, dump: true)
    request.append(1, string: set.table)
    request.append(2, string: set.name)
    _ = try socket.dump(request, "dumping") { keep($0) }
  }
  return messages
}
