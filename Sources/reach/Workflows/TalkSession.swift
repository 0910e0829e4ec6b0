internal import Kernel
internal import Model
internal import Probing
internal import Reporting

/// A session from request to exit status: connects, moves bytes, and says why where that fails.
struct TalkSession {
  let request: TalkRequest

  init(_ request: TalkRequest) {
    self.request = request
  }

  /// - Throws: `ExitStatus`, always.
  func run() throws {
    do {
      let connection = try TalkDialing(request: request).connect()
      if request.check.isVerbose { Diagnostics.say("connected to \(connection.name)") }
      if request.onlyConnects { throw ExitStatus.asWished }
      // A peer may say anything, and nothing of this host is read any more; why a datagram was
      // refused is the exception.
      if !request.check.isUDP { try Privilege.dropAllCapabilities() }
      throw try talk(over: connection)
    } catch let error as CheckFailure {
      Diagnostics.say(error.message)
      throw error.status
    } catch let error as KernelError {
      Diagnostics.say("\(error)")
      throw ExitStatus.unavailable
    }
  }

  private func talk(over connection: TalkDialing.Connection) throws -> ExitStatus {
    let isTyped = request.readsInput && TerminalMode.keep()
    let isShown = StandardStream.output.isTerminal
    var settings = request.settings
    settings.isDatagram = request.check.isUDP
    settings.idleLimit = request.limitsSilence ? request.check.timeout : nil
    // Nobody wants to type a line to learn that the peer has gone.
    settings.endsWithPeer = isTyped
    settings.isKeyByKey = isTyped && request.isRaw
    settings.telnet = telnet(connection.port, isInteractive: isTyped && isShown)
    let console =
      isTyped ? TalkConsole(peer: connection.name, isRaw: request.isRaw) : nil
    var filter = isShown && !request.isUnescaped ? TerminalFilter() : nil
    let conversation = Conversation(
      input: request.readsInput ? try? ByteStream.standardInput() : nil,
      output: try ByteStream.standardOutput(), peer: connection.stream, settings: settings,
      console: console, display: filter == nil ? nil : { filter?.shown($0) ?? $0 },
      received: connection.received)
    if isTyped {
      Diagnostics.say("connected to \(connection.name); the escape key is Ctrl-]")
    }
    console?.begin()
    defer { console?.end() }
    let end = try conversation.run { Interruption.isRequested }
    if let rest = filter?.rest() { StandardStream.output.write(rest) }
    return try status(end, conversation.status, isTyped)
  }

  private func telnet(_ port: Port?, isInteractive: Bool) -> TelnetParser.Mode {
    if request.check.isUDP { return .off }
    if let telnet = request.telnet { return telnet ? .on : .off }
    // What is piped is never touched unasked.
    guard isInteractive else { return .off }
    return port == Port(23) ? .on : .whenNegotiated
  }

  private func status(
    _ end: SessionEnd, _ status: SessionStatus, _ isTyped: Bool
  ) throws -> ExitStatus {
    if let error = status.outputFailure, error != .brokenPipe {
      Diagnostics.say("what came could not be written: \(error)")
      return .unavailable
    }
    switch end {
    case .interrupted: return .interrupted
    case .closed, .idle: return .asWished
    case .finished: break
    }
    if let error = status.failure {
      if request.check.isUDP, status.received == 0 {
        return try TalkDialing(request: request).explainRefusal()
      }
      // As with nc, that is no failure of the session.
      Diagnostics.say("the connection broke: \(error)")
    } else if isTyped {
      Diagnostics.say("the peer closed the connection")
    }
    return .asWished
  }
}
