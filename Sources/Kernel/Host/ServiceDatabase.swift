package import Model

/// Names of services, from /etc/services (services(5)).
///
/// The file's bytes are searched for each question; no table of all services is built. Lines that
/// are not understood are passed over.
package struct ServiceDatabase: Sendable {
  private let bytes: [UInt8]

  /// Reads the file. One that is missing or unreadable has no services: names are a convenience.
  package init(path: String = "/etc/services") {
    bytes = (try? TextFile.read(path, limit: 8 << 20)) ?? []
  }

  /// Takes the file's content as it is.
  package init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// The services called `name`, by their own name or an alias, in the file's order.
  package func services(named name: String) -> [Service] {
    let wanted = Array(name.utf8)
    guard let first = wanted.first else { return [] }
    return services { line in
      // Most lines have no such word at all; they are told without taking them apart.
      var start = line.startIndex
      while let hit = line[start...].firstIndex(of: first) {
        if line[hit...].starts(with: wanted) { return true }
        start = hit + 1
      }
      return false
    } isWanted: {
      $0.name == name || $0.aliases.contains(name)
    }
  }

  /// Every service, in the file's order.
  package var all: [Service] {
    services { _ in
      true
    } isWanted: { _ in
      true
    }
  }

  /// The names and aliases of all services, for a suggestion when one is misspelt.
  package var names: [String] { all.flatMap { [$0.name] + $0.aliases } }

  /// The ports of the service called `name` for a transport protocol, in the file's order.
  package func ports(named name: String, transport: TransportProtocol) -> [Port] {
    services(named: name).filter { $0.transport == transport }.map(\.port)
  }

  /// The service on a port: the first line that names the port and the protocol, or, if none does,
  /// the port's first line for another protocol is *not* taken: `nil`.
  package func service(on port: Port, transport: TransportProtocol) -> Service? {
    services(on: port).first { $0.transport == transport }
  }

  /// Every service on a port, whatever the protocol, in the file's order.
  package func services(on port: Port) -> [Service] {
    let wanted = Array("\(port)/".utf8)
    guard let first = wanted.first else { return [] }
    return services { line in
      var start = line.startIndex
      while let hit = line[start...].firstIndex(of: first) {
        let standsAlone = hit == line.startIndex || line[hit - 1].isBlank
        if standsAlone, line[hit...].starts(with: wanted) { return true }
        start = hit + 1
      }
      return false
    } isWanted: {
      $0.port == port
    }
  }

  private func services(
    where isCandidate: (ArraySlice<UInt8>) -> Bool, isWanted: (Service) -> Bool
  ) -> [Service] {
    var found: [Service] = []
    var start = bytes.startIndex
    while start < bytes.endIndex {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
      let line = bytes[start..<end]
      start = end + 1
      guard line.first != UInt8(ascii: "#"), isCandidate(line) else { continue }
      if let service = Self.service(line), isWanted(service) { found.append(service) }
      if end == bytes.endIndex { break }
    }
    return found
  }

  /// Takes one line apart: `name port/protocol [alias ...] [# comment]`.
  static func service(_ line: ArraySlice<UInt8>) -> Service? {
    let words = line.prefix { $0 != UInt8(ascii: "#") }.words
    guard words.count >= 2, let name = words.first else { return nil }
    let parts = words[1].split(
      separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let port = parts[0].decimal.flatMap({ UInt16(exactly: $0) }),
      let transport = TransportProtocol(parts[1].text)
    else { return nil }
    return Service(
      name: name.text, port: Port(port), transport: transport,
      aliases: words.dropFirst(2).map(\.text))
  }
}
