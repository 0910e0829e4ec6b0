package import Kernel
internal import Model

/// Moves bytes between standard input, standard output and one peer until both sides have said all,
/// in the way of netcat-openbsd's `readwrite`.
///
/// Nothing blocks but a terminal or file that poll(2) called ready. What comes in while the other
/// end is slow waits in a bounded queue, and then in the kernel's.
package final class Conversation {
  private let input: ByteStream?
  private let output: ByteStream
  private let peer: ByteStream
  private let settings: SessionSettings
  private let console: (any SessionConsole)?
  private let display: (([UInt8]) -> [UInt8])?
  private var codec: SessionCodec
  private var typed = TypedInput()
  private var isMenuOpen = false
  private var isClosed = false

  private var isInputOpen: Bool
  private var isPeerReadable = true
  private var isPeerWritable = true
  private var isOutputOpen = true
  private var hasEndedWriting = false
  private var toPeer: ByteQueue
  private var toOutput: ByteQueue
  private var scratch: ByteQueue
  private var counts = SessionStatus()

  /// - Parameters:
  ///   - input: `nil` for none (`-d`).
  ///   - console: of a session whose input is a terminal.
  ///   - display: makes the peer's bytes safe to show on a terminal.
  ///   - received: what came from the peer already.
  package init(
    input: ByteStream?, output: ByteStream, peer: ByteStream, settings: SessionSettings,
    console: (any SessionConsole)? = nil, display: (([UInt8]) -> [UInt8])? = nil,
    received: [UInt8] = []
  ) {
    self.input = input
    self.output = output
    self.peer = peer
    self.settings = settings
    self.console = console
    self.display = display
    codec = SessionCodec(settings)
    isInputOpen = input != nil
    let size = settings.bufferSize
    toPeer = ByteQueue(capacity: size)
    // A datagram must not be cut short.
    toOutput = ByteQueue(capacity: max(size, 65_536))
    scratch = ByteQueue(capacity: 65_536)
    if !received.isEmpty { takeFromPeer(received) }
  }

  /// What has passed, and how things stand.
  package var status: SessionStatus {
    var status = counts
    status.isTelnet = codec.isTelnet
    status.isCRLF = codec.isCRLF
    status.hasPeerEnded = !isPeerReadable
    return status
  }

  /// Text for the peer ahead of all input: a banner.
  package func send(_ bytes: [UInt8]) {
    toPeer.append(bytes)
  }

  /// Runs the session to its end.
  ///
  /// - Throws: `KernelError` when nothing can be waited for.
  package func run(isInterrupted: () -> Bool) throws(KernelError) -> SessionEnd {
    settle()
    while !isOver {
      if isInterrupted() { return .interrupted }
      if isClosed { return .closed }
      if let interval = settings.interval { CurrentProcess.sleep(interval) }
      var entries = entries
      let deadline = settings.idleLimit.map { MonotonicTime.now + $0 }
      guard let count = try StreamPoll.wait(&entries, until: deadline) else { continue }
      if count == 0 { return .idle }
      handle(entries)
      settle()
    }
    if isInterrupted() { return .interrupted }
    if let lingers = settings.lingers, lingers > .zero { CurrentProcess.sleep(lingers) }
    return .finished
  }

  private var isOver: Bool {
    let isEmpty = toPeer.isEmpty && toOutput.isEmpty
    if !isInputOpen, !isPeerReadable, isEmpty { return true }
    if !isPeerWritable, !isOutputOpen { return true }
    return settings.endsWithPeer && !isPeerReadable && isEmpty && !hasInputNow
  }

  /// Whether more is there to be sent at once: a peer that has said all may still listen.
  private var hasInputNow: Bool {
    guard isInputOpen, isPeerWritable, let input else { return false }
    var entries = [StreamPoll.Entry(input, .readable)]
    return (try? StreamPoll.wait(&entries, until: .now)) ?? 0 > 0
  }

  /// Input, peer to read from, peer to write to, output; those without interest stay out, since a
  /// hang-up of theirs would be told again and again.
  private var entries: [StreamPoll.Entry] {
    // Datagrams come one at a time, each into an empty queue.
    let hasRoom = settings.isDatagram ? toOutput.isEmpty : !toOutput.isFull
    let reads = isPeerReadable && hasRoom && !isMenuOpen && !toPeerIsFlooded
    return [
      StreamPoll.Entry(isInputOpen && !toPeer.isFull ? input : nil, .readable),
      StreamPoll.Entry(reads ? peer : nil, .readable),
      StreamPoll.Entry(isPeerWritable ? peer : nil, toPeer.isEmpty ? [] : .writable),
      StreamPoll.Entry(isOutputOpen ? output : nil, toOutput.isEmpty ? [] : .writable),
    ]
  }

  /// A peer that makes us answer and does not read the answers is not read from either.
  private var toPeerIsFlooded: Bool { (codec.isTelnet || settings.echoes) && toPeer.isFull }

  private func handle(_ entries: [StreamPoll.Entry]) {
    guard entries.count == 4 else { return }
    let eventful: Readiness = [.readable, .hungUp, .failed]
    if !entries[0].ready.isDisjoint(with: eventful) { readInput() }
    if !entries[1].ready.isDisjoint(with: eventful) { readPeer() }
    if !entries[2].ready.isDisjoint(with: [.hungUp, .failed]), !settings.isDatagram {
      endWriting()
      isPeerWritable = false
    } else if !toPeer.isEmpty {
      // What was just read need not wait for another round: a socket does not block.
      writePeer()
    }
    if !entries[3].ready.isDisjoint(with: [.hungUp, .failed]) {
      isOutputOpen = false
    } else if entries[3].ready.contains(.writable) {
      writeOutput()
    }
  }

  /// Draws the consequences of what has ended.
  private func settle() {
    if !isPeerWritable { isInputOpen = false }
    if !isOutputOpen, isPeerReadable {
      peer.endReading()
      isPeerReadable = false
    }
    if !isInputOpen, toPeer.isEmpty, isPeerWritable {
      // Who echoes goes on writing as long as there is something to echo.
      if !settings.echoes || !isPeerReadable { endWriting() }
      // Answers and echoes still may have to go out.
      isPeerWritable = (codec.isTelnet || settings.echoes) && !hasEndedWriting
    }
    if !isPeerReadable, toOutput.isEmpty { isOutputOpen = false }
  }

  private func endWriting() {
    guard settings.endsWritingAtEndOfInput, !hasEndedWriting, isPeerWritable else { return }
    hasEndedWriting = true
    peer.endWriting()
  }
}

// MARK: Transfers

extension Conversation {
  private func readInput() {
    guard let input, isInputOpen else { return }
    do throws(KernelError) {
      if console == nil, codec.isPlainToSend {
        if try input.read(into: &toPeer) == 0 { isInputOpen = false }
        return
      }
      guard let count = try input.read(into: &scratch) else { return }
      let bytes = Array(scratch.bytes)
      scratch.clear()
      if count == 0 { isInputOpen = false } else { takeInput(bytes) }
    } catch {
      isInputOpen = false
    }
  }

  private func takeInput(_ bytes: [UInt8]) {
    guard let console else {
      toPeer.append(codec.encoded(bytes))
      return
    }
    for piece in typed.pieces(bytes) {
      switch piece {
      case .text(let text): toPeer.append(codec.encoded(text))
      case .openMenu:
        isMenuOpen = true
        console.openMenu()
      case .line(let line):
        perform(EscapeMenu.action(line), console)
        if isMenuOpen { console.closeMenu() }
        isMenuOpen = false
      }
    }
  }

  private func perform(_ action: EscapeMenu.Action, _ console: any SessionConsole) {
    switch action {
    case .close: isClosed = true
    case .send(let key): toPeer.append(codec.isTelnet ? TelnetParser.bytes(of: key) : [])
    case .sendEscape: toPeer.append([EscapeMenu.key])
    case .toggleLineEnding: codec.isCRLF.toggle()
    case .status, .suspend, .help, .resume, .unknown: break
    }
    console.perform(action, status)
  }

  private func readPeer() {
    do throws(KernelError) {
      if display == nil, !codec.looksAtReceived, !settings.echoes {
        let count = try peer.read(into: &toOutput)
        counts.received += count ?? 0
        if count == 0, !settings.isDatagram { isPeerReadable = false }
        return
      }
      guard let count = try peer.read(into: &scratch) else { return }
      let bytes = Array(scratch.bytes)
      scratch.clear()
      counts.received += count
      if count == 0, !settings.isDatagram { isPeerReadable = false } else { takeFromPeer(bytes) }
    } catch {
      breakOff(error)
    }
  }

  private func takeFromPeer(_ bytes: [UInt8]) {
    let (data, reply) = codec.received(bytes)
    if isPeerWritable { toPeer.append(settings.echoes ? reply + data : reply) }
    toOutput.append(display?(data) ?? data)
  }

  private func writePeer() {
    do throws(KernelError) {
      counts.sent += try peer.write(from: &toPeer) ?? 0
    } catch {
      counts.failure = error.errorNumber
      isPeerWritable = false
      toPeer.clear()
      // A refusal concerns both directions; what TCP has received can still be read.
      if settings.isDatagram { isPeerReadable = false }
    }
  }

  private func breakOff(_ error: KernelError) {
    counts.failure = error.errorNumber
    isPeerReadable = false
    isPeerWritable = false
    toPeer.clear()
  }

  private func writeOutput() {
    do throws(KernelError) {
      _ = try output.write(from: &toOutput)
    } catch {
      counts.outputFailure = error.errorNumber
      isOutputOpen = false
      toOutput.clear()
    }
  }
}
