import TestSupport
import Testing

/// `reach talk` with real servers: telnetd, sshd, nginx, proxies.
@Suite(.serialized, .needsRoot, .needs("ip", "bash"))
struct TalkServiceTests {
  private func answer(_ script: String) throws -> Answer {
    let (fixture, host) = try Link.alone()
    defer { fixture.cleanUp() }
    return try ReachCommand(in: host).script(
      """
      dir=$(mktemp -d)
      trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$dir"' EXIT
      ready() { until ss -Hltn "sport = :$1" | grep -q .; do sleep 0.05; done; }
      \(script)
      """, limit: 120)
  }

  /// A shell behind a real telnetd, in lines, with every option refused.
  @Test(.needs("telnetd", "python3")) func aRealTelnetServer() throws {
    let answer = try answer(
      """
      printf '#!/bin/sh\\necho welcome; read line; echo "you said $line"\\n' > $dir/login
      chmod +x $dir/login
      python3 -c '
      import socket, subprocess, sys
      server = socket.create_server(("127.0.0.1", 2323))
      peer, _ = server.accept()
      subprocess.run(["telnetd", "-h", "-E", sys.argv[1]], stdin=peer, stdout=peer, stderr=peer)
      ' $dir/login &
      ready 2323
      (sleep 1; echo hello; sleep 1) | $reach talk --telnet -w 20 127.0.0.1 2323
      """)
    #expect(answer.text.contains("welcome"))
    #expect(answer.text.contains("you said hello"))
    #expect(!answer.bytes.contains(0xff))
  }

  @Test(.needs("sshd", "ssh-keygen")) func openssh() throws {
    let answer = try answer(
      """
      mkdir -p /run/sshd
      ssh-keygen -q -t ed25519 -N '' -f $dir/key
      $(command -v /usr/sbin/sshd) -D -h $dir/key -o ListenAddress=127.0.0.1 -p 2222 &
      ready 2222
      printf 'SSH-2.0-reach\\r\\n' | $reach talk -N 127.0.0.1 2222 | head -c 8
      """)
    #expect(answer.text == "SSH-2.0-")
  }

  @Test(.needs("dnsmasq")) func dnsmasqOverBothProtocols() throws {
    let answer = try answer(
      """
      dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --user=root \
        --pid-file= --listen-address=127.0.0.1 --bind-interfaces 2> $dir/log &
      ready 53
      $reach 127.0.0.1 53 -u; echo $?
      $reach 127.0.0.1 53; echo $?
      kill %1; wait
      $reach 127.0.0.1 53 -u; echo $?
      """)
    #expect(answer.lines.filter { $0.contains(": OPEN") }.count == 2, "\(answer.text)")
    #expect(answer.lines.filter { $0.contains(": CLOSED") }.count == 1, "\(answer.text)")
    #expect(answer.lines.filter { ["0", "1"].contains($0) } == ["0", "0", "1"])
  }

  /// A binary protocol: the request for TLS is answered with one letter.
  @Test(.needs("pg_lsclusters", "setpriv")) func postgres() throws {
    let answer = try answer(
      #"""
      bin=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
      as_nobody() { (cd $dir && setpriv --reuid 65534 --regid 65534 --clear-groups "$@"); }
      chmod 755 $dir; install -d -o nobody -m 700 $dir/data
      as_nobody $bin/initdb -N -A trust -D $dir/data > /dev/null || exit 9
      set -- -D $dir/data -k $dir/data -c listen_addresses=127.0.0.1 -p 5432
      as_nobody $bin/postgres "$@" > /dev/null 2>&1 &
      ready 5432
      $reach 127.0.0.1 5432
      $reach 127.0.0.2 5432 --json
      printf '\000\000\000\010\004\322\026\057' | $reach talk 127.0.0.1 5432 | head -c 1
      kill $(head -1 $dir/data/postmaster.pid); wait
      """#)
    #expect(answer.lines.first?.contains(": OPEN") == true, "\(answer.text)\(answer.errorText)")
    #expect(answer.text.contains(#""cause":"wrong-address""#), "\(answer.text)")
    #expect(answer.lines.last == "N" || answer.lines.last == "S", "\(answer.text)")
  }

  private static let nginx =
    """
    cat > $dir/nginx.conf <<END
    daemon off; pid $dir/pid; error_log $dir/log; events {}
    http { access_log off; client_body_temp_path $dir/a; proxy_temp_path $dir/b;
      fastcgi_temp_path $dir/c; uwsgi_temp_path $dir/d; scgi_temp_path $dir/e;
      server { listen 127.0.0.1:8088; location / { return 200 "hello from nginx"; } } }
    END
    nginx -c $dir/nginx.conf & ready 8088
    get() { printf 'GET / HTTP/1.0\\nHost: x\\n\\n' | $reach talk -C "$@"; }

    """

  @Test(.needs("nginx")) func nginx() throws {
    let answer = try answer(Self.nginx + "get 127.0.0.1 8088")
    #expect(answer.status == 0)
    #expect(answer.text.hasPrefix("HTTP/1.1 200 OK\r\n"))
    #expect(answer.text.hasSuffix("hello from nginx"))
  }

  @Test(.needs("nginx", "microsocks", "tinyproxy")) func proxies() throws {
    let answer = try answer(
      Self.nginx + """
        microsocks -i 127.0.0.1 -p 1080 > /dev/null 2>&1 &
        printf 'Port 8888\\nListen 127.0.0.1\\nConnectPort 8088\\n' > $dir/tiny.conf
        tinyproxy -d -c $dir/tiny.conf > /dev/null 2>&1 &
        ready 1080; ready 8888
        get -x 127.0.0.1 127.0.0.1 8088 | tail -1; echo
        get -x 127.0.0.1:1080 -X 5 localhost 8088 | tail -1; echo
        get -X connect -x 127.0.0.1:8888 127.0.0.1 8088 | tail -1; echo
        get -X connect -x 127.0.0.1:8888 127.0.0.1 9 ; echo $?
        get -x 127.0.0.1 127.0.0.1 9; echo $?
        get -X 4 -x 127.0.0.1 127.0.0.1 8088; echo $?
        get -x 127.0.0.1:9 127.0.0.1 8088; echo $?
        """)
    let page = "hello from nginx"
    #expect(
      answer.lines == [Substring(page), Substring(page), Substring(page), "1", "1", "1", "1"])
    #expect(answer.errorText.contains("HTTP/1.1 403") || answer.errorText.contains("HTTP/1.0 403"))
    #expect(answer.errorText.contains("connection refused (5)"))
    #expect(answer.errorText.contains("9/tcp"))
  }
}
