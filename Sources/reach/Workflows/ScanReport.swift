internal import ArgumentParser
internal import Kernel
internal import Model
internal import Probing
internal import Reporting

/// A scan for nmap's readers: XML or grepable text, host by host as they are done.
final class ScanReport {
  enum Form {
    case xml
    case grepable
  }

  private let form: Form
  private let path: String
  private let file: OutputFile
  private let clock = ContinuousClock()
  private let begun: ContinuousClock.Instant
  private let started = WallClock.now
  private var host: HostRecord?
  private var hostStart: Int64
  private var hosts = 0
  private var up = 0
  private(set) var failure: String?

  /// - Throws: `KernelError` when the file can't be made.
  init(_ form: Form, path: String, question: CheckQuestion) throws(KernelError) {
    self.form = form
    self.path = path
    file = try OutputFile(path: path)
    begun = clock.now
    hostStart = started
    let frame = ScanFrame(
      words: CurrentProcess.arguments, version: Reach.configuration.version,
      transport: question.settings.transport, ports: question.ports,
      start: (started, LocalTime.text(of: started)))
    write(form == .xml ? NmapXML.head(frame) : GrepableText.head(frame))
  }

  /// Takes a row in; those of one host come together.
  func add(_ row: ScanRow) {
    let shared = row.template.result
    let flow = shared.evidence.flow
    if host?.address != flow.destination {
      endHost()
      let name = IPAddress(shared.target) == nil && !shared.target.contains("/")
      host = HostRecord(
        address: flow.destination, name: name ? shared.target : nil, transport: flow.transport)
      hostStart = WallClock.now
    }
    host?.add(
      row.port, shared.finding.state, reason: row.outcome.reason, service: row.service,
      banner: row.outcome.banner)
  }

  private func endHost() {
    guard let host else { return }
    self.host = nil
    hosts += 1
    if host.isUp { up += 1 }
    switch form {
    case .xml: write(NmapXML.host(host, start: hostStart, end: WallClock.now))
    case .grepable: write(GrepableText.host(host))
    }
  }

  func finish() {
    endHost()
    let now = WallClock.now
    let text = LocalTime.text(of: now)
    let elapsed = clock.now - begun
    switch form {
    case .xml: write(NmapXML.end(at: (now, text), elapsed: elapsed, hosts: hosts, up: up))
    case .grepable: write(GrepableText.end(at: text, elapsed: elapsed, hosts: hosts, up: up))
    }
  }

  private func write(_ text: String) {
    guard failure == nil, let error = file.failureWriting(Array(text.utf8)) else { return }
    failure = "\(path) could not be written: \(error)"
  }
}
