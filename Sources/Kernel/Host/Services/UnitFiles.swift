internal import Model

/// systemd's unit files, read without systemd (systemd.unit(5)).
struct UnitFiles: Sendable {
  /// By falling precedence.
  private static let directories = [
    "/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system", "/lib/systemd/system",
  ]
  /// The most that is looked at: far more units than a host has.
  private static let limit = 4096

  /// Stands before every path; empty for the host's own files.
  let root: String

  /// Whether systemd is in charge (sd_booted(3)).
  var isInCharge: Bool { (try? FileStatus(root + "/run/systemd/system")) != nil }

  /// A unit whose file is there; its state is not known yet.
  func unit(_ name: String) -> ServiceEvidence.Unit? {
    for directory in Self.directories {
      let path = "\(root)\(directory)/\(name)"
      if let target = try? TextFile.linkTarget(path).text {
        if target == "/dev/null" { return ServiceEvidence.Unit(name: name, isMasked: true) }
        // An alias: `sshd.service` for `ssh.service`.
        guard let real = target.split(separator: "/").last.map(String.init) else { continue }
        let isSame = real == name || real.contains("@")
        return ServiceEvidence.Unit(name: isSame ? name : real, isEnabled: isEnabled(real))
      }
      if (try? FileStatus(path)) != nil {
        return ServiceEvidence.Unit(name: name, isEnabled: isEnabled(name))
      }
    }
    // wg-quick@wg0.service lives in wg-quick@.service.
    guard let at = name.firstIndex(of: "@"), let dot = name.lastIndex(of: "."), at < dot,
      name[name.index(after: at)] != "."
    else { return nil }
    let template = name[...at] + name[dot...]
    guard unit(String(template)) != nil else { return nil }
    return ServiceEvidence.Unit(name: name, isEnabled: isEnabled(name))
  }

  /// Whether something that is started with the host wants it.
  private func isEnabled(_ name: String) -> Bool {
    for directory in Self.directories.prefix(2) {
      guard let entries = try? Directory.names(root + directory) else { continue }
      for entry in entries.prefix(Self.limit)
      where entry.hasSuffix(".wants") || entry.hasSuffix(".requires") {
        // The link itself counts, wherever it leads.
        if (try? TextFile.linkTarget("\(root)\(directory)/\(entry)/\(name)")) != nil {
          return true
        }
      }
    }
    return false
  }

  /// Whether processes of the unit run: systemd takes a unit's cgroup away with the last of them.
  func hasProcesses(_ name: String) -> Bool {
    ["/sys/fs/cgroup/system.slice", "/sys/fs/cgroup/systemd/system.slice"].contains {
      (try? FileStatus("\(root)\($0)/\(name)")) != nil
    }
  }

  /// Which socket units listen on which ports.
  func socketUnits() -> [KnownService.Place: [String]] {
    var names: Set<String> = []
    for directory in Self.directories {
      for name in (try? Directory.names(root + directory)) ?? []
      where name.hasSuffix(".socket") && !name.hasSuffix("@.socket") && names.count < Self.limit {
        names.insert(name)
      }
    }
    var found: [KnownService.Place: [String]] = [:]
    for name in names.sorted() {
      for place in places(of: name) { found[place, default: []].append(name) }
    }
    return found
  }

  /// The ports of one socket unit, with what its drop-ins change.
  private func places(of name: String) -> Set<KnownService.Place> {
    guard
      let file = Self.directories.map({ "\(root)\($0)/\(name)" }).first(where: { path in
        (try? FileStatus(path)) != nil
      })
    else { return [] }
    var places: Set<KnownService.Place> = []
    Self.read(Self.content(file), into: &places)
    var changes: [String: String] = [:]
    for directory in Self.directories.reversed() {
      for entry in (try? Directory.names("\(root)\(directory)/\(name).d")) ?? []
      where entry.hasSuffix(".conf") {
        changes[entry] = "\(root)\(directory)/\(name).d/\(entry)"
      }
    }
    for (_, path) in changes.sorted(by: { $0.key < $1.key }) {
      Self.read(Self.content(path), into: &places)
    }
    return places
  }

  private static func content(_ path: String) -> [UInt8] {
    (try? TextFile.read(path, limit: 1 << 18)) ?? []
  }

  /// Takes `ListenStream=` and `ListenDatagram=` in (systemd.socket(5)); an empty value takes back
  /// all before it.
  static func read(_ bytes: [UInt8], into places: inout Set<KnownService.Place>) {
    for line in bytes.lines {
      let parts = line.split(
        separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { continue }
      let transport: TransportProtocol
      switch parts[0].trimmed.text {
      case "ListenStream": transport = .tcp
      case "ListenDatagram": transport = .udp
      default: continue
      }
      let value = parts[1].trimmed
      if value.isEmpty {
        places = places.filter { $0.transport != transport }
      } else if let port = port(in: value) {
        places.insert(KnownService.Place(transport, port))
      }
    }
  }

  /// The port of `22`, `127.0.0.1:22` or `[::]:22`; `nil` for paths and other kinds of sockets.
  private static func port(in value: ArraySlice<UInt8>) -> Port? {
    guard let first = value.first, first != UInt8(ascii: "/"), first != UInt8(ascii: "@"),
      !value.starts(with: "vsock:".utf8)
    else { return nil }
    let number = value.split(separator: UInt8(ascii: ":")).last ?? value
    return number.decimal.flatMap { UInt16(exactly: $0) }.map { Port($0) }
  }
}
