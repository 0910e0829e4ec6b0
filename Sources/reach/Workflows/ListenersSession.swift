internal import Kernel
internal import Model
internal import Reporting

/// A look at the sockets from words to output; with `--watch` again and again.
struct ListenersSession {
  private let request: ListenersRequest

  init(_ request: ListenersRequest) {
    self.request = request
  }

  /// - Throws: `ExitStatus` where it is not success.
  func run() throws(ExitStatus) {
    let isFound: Bool
    do throws(CheckFailure) {
      isFound = try look()
    } catch {
      Diagnostics.say(error.message)
      if request.format != .text {
        let report = ReportFailure(slug: error.slug, message: error.message)
        StandardStream.output.write(CheckJSON.line(report, schema: ListenersJSON.schema))
      }
      throw error.status
    }
    if !isFound { throw .not }
  }

  /// - Returns: whether there is a socket with one of the ports asked for, if any were.
  private func look() throws(CheckFailure) -> Bool {
    let ports = try wantedPorts()
    let survey = ListenerSurvey(request, ports: ports)
    let records = try survey.records()
    tellGaps(survey, records)
    guard try write(records, survey) else { return true }
    if request.isWatching {
      try watch(records, survey)
      return true
    }
    return ports == nil || !records.isEmpty
  }

  private func wantedPorts() throws(CheckFailure) -> Set<Port>? {
    guard !request.ports.isEmpty else { return nil }
    return Set(try PortInquiry(words: request.ports, namespace: nil).ports())
  }

  // MARK: Watching

  /// Sockets are told apart by their inode; those waiting for their end have none.
  private struct Identity: Hashable {
    var transport: TransportProtocol
    var address: IPAddress
    var port: Port
    var peer: Endpoint?
    var inode: UInt64
    var state: SocketState
    var namespace: String?

    init(_ record: SocketRecord) {
      transport = record.listener.transport
      address = record.listener.address
      port = record.listener.port
      peer = record.listener.peer
      inode = record.listener.inode
      state = record.state
      namespace = record.namespace
    }
  }

  /// Reads the sockets once a second until a signal comes or nobody reads any more.
  private func watch(
    _ first: [SocketRecord], _ survey: ListenerSurvey
  ) throws(CheckFailure) {
    var known = first
    while !Interruption.isRequested {
      CurrentProcess.sleep(.seconds(1))
      if Interruption.isRequested { return }
      let records = try survey.records()
      let before = Set(known.map { Identity($0) })
      let now = Set(records.map { Identity($0) })
      let came = records.filter { !before.contains(Identity($0)) }
      let went = known.filter { !now.contains(Identity($0)) }
      known = records
      guard !came.isEmpty || !went.isEmpty else { continue }
      guard try write(changes: came, went, survey) else { return }
    }
  }

  // MARK: Output

  /// - Returns: whether anybody reads it.
  private func write(
    _ records: [SocketRecord], _ survey: ListenerSurvey
  ) throws(CheckFailure) -> Bool {
    let bytes: [UInt8]
    switch request.format {
    case .text:
      bytes = Array(table(survey).text(of: records).utf8)
    case .json:
      bytes = ListenersJSON.document(records) { survey.describe($0, $1) }
    case .jsonLines:
      bytes = lines(records, event: request.isWatching ? "present" : nil, survey)
    }
    return try send(bytes)
  }

  /// - Returns: whether anybody reads it.
  private func write(
    changes came: [SocketRecord], _ went: [SocketRecord], _ survey: ListenerSurvey
  ) throws(CheckFailure) -> Bool {
    if request.format == .jsonLines {
      return try send(lines(went, event: "closed", survey) + lines(came, event: "opened", survey))
    }
    return try send(Array(table(survey).changes(came: came, went: went).utf8))
  }

  private func lines(
    _ records: [SocketRecord], event: String?, _ survey: ListenerSurvey
  ) -> [UInt8] {
    records.flatMap { record in
      ListenersJSON.line(record, event: event) { survey.describe($0, $1) }
    }
  }

  private func send(_ bytes: [UInt8]) throws(CheckFailure) -> Bool {
    guard let error = StandardStream.output.failureWriting(bytes) else { return true }
    if error == .brokenPipe { return false }
    throw CheckFailure(
      slug: "unavailable", message: "the answer could not be written: \(error)",
      status: .unavailable)
  }

  private func table(_ survey: ListenerSurvey) -> ListenersText {
    ListenersText(
      style: Terminal.style(for: .output), isWide: request.isWide,
      showsStates: request.isAll || !request.states.isEmpty, now: WallClock.now
    ) { survey.describe($0, $1) }
  }

  /// One line for all that could not be seen.
  private func tellGaps(_ survey: ListenerSurvey, _ records: [SocketRecord]) {
    var missing: [String] = []
    let isRoot = CurrentProcess.effectiveUserID == 0
    if survey.isProcessMissing, !isRoot { missing.append("the processes of other users") }
    if let gap = survey.gap {
      missing.append(gap.isPermission ? "the firewall" : "the firewall (\(gap.message))")
    }
    if !survey.closedNamespaces.isEmpty {
      let names = survey.closedNamespaces.prefix(4).joined(separator: ", ")
      missing.append("\(survey.closedNamespaces.count) namespaces (\(names))")
    }
    if !missing.isEmpty {
      let cure = isRoot ? "" : ": run it with sudo"
      Diagnostics.say("could not be read: " + missing.joined(separator: ", ") + cure)
    }
    if records.isEmpty, request.format == .text { Diagnostics.say("no such sockets") }
  }
}
