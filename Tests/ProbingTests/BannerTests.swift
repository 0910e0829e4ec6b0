import Glibc
import Model
import Probing
import Synchronization
import TestSupport
import Testing

/// Peers that say something, and peers that misbehave; on loopback, so without privilege.
struct BannerTests {
  private func probe(_ peer: Peer, timeout: Duration = .seconds(1)) throws -> ProbeOutcome {
    let settings = ProbeSettings(timeout: timeout, wantsBanner: true)
    let request = ProbeRequest(ScopedAddress(.loopbackV4), port: peer.port, settings: settings)
    return try #require(ProbeEngine().probe(request))
  }

  @Test func aPeerThatSpeaksFirst() throws {
    let peer = try Peer.tcp {
      sendAll($0, Array("SSH-2.0-test\r\n".utf8))
      pause(milliseconds: 1500)
    }
    defer { peer.stop() }
    let outcome = try probe(peer)
    #expect(outcome.kind == .connected)
    #expect(outcome.banner == Array("SSH-2.0-test\r\n".utf8))
    // The time of the handshake, not of the banner.
    #expect(try #require(outcome.roundTrip) < .milliseconds(100))
  }

  @Test func aBannerInPieces() throws {
    let peer = try Peer.tcp {
      for piece in ["220 ", "mail ", "ready\r\n"] {
        sendAll($0, Array(piece.utf8))
        pause(milliseconds: 40)
      }
      pause(milliseconds: 800)
    }
    defer { peer.stop() }
    #expect(try probe(peer).banner == Array("220 mail ready\r\n".utf8))
  }

  @Test func aHugeBannerOfEscapesIsCut() throws {
    let peer = try Peer.tcp { socket in
      sendAll(
        socket, Array(repeating: [0x1b, 0x5b, 0x33, 0x31, 0x6d], count: 20_000).flatMap { $0 })
    }
    defer { peer.stop() }
    let banner = try #require(try probe(peer).banner)
    #expect(banner.count == 1024)
    #expect(banner.prefix(5) == [0x1b, 0x5b, 0x33, 0x31, 0x6d])
  }

  @Test func aResetInTheMiddleKeepsWhatCame() throws {
    let peer = try Peer.tcp { socket in
      sendAll(socket, Array("half a ban".utf8))
      pause(milliseconds: 50)
      var hard = linger(l_onoff: 1, l_linger: 0)
      setsockopt(socket, SOL_SOCKET, SO_LINGER, &hard, socklen_t(MemoryLayout<linger>.size))
    }
    defer { peer.stop() }
    let outcome = try probe(peer)
    #expect(outcome.kind == .connected)
    #expect(outcome.banner == Array("half a ban".utf8))
  }

  @Test func aResetAtOnceIsAConnectionStill() throws {
    let peer = try Peer.tcp { socket in
      var hard = linger(l_onoff: 1, l_linger: 0)
      setsockopt(socket, SOL_SOCKET, SO_LINGER, &hard, socklen_t(MemoryLayout<linger>.size))
    }
    defer { peer.stop() }
    let outcome = try probe(peer)
    #expect(outcome.kind == .connected)
    #expect(outcome.banner == nil)
  }

  @Test func aTrickleEndsAtTheDeadline() throws {
    let peer = try Peer.tcp { socket in
      for _ in 0..<15 {
        sendAll(socket, [0x78])
        pause(milliseconds: 100)
      }
    }
    defer { peer.stop() }
    let clock = ContinuousClock()
    let start = clock.now
    let outcome = try probe(peer, timeout: .milliseconds(500))
    #expect(clock.now - start < .milliseconds(900))
    #expect(outcome.kind == .connected)
    #expect((3...7).contains(outcome.banner?.count ?? 0))
  }

  @Test func silenceHasNoBanner() throws {
    let peer = try Peer.tcp { _ in pause(milliseconds: 700) }
    defer { peer.stop() }
    let outcome = try probe(peer, timeout: .milliseconds(400))
    #expect(outcome.kind == .connected)
    #expect(outcome.banner == nil)
  }

  @Test func aPeerThatHangsUp() throws {
    let peer = try Peer.tcp { _ in }
    defer { peer.stop() }
    let outcome = try probe(peer)
    #expect(outcome.kind == .connected)
    #expect(outcome.banner == nil)
  }

  @Test func whoWaitsForAGreetingIsGreeted() throws {
    let heard = Mutex<[UInt8]>([])
    let peer = try Peer.tcp(port: 5601) { socket in
      var bytes = [UInt8](repeating: 0, count: 200)
      let got = recv(socket, &bytes, 200, 0)
      heard.withLock { $0 = Array(bytes.prefix(max(0, got))) }
      sendAll(socket, Array("HTTP/1.0 200 OK\r\nServer: test\r\n\r\n".utf8))
    }
    defer { peer.stop() }
    let outcome = try probe(peer)
    #expect(outcome.banner == Array("HTTP/1.0 200 OK\r\nServer: test\r\n\r\n".utf8))
    #expect(heard.withLock { $0 } == Array("HEAD / HTTP/1.0\r\n\r\n".utf8))
  }
}
