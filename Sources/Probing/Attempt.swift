internal import Kernel
internal import Model

/// One probe on its way: a socket and what has been learned so far. The engine calls it from one
/// thread, and closes it by letting go of it.
protocol Attempt: AnyObject {
  /// Sends the first packet.
  func start(at now: MonotonicTime) -> Progress
  /// Has the poller tell `token` of everything that happens to the socket.
  func watch(with poller: borrowing Poller, token: UInt64) throws(KernelError)
  /// Something happened to the socket.
  func handle(_ readiness: Readiness, at now: MonotonicTime) -> Progress
  /// The moment that the last `waiting` named has come.
  func wake(at now: MonotonicTime) -> Progress
}

/// What a probe wants next.
enum Progress {
  /// To be told of events, and to be woken at that moment.
  case waiting(until: MonotonicTime)
  /// Nothing: it is done.
  case done(ProbeOutcome)
  /// To be made anew after a moment: this host ran out of something (ports, memory, files), or
  /// talked to itself.
  case again(ErrorNumber)
}

extension ErrorNumber {
  /// Whether this host is only short of something that comes back: descriptors (EMFILE, ENFILE),
  /// memory (ENOBUFS, ENOMEM).
  var isShortage: Bool {
    [.processFiles, .systemFiles, .noBuffers, .noMemory].contains(self)
  }

  /// The corresponding C name is `ENFILE`.
  static let systemFiles = ErrorNumber(rawValue: 23)
}

extension ICMPError {
  /// Whether the packet was only too large (3/4 fragmentation needed, ICMPv6 2): the kernel copes.
  func isPathMTU(_ family: IPFamily) -> Bool {
    family == .v4 ? type == 3 && code == 4 : type == 2
  }

  /// Whether it says that a host is unreachable (3/1), an address unreachable (ICMPv6 1/3): what
  /// the kernel sends to itself when a neighbour does not answer (ipv4_link_failure in
  /// net/ipv4/route.c).
  func isHostUnreachable(_ family: IPFamily) -> Bool {
    family == .v4 ? type == 3 && code == 1 : type == 1 && code == 3
  }
}

/// Turns what a socket reports into an outcome; the same for TCP and UDP.
struct OutcomeReader {
  let request: ProbeRequest

  /// The first entry of the error queue that ends the probe; `nil`: there is none.
  func icmp(_ socket: borrowing Socket, source: Endpoint?) -> SocketError? {
    for var entry in ErrorQueue.read(socket) {
      guard var icmp = entry.icmp else {
        if entry.error != .messageSize { return entry }
        continue
      }
      if icmp.isPathMTU(request.target.address.family) { continue }
      // An error from our own address about a packet to somebody else: this host's kernel made it.
      if icmp.from == source?.address, icmp.from != request.target.address { icmp.isLocal = true }
      entry.icmp = icmp
      return entry
    }
    return nil
  }

  /// The outcome of an entry: `.icmp`, or `.error` where this host's own kernel found no neighbour.
  ///
  /// What the own output chain rejects stays `.icmp`, with `isLocal`.
  func outcome(of entry: SocketError) -> ProbeOutcome {
    let family = request.target.address.family
    let isOwn = entry.icmp.map { $0.isLocal && $0.isHostUnreachable(family) } ?? true
    return ProbeOutcome(kind: isOwn ? .error : .icmp, error: entry.error, icmp: entry.icmp)
  }
}

extension Socket {
  /// Opens the socket that a request asks for, bound as it says.
  ///
  /// - Throws: what the kernel says; `isBind` tells whether bind(2) said it.
  static func make(_ request: ProbeRequest) throws(OpeningError) -> Socket {
    let settings = request.settings
    do {
      let socket = try Socket(request.target.address.family, settings.transport)
      if let device = settings.device { try socket.bind(toDevice: device) }
      if let mark = settings.mark { try socket.setMark(mark) }
      if settings.source != nil || settings.sourcePort != nil {
        let any: IPAddress = request.target.address.family == .v4 ? .anyV4 : .anyV6
        do {
          try socket.bind(
            to: settings.source ?? any, port: settings.sourcePort, scope: request.target.scope)
        } catch {
          throw OpeningError(error: error, isBind: true)
        }
      }
      return socket
    } catch let error as OpeningError {
      throw error
    } catch let error as KernelError {
      throw OpeningError(error: error, isBind: false)
    } catch {
      throw OpeningError(
        error: .unavailable(what: "a socket", hint: nil), isBind: false)
    }
  }
}

/// Why no socket could be had.
struct OpeningError: Error {
  let number: ErrorNumber
  let isBind: Bool

  init(error: KernelError, isBind: Bool) {
    number = error.errorNumber ?? .inputOutput
    self.isBind = isBind
  }

  var outcome: ProbeOutcome {
    ProbeOutcome(kind: .error, error: number, attempts: 0, failedToBind: isBind)
  }
}
