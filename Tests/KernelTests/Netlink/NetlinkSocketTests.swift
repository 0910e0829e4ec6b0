import Glibc
import Model
import Testing

@testable import Kernel

@Suite struct NetlinkSocketTests {
  /// `struct ifinfomsg` is 16 bytes; `IFLA_IFNAME` is attribute 3.
  private func linkNames() throws -> [String] {
    var socket = try NetlinkSocket(.route)
    var names: [String] = []
    let request = NetlinkRequest(type: 18, flags: .dump, header: [UInt8](repeating: 0, count: 16))
    let consistency = try socket.dump(request, "reading the links") {
      (message) throws(KernelError) in
      var attributes = try message.attributes(after: 16)
      while let attribute = try attributes.next() {
        if attribute.type == 3 { names.append(attribute.string()) }
      }
    }
    #expect(consistency == .consistent)
    return names
  }

  @Test func dumpsTheLinks() throws {
    #expect(try linkNames().contains("lo"))
  }

  @Test func asksForOneLink() throws {
    var socket = try NetlinkSocket(.route)
    var request = NetlinkRequest(type: 18, header: [UInt8](repeating: 0, count: 16))
    request.append(3, string: "lo")
    var index: UInt32?
    try socket.request(request, "reading a link") { (message) throws(KernelError) in
      index = try message.u32(at: 4)
    }
    #expect(index == 1)
  }

  @Test func reportsTheKernelsError() throws {
    var socket = try NetlinkSocket(.route)
    var request = NetlinkRequest(type: 18, header: [UInt8](repeating: 0, count: 16))
    request.append(3, string: "no-such-link-7")
    let error = #expect(throws: KernelError.self) {
      try socket.request(request, "reading a link") { _ in }
    }
    guard case .call(_, let number, let context) = error else {
      Issue.record("not a call: \(String(describing: error))")
      return
    }
    #expect(number == ErrorNumber(rawValue: ENODEV))
    #expect(context.hasPrefix("reading a link"))
  }

  @Test func survivesADumpLeftEarly() throws {
    var socket = try NetlinkSocket(.route)
    let request = NetlinkRequest(type: 18, flags: .dump, header: [UInt8](repeating: 0, count: 16))
    for _ in 0..<3 {
      #expect(throws: KernelError.tooLarge(what: "links", limit: 0)) {
        _ = try socket.dump(request, "reading the links") { (_) throws(KernelError) in
          throw .tooLarge(what: "links", limit: 0)
        }
      }
    }
    var count = 0
    _ = try socket.dump(request, "reading the links") { _ in count += 1 }
    #expect(count >= 1)
  }
}
