import Glibc
import Model
import Synchronization
import TestSupport
import Testing

/// `reach talk` beside the real nc: the same bytes both ways and the same exit status, for every
/// option that both have.
@Suite(.serialized, .needs("nc.openbsd"))
struct TalkTests {
  /// What a peer does with a connection, and what it got.
  enum Behaviour: String, CaseIterable, Sendable {
    /// Reads until the end, or a pause, then answers.
    case answersAtTheEnd
    /// Speaks at once, and hangs up.
    case saysAndCloses
    /// Reads a little, and resets.
    case resets
    /// Sends back what comes.
    case echoes
  }

  struct Case: CustomTestStringConvertible, Sendable {
    var options: [String]
    var behaviour: Behaviour
    var input: [UInt8] = Array("one\ntwo\r\n\nlast".utf8)
    var testDescription: String { "\(options) \(behaviour)" }
  }

  /// nc -C writes line by line, so that what a peer that leaves gets of it is chance.
  static let cases: [Case] =
    Behaviour.allCases.flatMap { behaviour in
      let options = [[], ["-N"], ["-q", "0"], ["-q", "1"], ["-d"], ["-4"], ["-n"], ["-q", "-1"]]
      return options.map { Case(options: $0, behaviour: behaviour) }
    } + [
      Case(options: ["-C", "-N"], behaviour: .answersAtTheEnd),
      Case(options: ["-C", "-N"], behaviour: .echoes),
      Case(options: ["-w", "1"], behaviour: .echoes),
      Case(options: ["-i", "1", "-N"], behaviour: .echoes),
      Case(options: ["-N", "-s", "127.0.0.1"], behaviour: .echoes),
      Case(options: ["-zv"], behaviour: .echoes),
      Case(options: ["-NCvw5"], behaviour: .echoes),
      Case(options: ["-N"], behaviour: .echoes, input: (0..<300_000).map { UInt8($0 * 7 % 256) }),
    ]

  private final class Record: Sendable {
    let bytes = Mutex<[UInt8]>([])
    let isOver = Atomic<Bool>(false)
  }

  private func run(_ program: [String], _ test: Case) throws -> (answer: Answer, got: [UInt8]) {
    let record = Record()
    let peer = try Peer.tcp { connection in
      Self.behave(test, connection, record)
      record.isOver.store(true, ordering: .releasing)
    }
    defer { peer.stop() }
    let words = program + test.options + ["127.0.0.1", "\(peer.port)"]
    let answer = Answer(try Command(words, input: test.input).output(limit: 120))
    // The connection may outlive the program's view of it.
    for _ in 0..<600 where !record.isOver.load(ordering: .acquiring) { pause(milliseconds: 50) }
    return (answer, record.bytes.withLock { $0 })
  }

  private static func behave(_ test: Case, _ connection: Int32, _ record: Record) {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    switch test.behaviour {
    case .saysAndCloses:
      sendAll(connection, Array("hello\n".utf8))
      shutdown(connection, Int32(SHUT_WR))
      receive(test, connection, record, echoes: false)
    case .resets:
      let count = recv(connection, &chunk, 4, 0)
      record.bytes.withLock { $0 += chunk.prefix(max(0, count)) }
      var value = linger(l_onoff: 1, l_linger: 0)
      setsockopt(connection, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
    case .answersAtTheEnd, .echoes:
      receive(test, connection, record, echoes: test.behaviour == .echoes)
      sendAll(connection, Array("late\n".utf8))
    }
  }

  /// Reads until the end, or until all is there and nothing more comes for two seconds.
  private static func receive(_ test: Case, _ connection: Int32, _ record: Record, echoes: Bool) {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let expected = test.options.contains("-d") ? 0 : test.input.count
    for _ in 0..<10_000 {
      let count = recv(connection, &chunk, chunk.count, 0)
      if count == 0 { return }
      if count < 0 {
        if errno != EAGAIN || record.bytes.withLock({ $0.count }) >= expected { return }
        continue
      }
      record.bytes.withLock { $0 += chunk.prefix(count) }
      if echoes { sendAll(connection, Array(chunk.prefix(count))) }
    }
  }

  @Test(arguments: cases) func asNetcat(_ test: Case) throws {
    let theirs = try run(["nc.openbsd"], test)
    let ours = try run([ReachCommand.path, "talk"], test)
    #expect(ours.answer.bytes == theirs.answer.bytes)
    #expect(ours.answer.status == theirs.answer.status)
    #expect(ours.got == theirs.got)
  }

  @Test func datagramsKeepTheirLimits() throws {
    let record = Record()
    let peer = try Peer.udp { bytes in
      record.bytes.withLock { $0 += bytes + [0x7c] }
      return Array("got \(bytes.count)\n".utf8)
    }
    defer { peer.stop() }
    let answer = try ReachCommand().script(
      "(echo one; sleep 1; echo three) | $reach talk -u -w 3 127.0.0.1 \(peer.port)")
    #expect(answer.status == 0)
    #expect(answer.text == "got 4\ngot 6\n")
    #expect(record.bytes.withLock { $0 } == Array("one\n|three\n|".utf8))
  }

  @Test func localSockets() throws {
    let path = "/tmp/reach-test-\(getpid())-local"
    let answer = try ReachCommand().script(
      """
      nc.openbsd -lNU \(path) <<< answer > \(path).got & server=$!
      until [ -S \(path) ]; do sleep 0.05; done
      $reach talk -NU \(path) <<< question
      status=$?
      wait $server
      cat \(path).got
      rm -f \(path) \(path).got
      $reach talk -U \(path) < /dev/null
      echo "$status $?"
      """)
    #expect(answer.lines == ["answer", "question", "0 1"])
    #expect(answer.errorText.contains("ENOENT"))
  }

  @Test func aReaderThatLeavesEndsTheSession() throws {
    let peer = try Peer.tcp { connection in
      let line = [UInt8](repeating: 0x61, count: 65_536)
      while send(connection, line, line.count, Int32(MSG_NOSIGNAL)) > 0 {}
    }
    defer { peer.stop() }
    let answer = try ReachCommand().script(
      "$reach talk -d 127.0.0.1 \(peer.port) | head -c 1000000 | wc -c", limit: 120)
    #expect(answer.text == "1000000\n")
  }
}

/// Where there is no connection, talk says what a check says, on standard error.
@Suite(.serialized) struct TalkFailureTests {
  @Test(.needsRoot, .needs("ip", "nft")) func blockedByARule() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    let listener = try TestListener(on: .anyV4, in: host)
    try host.loadRuleset(
      """
      table inet f { chain i { type filter hook input priority 0;
        tcp dport \(listener.port) drop comment "not for talk"; }; }
      """)
    let answer = try ReachCommand(in: host)("talk 127.0.0.1 \(listener.port) -w 1")
    #expect(answer.status == 1)
    #expect(answer.text == "")
    #expect(answer.errorText.contains("BLOCKED"))
    #expect(answer.errorText.contains("not for talk"))
  }

  @Test(.needsRoot, .needs("ip")) func closedPorts() throws {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    for words in ["talk 127.0.0.1 4791", "talk -u -w 5 127.0.0.1 4791", "talk 127.0.0.1:4791 -z"] {
      var command = ReachCommand(in: host)
      command.input = Array("x\n".utf8)
      let answer = try command(words)
      #expect(answer.status == 1, "\(words)")
      #expect(answer.errorText.contains("CLOSED"), "\(words)")
      #expect(answer.text == "")
    }
  }

  @Test func wrongWords() throws {
    for words in [
      "talk", "talk 127.0.0.1", "talk 127.0.0.1 1-2", "talk 127.0.0.1 1 -X 6",
      "talk 127.0.0.1 1 -w 0", "talk 127.0.0.0/30 1", "talk -U /x 1", "talk 127.0.0.1 1 -uz",
      "talk 127.0.0.1 1 -q x", "talk 127.0.0.1 1 -x a:b:c",
    ] {
      let answer = try ReachCommand()(words)
      #expect(answer.status == 64, "\(words)")
      #expect(answer.text == "")
    }
    let answer = try ReachCommand()("talk no-such-host.invalid 1 -n")
    #expect(answer.status == 68)
  }
}
