import Testing

@testable import Probing

/// Telnet's commands are taken out and refused, whatever the pieces they come in.
struct TelnetParserTests {
  private static let (iac, will, wont, doIt, dont): (UInt8, UInt8, UInt8, UInt8, UInt8) =
    (255, 251, 252, 253, 254)

  /// Both the whole at once and byte by byte must give the same.
  private func receive(
    _ bytes: [UInt8], _ mode: TelnetParser.Mode, keyByKey: Bool = false
  ) -> (data: [UInt8], reply: [UInt8], isActive: Bool) {
    var whole = TelnetParser(mode, acceptsKeyByKey: keyByKey)
    let result = whole.receive(bytes)
    var single = TelnetParser(mode, acceptsKeyByKey: keyByKey)
    var (data, reply): ([UInt8], [UInt8]) = ([], [])
    for byte in bytes {
      let part = single.receive([byte])
      data += part.data
      reply += part.reply
    }
    #expect(data == result.data)
    #expect(reply == result.reply)
    #expect(single.isActive == whole.isActive)
    return (result.data, result.reply, whole.isActive)
  }

  @Test func offersAndDemandsAreRefused() {
    let result = receive(
      [Self.iac, Self.will, 1, 0x61, Self.iac, Self.doIt, 24, 0x62], .whenNegotiated)
    #expect(result.data == [0x61, 0x62])
    #expect(result.reply == [Self.iac, Self.dont, 1, Self.iac, Self.wont, 24])
    #expect(result.isActive)
  }

  @Test func whatIsOffAlreadyNeedsNoAnswer() {
    let result = receive([Self.iac, Self.wont, 1, Self.iac, Self.dont, 3], .on)
    #expect(result.reply.isEmpty)
  }

  @Test func aPeerThatInsistsIsNotAnsweredForEver() {
    var parser = TelnetParser(.on)
    var answered = 0
    for _ in 0..<10_000 { answered += parser.receive([Self.iac, Self.will, 1]).reply.count }
    #expect(answered == 16 * 3)
  }

  @Test func aTerminalOfKeysLetsThePeerEcho() {
    var parser = TelnetParser(.on, acceptsKeyByKey: true)
    #expect(parser.receive([Self.iac, Self.will, 1]).reply == [Self.iac, Self.doIt, 1])
    #expect(parser.peerEchoes)
    #expect(parser.receive([Self.iac, Self.will, 1]).reply.isEmpty)
    #expect(parser.receive([Self.iac, Self.wont, 1]).reply == [Self.iac, Self.dont, 1])
    #expect(!parser.peerEchoes)
    #expect(parser.receive([Self.iac, Self.wont, 1]).reply.isEmpty)
  }

  @Test func subnegotiationsAndOtherCommandsVanish() {
    let bytes: [UInt8] =
      [0x61, Self.iac, 250, 24, 1, Self.iac, Self.iac, 5, Self.iac, 240, 0x62, Self.iac, 241]
      + [Self.iac, 249, 0x63]
    #expect(receive(bytes, .on).data == Array("abc".utf8))
  }

  @Test func aDoubled255IsOne() {
    #expect(receive([Self.iac, Self.iac, 0x61], .on).data == [255, 0x61])
  }

  @Test func carriageReturnsAreComplete() {
    #expect(
      receive([0x0d, 0, 0x61, 0x0d, 0x0a, 0x0d, 0x0d, 0], .on).data
        == [0x0d, 0x61, 0x0d, 0x0a, 0x0d, 0x0d])
  }

  @Test func withoutNegotiationEveryByteIsData() {
    let bytes: [UInt8] = [255, 255, 240, 255, 0, 13, 0, 255, 250, 1]
    #expect(receive(bytes, .off).data == bytes)
    let looking = receive(bytes + [0x61], .whenNegotiated)
    #expect(looking.data == bytes + [0x61])
    #expect(!looking.isActive)
  }

  @Test func sentBytesAreDoubledOnlyInTelnet() {
    #expect(TelnetParser(.off).encoded([255, 13]) == [255, 13])
    #expect(TelnetParser(.on).encoded([255, 13]) == [255, 255, 13])
    #expect(TelnetParser(.on).encoded([13], isKeyByKey: true) == [13, 0])
  }

  /// Whatever comes, answers stay bounded: 256 options, two directions, 16 refusals of 3 bytes.
  @Test func randomBytesEndInFewAnswers() {
    var generator = SystemRandomNumberGenerator()
    var parser = TelnetParser(.on, acceptsKeyByKey: true)
    var answered = 0
    for _ in 0..<200 {
      let bytes = (0..<1000).map { _ in
        Bool.random(using: &generator) ? 255 : UInt8.random(in: 240...255, using: &generator)
      }
      answered += parser.receive(bytes).reply.count
    }
    #expect(answered <= 256 * 2 * 16 * 3 + 200_000 / 3)
  }
}
