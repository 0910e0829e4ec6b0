package import Model

/// Finds out which service a port belongs to, and what became of it: from unit files, packages and
/// init scripts, and, where systemd runs, from systemctl.
///
/// Looked for only where nothing listens; socket units are read once, however many ports are asked
/// about.
package final class ServiceReader {
  /// How long systemctl may take: what it would add is not worth more.
  private static let patience = Duration.seconds(1)

  private let root: String
  private let units: UnitFiles
  private lazy var sockets = units.socketUnits()
  private var known: [KnownService.Place: ServiceEvidence?] = [:]

  /// - Parameter root: stands before every path that is read; empty for the host's own files.
  package init(root: String = "") {
    self.root = root
    units = UnitFiles(root: root)
  }

  /// What could serve a port; `nil` when that is not known.
  package func evidence(on port: Port, _ transport: TransportProtocol) -> ServiceEvidence? {
    guard isHost else { return nil }
    let place = KnownService.Place(transport, port)
    if let found = known[place] { return found }
    let found = read(place)
    known[place] = .some(found)
    return found
  }

  /// Whether the calling thread is in the network namespace that services are started in. Where
  /// that can't be told, for want of privilege, it is.
  private lazy var isHost: Bool = {
    guard root.isEmpty, let first = try? NetworkNamespace(pid: 1).identity(),
      let current = try? NetworkNamespace.currentIdentity()
    else { return true }
    return first == current
  }()

  private func read(_ place: KnownService.Place) -> ServiceEvidence? {
    var candidates = KnownService.usual(on: place.port, place.transport).map { candidate($0) }
    for name in sockets[place] ?? [] {
      guard let unit = units.unit(name) else { continue }
      let base = String(name.dropLast(".socket".count))
      let service = units.unit(base + ".service") ?? units.unit(base + "@.service")
      if let index = candidates.firstIndex(where: { $0.unit?.name == base + ".service" }) {
        candidates[index].socket = unit
      } else {
        candidates.append(ServiceEvidence.Candidate(name: base, unit: service, socket: unit))
      }
    }
    guard !candidates.isEmpty else { return nil }
    let hasSystemd = units.isInCharge
    if hasSystemd { addStates(&candidates) }
    candidates = candidates.enumerated()
      .sorted { (Self.rank($0.element), $0.offset) < (Self.rank($1.element), $1.offset) }
      .map(\.element)
    return ServiceEvidence(candidates: candidates, hasSystemd: hasSystemd)
  }

  private func candidate(_ service: KnownService) -> ServiceEvidence.Candidate {
    let installed = service.packages.first { isInstalled($0) }
    let unit = service.units.lazy.compactMap { self.units.unit($0) }.first
    let scripts = service.units.map { String($0.dropLast(".service".count)) } + [service.name]
    return ServiceEvidence.Candidate(
      // Names of packages are Debian's.
      name: service.name, package: installed ?? (hasPackages ? service.packages.first : nil),
      isPackageInstalled: installed != nil, unit: unit,
      initScript: scripts.first { (try? FileStatus("\(root)/etc/init.d/\($0)")) != nil })
  }

  private lazy var hasPackages = (try? FileStatus(root + "/var/lib/dpkg/info")) != nil

  /// dpkg has a list of the files of every package that it unpacked.
  private func isInstalled(_ package: String) -> Bool {
    (try? FileStatus("\(root)/var/lib/dpkg/info/\(package).list")) != nil
  }

  // MARK: States

  private func addStates(_ candidates: inout [ServiceEvidence.Candidate]) {
    let names = candidates.flatMap { [$0.unit, $0.socket] }.compactMap { $0?.name }
    let states = names.isEmpty ? [:] : systemctl(names)
    func complete(_ unit: ServiceEvidence.Unit?) -> ServiceEvidence.Unit? {
      guard var unit else { return nil }
      // Units that only start others have no processes, and are active all the same.
      unit.state = states[unit.name] ?? (units.hasProcesses(unit.name) ? .running : .unknown)
      return unit
    }
    for place in candidates.indices {
      candidates[place].unit = complete(candidates[place].unit)
      candidates[place].socket = complete(candidates[place].socket)
    }
  }

  /// What systemd says of units; empty if it does not answer in time.
  private func systemctl(_ names: [String]) -> [String: ServiceEvidence.Unit.State] {
    let path = root.isEmpty ? ChildProcess.path(of: "systemctl") : root + "/usr/bin/systemctl"
    guard let path,
      let answer = try? ChildProcess.run(
        path, ["systemctl", "show", "--no-pager", "-p", "Id", "-p", "ActiveState", "--"] + names,
        keeping: .output, within: Self.patience),
      answer.status == 0
    else { return [:] }
    return Self.states(Array(answer.text.utf8))
  }

  /// Blocks of `Id=` and `ActiveState=`, in any order, with empty lines between them.
  static func states(_ bytes: [UInt8]) -> [String: ServiceEvidence.Unit.State] {
    var states: [String: ServiceEvidence.Unit.State] = [:]
    var name: String?
    var state: ServiceEvidence.Unit.State?
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for line in lines + [[]] {
      let text = line.text
      if text.isEmpty {
        if let name, let state { states[name] = state }
        (name, state) = (nil, nil)
      } else if text.hasPrefix("Id=") {
        name = String(text.dropFirst(3))
      } else if text.hasPrefix("ActiveState=") {
        switch text.dropFirst("ActiveState=".count) {
        case "active", "activating", "reloading", "refreshing": state = .running
        case "failed": state = .failed
        case "inactive", "deactivating": state = .stopped
        default: state = .unknown
        }
      }
    }
    return states
  }

  /// A failed service explains most, one that is not installed least.
  private static func rank(_ candidate: ServiceEvidence.Candidate) -> Int {
    let states = [candidate.socket?.state, candidate.unit?.state].compactMap { $0 }
    if states.contains(.failed) { return 0 }
    if candidate.socket != nil { return 1 }
    if states.contains(.running) { return 2 }
    if candidate.unit?.isEnabled == true { return 3 }
    if candidate.unit != nil || candidate.initScript != nil { return 4 }
    return candidate.isPackageInstalled ? 5 : 6
  }
}
