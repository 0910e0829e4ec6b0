import TestSupport
import Testing

/// `reach listen` beside `nc -l`, what it tells, and peers that come in numbers or mean no good.
@Suite(.serialized, .needsRoot, .needs("ip", "ss", "bash", "nc.openbsd"))
struct ListenTests {
  private static let head =
    """
    dir=$(mktemp -d)
    trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$dir"' EXIT
    ready() { until ss -Hln$1 sport = :$2 | grep -q .; do sleep 0.05; done; }

    """

  private func answer(_ script: String, limit: Int = 120) throws -> Answer {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    return try ReachCommand(in: host).script(Self.head + script, limit: limit)
  }

  struct Case: CustomTestStringConvertible, Sendable {
    /// What stands before the listener, its options, and what the client does.
    var input: String
    var options: String
    var client: String
    var testDescription: String { "\(input) | -l\(options); \(client)" }
  }

  static let cases: [Case] = [
    Case(input: "true", options: "", client: "echo hello | nc.openbsd -N 127.0.0.1 4100"),
    Case(
      input: "true", options: "", client: "(sleep 1; echo hi) | nc.openbsd -N 127.0.0.1 4100"),
    Case(input: "sleep 20", options: "", client: "echo hello | nc.openbsd -N 127.0.0.1 4100"),
    Case(input: "echo data", options: "", client: "timeout 2 nc.openbsd -d 127.0.0.1 4100"),
    Case(input: "echo data", options: "N", client: "timeout 20 nc.openbsd -d 127.0.0.1 4100"),
    Case(input: "echo data", options: "C", client: "timeout 2 nc.openbsd -d 127.0.0.1 4100"),
    Case(
      input: "true", options: "w1", client: "sleep 3 | timeout 20 nc.openbsd 127.0.0.1 4100"),
    Case(
      input: "seq 200000", options: "N", client: "nc.openbsd -d 127.0.0.1 4100 | cksum"),
    Case(input: "true", options: "", client: "seq 300000 | nc.openbsd -N 127.0.0.1 4100"),
  ]

  @Test(arguments: cases) func asNetcat(_ test: Case) throws {
    func run(_ listener: String) throws -> Answer {
      try answer(
        """
        (\(test.input)) | \(listener) > $dir/out 2> $dir/err & listener=$!
        ready t 4100
        \(test.client)
        echo "client $?"
        wait $listener
        echo "listener $?"
        cksum < $dir/out
        """)
    }
    let options = test.options.isEmpty ? "" : "-" + test.options
    let theirs = try run("nc.openbsd -l \(options) 127.0.0.1 4100")
    let ours = try run("$reach listen \(options) -s 127.0.0.1 4100")
    #expect(ours.text == theirs.text)
  }

  @Test func keptOpenItServesEverybody() throws {
    let answer = try answer(
      """
      $reach listen -kd --echo --banner 'hello there' 4100 > $dir/out 2> $dir/err & ready t 4100
      for word in one two three; do echo $word | nc.openbsd -N 127.0.0.1 4100; done
      echo six | nc.openbsd -N ::1 4100
      kill %1; wait %1; echo $?
      cat $dir/out
      grep -c ' connected$' $dir/err
      """)
    let greetings = ["one", "two", "three", "six"].map { "hello there\r\n\($0)\n" }
    #expect(answer.text == greetings.joined() + "130\none\ntwo\nthree\nsix\n4\n")
  }

  @Test func datagrams() throws {
    let answer = try answer(
      """
      $reach listen -ukd --echo 4100 > $dir/out 2> $dir/err & ready u 4100
      echo one | nc.openbsd -u -W 1 127.0.0.1 4100
      echo two | nc.openbsd -u -W 1 ::1 4100
      kill %1; wait %1
      cat $dir/out
      (echo answer; sleep 20) | $reach listen -u -w 20 4101 > $dir/out 2> $dir/err & ready u 4101
      echo question | nc.openbsd -u -W 1 127.0.0.1 4101
      until [ -s $dir/out ]; do sleep 0.05; done
      cat $dir/out; grep -c 'nc.openbsd, pid' $dir/err
      """)
    #expect(answer.lines == ["one", "two", "one", "two", "answer", "question", "1"])
  }

  @Test(.needs("nft")) func itTellsWhoWouldGetIn() throws {
    let link = try Link()
    try link.server.loadRuleset(
      """
      table inet f { chain i { type filter hook input priority 0;
        iifname eth0 tcp dport 4100 drop comment "nobody from there"; }; }
      """)
    let answer = try ReachCommand(in: link.server).script(
      Self.head + """
        for words in 4100 4101 '-s 127.0.0.1 4102'; do
          timeout 60 $reach listen -d $words 2> $dir/err & pid=$!
          until grep -q 'listening on' $dir/err; do sleep 0.05; done
          kill $pid; wait $pid
          grep -h reachable $dir/err
        done
        """)
    #expect(answer.lines.count == 3)
    #expect(answer.lines.first?.contains("reachable from here only: inet f i handle") == true)
    #expect(answer.lines.first?.contains("nobody from there") == true)
    #expect(
      answer.lines.dropFirst().first?.contains("reachable from local networks (eth0)") == true)
    #expect(answer.lines.last?.contains("reachable from here only: bound to 127.0.0.1") == true)
  }

  @Test func whatIsTakenIsSaid() throws {
    let answer = try answer(
      """
      nc.openbsd -lk 127.0.0.1 4100 & ready t 4100
      $reach listen -s 127.0.0.1 4100; echo $?
      $reach listen -s 192.0.2.1 4100; echo $?
      $reach listen 1-2; echo $?
      $reach listen -k -w 1 4100; echo $?
      """)
    #expect(answer.lines == ["69", "69", "64", "64"])
    #expect(answer.errorText.contains("EADDRINUSE"))
    #expect(answer.errorText.contains("reach listeners"))
    #expect(answer.errorText.contains("EADDRNOTAVAIL"))
  }

  // MARK: In numbers

  private static let client =
    """
    import socket, struct, sys, threading
    port, count, kind = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    def visit(number):
        while True:
            try:
                peer = socket.create_connection(("127.0.0.1", port), timeout=60)
                break
            except OSError:
                continue
        if kind == "reset":
            peer.sendall(b"x" * (number % 7))
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            peer.sendall(b"%08d\\n" % number)
        return peer
    def many(first):
        kept = [visit(number) for number in range(first, count, 8)]
        for peer in kept: peer.close()
    def one(first):
        for number in range(first, count, 8): visit(number).close()
    target = many if kind == "many" else one
    threads = [threading.Thread(target=target, args=(number,)) for number in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    """

  /// - Parameter kind: connections one after another, all at once, or reset.
  private func visit(
    _ count: Int, _ kind: String, before: String = "", limit: String = ""
  ) throws -> Answer {
    try answer(
      """
      cat > $dir/client.py <<'END'
      \(Self.client)
      END
      \(limit) $reach listen -kd -s 127.0.0.1 4100 > $dir/out 2> $dir/err & listener=$!
      ready t 4100
      ulimit -n 20000
      \(before)
      python3 $dir/client.py 4100 \(count) \(kind)
      echo last | nc.openbsd -N 127.0.0.1 4100
      until grep -q last $dir/out; do sleep 0.1; done
      [ \(kind) = reset ] || until [ $(wc -l < $dir/out) -gt \(count) ]; do sleep 0.1; done
      kill $listener; wait $listener
      echo $? $(grep -c '^[0-9]*$' $dir/out) $(sort -u $dir/out | grep -c '^[0-9]*$')
      grep -v connected$ $dir/err
      """, limit: 300)
  }

  @Test(.needs("python3")) func nothingIsLostOfManyShortConnections() throws {
    #expect(try visit(4000, "short").lines.first == "130 4000 4000")
  }

  @Test(.needs("python3")) func twoThousandAtOnce() throws {
    #expect(try visit(2000, "many").lines.first == "130 2000 2000")
  }

  @Test(.needs("python3")) func fewDescriptorsOnlyMakeThemWait() throws {
    let answer = try visit(400, "short", limit: "prlimit --nofile=24:24")
    #expect(answer.lines.first == "130 400 400")
  }

  @Test(.needs("python3")) func resetsDoNoHarm() throws {
    #expect(try visit(1000, "reset").text.hasPrefix("130 "))
  }

  /// Peers that say nothing, or do not read what they are sent, hold nobody up.
  @Test(.needs("python3")) func idlersDoNoHarm() throws {
    let answer = try visit(
      100, "short", before: "for n in 1 2 3; do sleep 100 | nc.openbsd 127.0.0.1 4100 & done")
    #expect(answer.lines.first == "130 100 100")
  }

  @Test func anEndlessTalkerEndsWithItsReader() throws {
    let answer = try answer(
      """
      (ready t 4101; yes | nc.openbsd 127.0.0.1 4101) &
      $reach listen -kd -s 127.0.0.1 4101 2> /dev/null | head -c 1000000 | wc -c
      """)
    #expect(answer.text == "1000000\n")
  }
}
