package import Model

/// How a session goes; the words are nc's.
package struct SessionSettings: Sendable {
  /// `-N`: the end of the input is told to the peer.
  package var endsWritingAtEndOfInput = false
  /// `-w`: the session ends when nothing moves for so long.
  package var idleLimit: Duration?
  /// `-i`: a pause before each transfer.
  package var interval: Duration?
  /// `-q`: how long to stay when all is over.
  package var lingers: Duration?
  /// `-l`, and a terminal: the session is over as soon as the peer has said all.
  package var endsWithPeer = false
  /// Sends back what comes.
  package var echoes = false
  /// Whether reads must keep to datagrams.
  package var isDatagram = false
  /// `-C`.
  package var isCRLF = false
  package var telnet = TelnetParser.Mode.off
  /// A terminal that hands over every key.
  package var isKeyByKey = false

  package init() {}

  /// Bytes on their way in one direction. A datagram is cut where nc cuts it, at 16 KiB.
  var bufferSize: Int { isDatagram ? 16_384 : 131_072 }
}

/// Why a session is over.
package enum SessionEnd: Hashable, Sendable {
  /// Both sides have said all, or there is nobody left to tell.
  case finished
  /// Nothing moved for as long as `-w` allows.
  case idle
  /// The menu's `close`.
  case closed
  case interrupted
}

/// What has passed so far.
package struct SessionStatus: Hashable, Sendable {
  package var sent = 0
  package var received = 0
  package var isTelnet = false
  package var isCRLF = false
  /// Whether the peer has said that nothing more will come.
  package var hasPeerEnded = false
  /// Why the connection broke, if it did.
  package var failure: ErrorNumber?
  /// Why standard output could not be written.
  package var outputFailure: ErrorNumber?
}
