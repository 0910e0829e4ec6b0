import Model
import Testing

@testable import Kernel

/// Control messages as the kernel lays them out on a 64-bit little-endian machine.
struct ErrorQueueTests {
  /// cmsghdr { length 48, SOL_IP, IP_RECVERR }, then sock_extended_err { ECONNREFUSED, origin ICMP,
  /// type 3, code 3 }, then sockaddr_in of 10.0.0.1.
  static let v4: [UInt8] =
    [48, 0, 0, 0, 0, 0, 0, 0] + [0, 0, 0, 0] + [11, 0, 0, 0]
    + [111, 0, 0, 0, 2, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    + [2, 0, 0, 0, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]

  /// Likewise for IPv6: EACCES, origin ICMP6, type 1, code 1, from fd77::2.
  static let v6: [UInt8] =
    [60, 0, 0, 0, 0, 0, 0, 0] + [41, 0, 0, 0] + [25, 0, 0, 0]
    + [13, 0, 0, 0, 3, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    + [10, 0, 0, 0, 0, 0, 0, 0, 0xfd, 0x77] + [UInt8](repeating: 0, count: 13) + [2, 0, 0, 0, 0]

  @Test func bothFamilies() throws {
    let four = try #require(ErrorQueue.parse(control: Self.v4[...]))
    #expect(four.error == .connectionRefused)
    #expect(four.icmp == ICMPError(type: 3, code: 3, from: IPAddress(v4: 0x0a00_0001)))
    let six = try #require(ErrorQueue.parse(control: Self.v6[...]))
    #expect(six.error == .accessDenied)
    #expect(six.icmp == ICMPError(type: 1, code: 1, from: IPAddress(v6: 0xfd77 << 112 | 2)))
  }

  @Test func aMessageBeforeIsSkipped() throws {
    // SOL_SOCKET, SCM_TIMESTAMP with 16 bytes.
    let other: [UInt8] =
      [32, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 29, 0, 0, 0] + [UInt8](repeating: 9, count: 16)
    #expect(ErrorQueue.parse(control: (other + Self.v4)[...])?.error == .connectionRefused)
  }

  @Test func aLocalErrorHasNoOffender() throws {
    var local = Self.v4
    local[20] = 1
    let marked = try #require(ErrorQueue.parse(control: local[...]))
    #expect(marked.icmp?.isLocal == true)
    local[32] = 0
    let without = try #require(ErrorQueue.parse(control: local[...]))
    #expect(without.icmp == nil)
    #expect(without.error == .connectionRefused)
  }

  @Test func timeStampsAreNoErrors() {
    var stamp = Self.v4
    stamp[20] = 4
    #expect(ErrorQueue.parse(control: stamp[...]) == nil)
  }

  /// Each truncation, each bit flipped, and every length: no trap, whatever the value.
  @Test func anyBytesAreSurvived() {
    for message in [Self.v4, Self.v6] {
      for count in 0..<message.count {
        _ = ErrorQueue.parse(control: message.prefix(count))
        for bit in 0..<8 {
          var damaged = message
          damaged[count] ^= 1 << bit
          _ = ErrorQueue.parse(control: damaged[...])
        }
      }
      for length in [0, 1, 15, 16, 17, 255] as [UInt8] {
        var damaged = message
        damaged[0] = length
        _ = ErrorQueue.parse(control: damaged[...])
        damaged[7] = 0xff
        #expect(ErrorQueue.parse(control: damaged[...]) == nil)
      }
    }
  }

  @Test func truncatedEntriesAreNoEntries() {
    for count in 0..<32 {
      #expect(ErrorQueue.parse(control: Self.v4.prefix(count)) == nil)
    }
  }
}
