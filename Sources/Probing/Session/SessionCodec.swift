/// What stands between a user and the bytes on the wire: line ends, telnet.
package struct SessionCodec: Sendable {
  private var telnet: TelnetParser
  private var lineEnding: LineEnding
  private let isKeyByKey: Bool

  package init(_ settings: SessionSettings) {
    telnet = TelnetParser(settings.telnet, acceptsKeyByKey: settings.isKeyByKey)
    let isNVT = settings.telnet == .on && !settings.isKeyByKey
    lineEnding = LineEnding(isCRLF: settings.isCRLF || isNVT)
    isKeyByKey = settings.isKeyByKey
    looksAtReceived = settings.telnet != .off
  }

  /// Whether what the peer sends has to be looked at; otherwise it is data as it is.
  package let looksAtReceived: Bool
  /// Whether what is sent goes out as it is.
  package var isPlainToSend: Bool { !lineEnding.isCRLF && !telnet.isActive }
  package var isTelnet: Bool { telnet.isActive }

  /// Whether lines end with CR LF; telnet wants it so (RFC 854, *the end of line*).
  package var isCRLF: Bool {
    get { lineEnding.isCRLF }
    set { lineEnding.isCRLF = newValue }
  }

  /// Takes in what the peer sent: the data among it, and what is to be sent back.
  package mutating func received(
    _ bytes: some Collection<UInt8>
  ) -> (data: [UInt8], reply: [UInt8]) {
    let wasActive = telnet.isActive
    let result = telnet.receive(bytes)
    if telnet.isActive, !wasActive, !isKeyByKey { lineEnding.isCRLF = true }
    return result
  }

  /// What the user's bytes are on the wire.
  package mutating func encoded(_ bytes: [UInt8]) -> [UInt8] {
    telnet.encoded(lineEnding.converted(bytes), isKeyByKey: isKeyByKey)
  }
}
