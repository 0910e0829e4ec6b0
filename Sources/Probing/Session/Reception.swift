package import Kernel
package import Model

/// Receives any number of connections at once (`listen -k`): what they say goes to standard output,
/// what standard input says goes to all that are there.
///
/// One thread, one epoll set. No peer can hold the others up: each is read a piece at a time, and
/// one that does not take what it is sent is let go. Only standard output may make all of them
/// wait.
package final class Reception {
  /// How it treats those who come.
  package struct Settings: Sendable {
    /// Sent to everybody first.
    package var banner: [UInt8] = []
    package var echoes = false
    /// `-N`: the end of the input is told to the peers.
    package var endsWritingAtEndOfInput = false
    /// `-C`.
    package var isCRLF = false
    /// How long a peer may not take what it is sent.
    package var stallLimit = Duration.seconds(30)

    package init() {}
  }

  private enum Token {
    static let listener: UInt64 = 0
    static let input: UInt64 = 1
    static let firstGuest: UInt64 = 2
  }

  /// Connections taken in one round, so that those who are there have their turn.
  private static let roundLimit = 512

  private let settings: Settings
  private let input: ByteStream?
  private let output: ByteStream
  private let display: (([UInt8]) -> [UInt8])?
  private let report: (GuestEvent) -> Void
  private var guests: [UInt64: Guest] = [:]
  private var nextToken = Token.firstGuest
  private var toOutput = ByteQueue(capacity: 262_144)
  private var scratch = ByteQueue(capacity: 65_536)
  private var lineEnding: LineEnding
  private var isInputOpen: Bool
  private var isInputWatched = false
  /// A file, which epoll does not take and which is always ready.
  private var isInputFile = false
  /// Guests for whom something waits.
  private var waiting: Set<UInt64> = []
  /// Until when no connection is taken, for want of descriptors or memory.
  private var shortUntil: MonotonicTime?
  private var isShortageTold = false
  private var nextCheck = MonotonicTime.now
  private var isOutputOpen = true

  /// Why standard output could not be written.
  package private(set) var outputFailure: ErrorNumber?

  /// - Parameters:
  ///   - input: `nil` for none.
  ///   - display: makes bytes safe to show on a terminal.
  ///   - report: is told of those who come and go.
  package init(
    _ settings: Settings, input: ByteStream?, output: ByteStream,
    display: (([UInt8]) -> [UInt8])?, report: @escaping (GuestEvent) -> Void
  ) {
    self.settings = settings
    self.input = input
    self.output = output
    self.display = display
    self.report = report
    isInputOpen = input != nil
    lineEnding = LineEnding(isCRLF: settings.isCRLF)
  }

  /// Receives until it is interrupted, or nobody reads standard output any more.
  ///
  /// - Throws: `KernelError` when nothing can be waited for.
  package func run(
    _ listener: borrowing Socket, isInterrupted: () -> Bool
  ) throws(KernelError) {
    var poller = try Poller(capacity: 512)
    try poller.followListener(listener, token: Token.listener, isNew: true, isWanted: true)
    while isOutputOpen, !isInterrupted() {
      var events: [(token: UInt64, ready: Readiness)] = []
      try watchInput(poller)
      _ = try poller.wait(until: deadline) { events.append(($0, $1)) }
      for event in events {
        switch event.token {
        case Token.listener: try accept(listener, poller)
        case Token.input: readInput(poller)
        default: serve(event.token, event.ready, poller)
        }
      }
      if isInputFile, wantsInput { readInput(poller) }
      let now = MonotonicTime.now
      if now >= nextCheck { letGoOfStalled(at: now, poller) }
      if let end = shortUntil, now >= end {
        shortUntil = nil
        try poller.followListener(listener, token: Token.listener, isNew: false, isWanted: true)
      }
      try flush(isInterrupted)
    }
  }

  /// The next moment at which something is to be done unasked.
  private var deadline: MonotonicTime? {
    if isInputFile, wantsInput { return .now }
    if let shortUntil { return shortUntil }
    return waiting.isEmpty ? nil : nextCheck
  }

  // MARK: Coming and going

  private func accept(_ listener: borrowing Socket, _ poller: borrowing Poller) throws(KernelError)
  {
    for _ in 0..<Self.roundLimit {
      do throws(KernelError) {
        guard let (stream, peer) = try listener.accept() else { return }
        isShortageTold = false
        welcome(stream, peer, poller)
      } catch {
        guard let number = error.errorNumber, number.isShortage else {
          // It was gone before we came to it (accept(2)).
          continue
        }
        if !isShortageTold { report(.shortage(number)) }
        isShortageTold = true
        // Level-triggered, it would be told again and again.
        shortUntil = .now + .milliseconds(100)
        try poller.followListener(listener, token: Token.listener, isNew: false, isWanted: false)
        return
      }
    }
  }

  private func welcome(_ stream: ByteStream, _ peer: Endpoint?, _ poller: borrowing Poller) {
    let guest = Guest(stream, peer)
    let token = nextToken
    nextToken &+= 1
    guests[token] = guest
    report(.came(peer: peer))
    guest.toPeer.append(settings.banner)
    guest.write()
    settle(guest, token, poller)
  }

  private func settle(_ guest: Guest, _ token: UInt64, _ poller: borrowing Poller) {
    if !isInputOpen, settings.endsWritingAtEndOfInput, !settings.echoes, guest.toPeer.isEmpty,
      !guest.hasEndedWriting
    {
      guest.hasEndedWriting = true
      guest.stream.endWriting()
    }
    if guest.isDone || guest.toPeer.isEmpty {
      waiting.remove(token)
    } else {
      waiting.insert(token)
    }
    if !guest.isDone {
      var interest: Readiness = []
      if guest.isReadable, !(settings.echoes && guest.toPeer.isFull) { interest.insert(.readable) }
      if !guest.toPeer.isEmpty { interest.insert(.writable) }
      if guest.interest == interest { return }
      do throws(KernelError) {
        try poller.follow(
          guest.stream, for: interest, token: token, isNew: guest.interest == nil)
        guest.interest = interest
        return
      } catch {
        guest.isBroken = true
      }
    }
    guests[token] = nil
    waiting.remove(token)
    report(.left(peer: guest.endpoint, received: guest.received, sent: guest.sent))
  }

  private func letGoOfStalled(at now: MonotonicTime, _ poller: borrowing Poller) {
    nextCheck = now + .seconds(1)
    for token in waiting {
      guard let guest = guests[token], guest.lastProgress + settings.stallLimit < now else {
        continue
      }
      // Who only does not take its own echo harms nobody.
      if settings.echoes, guest.isReadable { continue }
      guest.isBroken = true
      report(.stalled(peer: guest.endpoint))
      settle(guest, token, poller)
    }
  }

  // MARK: Bytes

  private func serve(_ token: UInt64, _ ready: Readiness, _ poller: borrowing Poller) {
    guard let guest = guests[token] else { return }
    if !ready.isDisjoint(with: [.readable, .hungUp, .failed]) { read(guest) }
    guest.write()
    if ready.contains(.failed), !guest.isReadable { guest.isBroken = true }
    settle(guest, token, poller)
  }

  private func read(_ guest: Guest) {
    guard guest.isReadable else { return }
    do throws(KernelError) {
      guard let count = try guest.stream.read(into: &scratch) else { return }
      let bytes = Array(scratch.bytes)
      scratch.clear()
      guest.received += count
      if count == 0 { guest.isReadable = false }
      if settings.echoes { guest.toPeer.append(bytes) }
      toOutput.append(display?(bytes) ?? bytes)
      if guest.toPeer.isEmpty { guest.lastProgress = .now }
    } catch {
      guest.isBroken = true
    }
  }

  private var wantsInput: Bool {
    isInputOpen && !guests.isEmpty
      && !waiting.contains { guests[$0]?.toPeer.isFull ?? false }
  }

  private func watchInput(_ poller: borrowing Poller) throws(KernelError) {
    guard let input, !isInputFile, wantsInput != isInputWatched else { return }
    if isInputWatched {
      poller.forget(input)
      isInputWatched = false
      return
    }
    do throws(KernelError) {
      try poller.follow(input, for: .readable, token: Token.input, isNew: true)
      isInputWatched = true
    } catch {
      guard error.errorNumber == .notPermitted else { throw error }
      isInputFile = true
    }
  }

  private func readInput(_ poller: borrowing Poller) {
    guard let input, isInputOpen else { return }
    do throws(KernelError) {
      guard let count = try input.read(into: &scratch) else { return }
      let bytes = lineEnding.converted(Array(scratch.bytes))
      scratch.clear()
      if count == 0 { isInputOpen = false }
      for guest in guests.values {
        if guest.toPeer.isEmpty { guest.lastProgress = .now }
        guest.toPeer.append(bytes)
      }
    } catch {
      isInputOpen = false
    }
    for (token, guest) in guests {
      guest.write()
      settle(guest, token, poller)
    }
  }

  /// Writes all there is; standard output may take its time, and everybody waits for it.
  private func flush(_ isInterrupted: () -> Bool) throws(KernelError) {
    while !toOutput.isEmpty, isOutputOpen, !isInterrupted() {
      do throws(KernelError) {
        if try output.write(from: &toOutput) != nil { continue }
      } catch {
        outputFailure = error.errorNumber
        isOutputOpen = false
        return
      }
      var entries = [StreamPoll.Entry(output, .writable)]
      _ = try StreamPoll.wait(&entries, until: nil)
    }
  }
}
