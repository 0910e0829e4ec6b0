internal import Kernel
internal import Model
internal import Probing
internal import Reporting

/// What happens to those who come to a temporary listener.
struct Entrance {
  let request: ListenRequest
  let names: GuestNames

  private var isShown: Bool { StandardStream.output.isTerminal && !request.isUnescaped }

  private var banner: [UInt8] { request.banner.map { Array($0.utf8) + [0x0d, 0x0a] } ?? [] }

  private func input() -> ByteStream? {
    request.readsInput ? try? ByteStream.standardInput() : nil
  }

  // MARK: One

  /// Takes connections: one, or all that come.
  func connections(_ listener: consuming Socket) throws -> ExitStatus {
    if request.keepsListening { return try keep(listener) }
    guard let (stream, peer) = try first(listener) else { return .interrupted }
    // The listener is closed by now: whoever comes second is refused, as with nc.
    Diagnostics.say("\(names.name(of: peer, withProgram: true)) connected")
    return try talk(stream, greeting: banner)
  }

  private func first(
    _ listener: consuming Socket
  ) throws -> (stream: ByteStream, peer: Endpoint?)? {
    var poller = try Poller(capacity: 4)
    try poller.followListener(listener, token: 0, isNew: true, isWanted: true)
    while !Interruption.isRequested {
      _ = try poller.wait(until: nil) { _, _ in }
      // It may be gone before we come to it (accept(2)).
      if let guest = try? listener.accept() { return guest }
    }
    return nil
  }

  private func talk(
    _ stream: ByteStream, greeting: [UInt8], received: [UInt8] = []
  ) throws -> ExitStatus {
    var settings = request.settings
    settings.isDatagram = request.isUDP
    settings.idleLimit = request.idleLimit
    settings.endsWithPeer = true
    var filter = isShown ? TerminalFilter() : nil
    let conversation = Conversation(
      input: input(), output: try ByteStream.standardOutput(), peer: stream, settings: settings,
      display: filter == nil ? nil : { filter?.shown($0) ?? $0 }, received: received)
    conversation.send(greeting)
    let end = try conversation.run { Interruption.isRequested }
    if let rest = filter?.rest() { StandardStream.output.write(rest) }
    let status = conversation.status
    if let error = status.outputFailure, error != .brokenPipe { return failed(error) }
    if end == .interrupted { return .interrupted }
    if let error = status.failure { Diagnostics.say("the connection broke: \(error)") }
    if request.isVerbose {
      Diagnostics.say("\(status.received) bytes received, \(status.sent) sent")
    }
    return .asWished
  }

  private func failed(_ error: ErrorNumber) -> ExitStatus {
    Diagnostics.say("what came could not be written: \(error)")
    return .unavailable
  }

  // MARK: All that come

  private func keep(_ listener: borrowing Socket) throws -> ExitStatus {
    var settings = Reception.Settings()
    settings.banner = banner
    settings.echoes = request.settings.echoes
    settings.isCRLF = request.settings.isCRLF
    settings.endsWritingAtEndOfInput = request.settings.endsWritingAtEndOfInput
    let display: (([UInt8]) -> [UInt8])? = isShown ? { Self.display($0) } : nil
    let reception = Reception(
      settings, input: input(), output: try ByteStream.standardOutput(),
      display: display, report: { tell($0) })
    try reception.run(listener) { Interruption.isRequested }
    if let error = reception.outputFailure, error != .brokenPipe { return failed(error) }
    return Interruption.isRequested ? .interrupted : .asWished
  }

  /// Of several peers each piece is made safe by itself: what one leaves open is not for another.
  private static func display(_ bytes: [UInt8]) -> [UInt8] {
    var filter = TerminalFilter()
    return filter.shown(bytes) + filter.rest()
  }

  private func tell(_ event: GuestEvent) {
    switch event {
    case .came(let peer):
      // Looking for the program takes longer than most connections do.
      Diagnostics.say("\(names.name(of: peer, withProgram: request.isVerbose)) connected")
    case .left(let peer, let received, let sent):
      guard request.isVerbose else { return }
      let name = names.name(of: peer, withProgram: false)
      Diagnostics.say("\(name) left: \(received) bytes received, \(sent) sent")
    case .stalled(let peer):
      let name = names.name(of: peer, withProgram: false)
      Diagnostics.say("\(name) does not take what it is sent, and was let go")
    case .shortage(let error):
      Diagnostics.say("no more connections for now: \(error)")
    }
  }

  // MARK: Datagrams

  /// Takes datagrams: those of the first sender, or all.
  func datagrams(_ socket: consuming Socket) throws -> ExitStatus {
    guard request.keepsListening else {
      let first = try DatagramReception.first(on: socket) { Interruption.isRequested }
      guard let (sender, bytes) = first else { return .interrupted }
      Diagnostics.say("\(names.name(of: sender, withProgram: true)) sends")
      var greeting = banner
      if request.settings.echoes { greeting += bytes }
      return try talk(ByteStream(socket), greeting: greeting, received: bytes)
    }
    var known: Set<Endpoint> = []
    var failure: ErrorNumber?
    let take = { (sender: Endpoint, bytes: [UInt8]) -> Bool in
      // So many that are remembered; beyond, each is told again.
      if known.count >= 10_000 { known.removeAll() }
      if known.insert(sender).inserted {
        Diagnostics.say("\(names.name(of: sender, withProgram: request.isVerbose)) sends")
      }
      failure = StandardStream.output.failureWriting(isShown ? Self.display(bytes) : bytes)
      return failure == nil
    }
    try DatagramReception.all(
      on: socket, echoes: request.settings.echoes, isInterrupted: { Interruption.isRequested },
      take)
    if let failure, failure != .brokenPipe { return failed(failure) }
    return Interruption.isRequested ? .interrupted : .asWished
  }
}
