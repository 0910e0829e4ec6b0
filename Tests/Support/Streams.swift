internal import Glibc

/// The three pipes between a test and a program that it runs; its output may go to a terminal.
struct Streams {
  /// Standard input, output and error, as the program sees them.
  private(set) var childEnds: [Int32] = []
  private var ownEnds: [Int32] = []
  /// What came from standard output and standard error.
  private(set) var received: [[UInt8]] = [[], []]

  init(outputIsTerminal: Bool = false) throws {
    for number in 0..<3 {
      let ends =
        try number == 1 && outputIsTerminal ? Self.terminal() : Self.pipe(towards: number == 0)
      childEnds.append(ends.child)
      ownEnds.append(ends.own)
    }
    _ = fcntl(ownEnds[0], F_SETFL, O_NONBLOCK)
  }

  private static func pipe(towards child: Bool) throws -> (child: Int32, own: Int32) {
    var ends: [Int32] = [-1, -1]
    guard Glibc.pipe(&ends) == 0 else { throw FixtureError(call: "pipe") }
    // Not inherited by what another test starts meanwhile, which would keep them open.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return child ? (ends[0], ends[1]) : (ends[1], ends[0])
  }

  /// A terminal that is nobody's controlling terminal. What a session's leader printed last may be
  /// thrown away with its terminal (`disassociate_ctty`, drivers/tty/tty_jobctrl.c), so that
  /// script(1) now and then shows nothing of a short program.
  static func terminal() throws -> (child: Int32, own: Int32) {
    // TIOCSPTLCK and TIOCGPTPEER of asm-generic/ioctls.h, which is _IOW and _IO there.
    let (unlock, openPeer): (UInt, UInt) = (0x4004_5431, 0x5441)
    let own = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var locked: Int32 = 0
    guard own >= 0, ioctl(own, unlock, &locked) == 0 else { throw FixtureError(call: "ptmx") }
    let child = ioctl(own, openPeer, O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard child >= 0 else { throw FixtureError(call: "TIOCGPTPEER") }
    var size = winsize(ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0)
    guard ioctl(child, UInt(TIOCSWINSZ), &size) == 0 else {
      throw FixtureError(call: "TIOCSWINSZ")
    }
    return (child, own)
  }

  mutating func closeChildEnds() {
    for end in childEnds { close(end) }
    childEnds = []
  }

  mutating func closeAll() {
    closeChildEnds()
    for end in ownEnds where end >= 0 { close(end) }
    ownEnds = []
  }

  /// Feeds the program and collects what it prints, until it closed both outputs.
  ///
  /// - Returns: false if that took longer than `limit` seconds.
  mutating func pump(input: [UInt8], limit: Int) -> Bool {
    var rest = input[...]
    let deadline = now() + limit
    while ownEnds[1] >= 0 || ownEnds[2] >= 0 {
      if rest.isEmpty { closeOwn(0) }
      var polled = (0..<3).map {
        pollfd(fd: ownEnds[$0], events: Int16($0 == 0 ? POLLOUT : POLLIN), revents: 0)
      }
      guard now() < deadline else { return false }
      guard poll(&polled, 3, 250) > 0 else { continue }
      if polled[0].revents != 0 { feed(&rest) }
      for stream in 1...2 where polled[stream].revents != 0 { collect(stream) }
    }
    return true
  }

  private mutating func feed(_ rest: inout ArraySlice<UInt8>) {
    let count = rest.withUnsafeBytes { send($0) }
    if count > 0 {
      rest = rest.dropFirst(count)
    } else if count < 0 && errno != EAGAIN {
      rest = []
    }
  }

  /// Writes without the SIGPIPE that a program which does not read would cause.
  private func send(_ bytes: UnsafeRawBufferPointer) -> Int {
    signal(SIGPIPE, SIG_IGN)
    return write(ownEnds[0], bytes.baseAddress, bytes.count)
  }

  private mutating func collect(_ stream: Int) {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let count = read(ownEnds[stream], &chunk, chunk.count)
    if count > 0 {
      received[stream - 1] += chunk.prefix(count)
    } else if count == 0 || errno != EINTR {
      closeOwn(stream)
    }
  }

  private mutating func closeOwn(_ stream: Int) {
    guard ownEnds[stream] >= 0 else { return }
    close(ownEnds[stream])
    ownEnds[stream] = -1
  }

  private func now() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec
  }
}
