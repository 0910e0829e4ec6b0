internal import Glibc
package import Model

/// Why a name gave no address.
package enum NameLookupError: Error, Hashable, Sendable {
  /// The name does not exist, or has no address of the family asked for.
  case notFound
  /// The resolver could not be asked, or did not answer; a sentence for people without full stop.
  case failure(String)
}

/// Asks the C library for a name's addresses (getaddrinfo(3)).
package enum NameLookup {
  /// All addresses of a name, in the resolver's order (RFC 6724), without repetition.
  ///
  /// `AI_ADDRCONFIG` is off: that this host lacks IPv6 is something to report, not to hide.
  ///
  /// - Parameters:
  ///   - family: only addresses of this family; `nil`: both.
  ///   - timeout: how long the resolver may take.
  ///   - isInterrupted: looked at every 50 ms.
  package static func addresses(
    of name: String, family: IPFamily?, timeout: Duration, isInterrupted: () -> Bool
  ) throws(NameLookupError) -> [ScopedAddress] {
    let answer: Result<[ScopedAddress], NameLookupError>?
    do {
      answer = try DetachedCall.run(until: .now + timeout, isInterrupted: isInterrupted) {
        ask(name, family: family, flags: 0)
      }
    } catch {
      throw .failure("\(error)")
    }
    guard let answer else {
      throw .failure("the resolver did not answer within \(timeout.seconds) s")
    }
    return try answer.get()
  }

  /// Reads an address in any of the forms that inet_aton(3) knows (`127.1`, `0x7f000001`), or with
  /// a scope id. Asks nobody.
  package static func numericAddress(
    _ text: String, family: IPFamily?
  ) throws(NameLookupError) -> [ScopedAddress] {
    try ask(text, family: family, flags: AI_NUMERICHOST).get()
  }

  private static func ask(
    _ name: String, family: IPFamily?, flags: Int32
  ) -> Result<[ScopedAddress], NameLookupError> {
    // Safe: plain numbers are set; the pointers in it stay null.
    var hints = unsafe addrinfo()
    unsafe hints.ai_family = family.map { Int32($0.rawValue) } ?? AF_UNSPEC
    // One entry an address, rather than one for each kind of socket.
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    unsafe hints.ai_flags = flags
    var list: UnsafeMutablePointer<addrinfo>?
    // Safe: the name is passed as a NUL-terminated copy; the list is freed below, and once.
    let code = unsafe getaddrinfo(name, nil, &hints, &list)
    let error = currentError()
    defer { if let list = unsafe list { unsafe freeaddrinfo(list) } }
    switch code {
    case 0: break
    // EAI_NONAME, EAI_NODATA, EAI_ADDRFAMILY (netdb.h).
    case -2, -5, -9: return .failure(.notFound)
    // EAI_SYSTEM.
    case -11: return .failure(.failure("the resolver could not be asked: \(error)"))
    default:
      // Safe: gai_strerror returns a constant text.
      let text = unsafe gai_strerror(code).map { unsafe String(cString: $0) }
      return .failure(.failure("the resolver failed: \(text ?? "error \(code)")"))
    }
    var addresses: [ScopedAddress] = []
    var next = unsafe list
    while let entry = unsafe next {
      // Safe: the list is getaddrinfo's own, alive until the end of this function.
      if let address = unsafe address(entry.pointee), !addresses.contains(address) {
        addresses.append(address)
      }
      unsafe next = entry.pointee.ai_next
    }
    return addresses.isEmpty ? .failure(.notFound) : .success(addresses)
  }

  /// The address of one entry; `nil` for a family that is neither IPv4 nor IPv6.
  private static func address(_ entry: addrinfo) -> ScopedAddress? {
    guard let name = unsafe entry.ai_addr else { return nil }
    // Safe: ai_addrlen bytes are there, says getaddrinfo(3).
    let bytes = unsafe UnsafeRawBufferPointer(start: name, count: Int(entry.ai_addrlen))
    guard let found = unsafe SocketAddress.endpoint(ArraySlice(bytes)) else { return nil }
    return ScopedAddress(found.endpoint.address, scope: found.scope)
  }
}

extension Duration {
  /// In seconds, with at most one decimal, for messages: `3` or `0.5`.
  fileprivate var seconds: String {
    let tenths = wholeNanoseconds / 100_000_000
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(abs(tenths % 10))"
  }
}
