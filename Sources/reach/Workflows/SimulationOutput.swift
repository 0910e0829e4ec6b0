internal import Diagnosis
internal import Kernel
internal import Model
internal import Reporting

/// Prints the answers of a simulation, and remembers what they amount to.
final class SimulationOutput {
  private let isJSON: Bool
  private let place: String
  private let style: Style
  private var isFirst = true
  /// Answers that wait for `flush`.
  private var pending: [UInt8] = []
  private(set) var status = ExitStatus.asWished

  init(isJSON: Bool, place: String) {
    self.isJSON = isJSON
    self.place = place
    style = isJSON ? Style(hasColour: false, width: nil) : Terminal.style(for: .output)
  }

  /// Answers one question at once.
  func answer(_ query: PacketQuery, hasSource: Bool, in simulation: Simulation) {
    add(query, hasSource: hasSource, in: simulation)
    flush()
  }

  /// Answers one question; `flush` prints it.
  func add(_ query: PacketQuery, hasSource: Bool, in simulation: Simulation) {
    var query = query
    let assumptions = simulation.complete(&query, hasSource: hasSource)
    var trace = simulation.trace(query)
    note(trace.verdict)
    let words = simulation.words
    if isJSON {
      pending += SimulateJSON.document(
        trace, for: query, place: place, owner: { Owner.name(of: $0, among: $1) },
        describe: { words.text(of: $0) })
      return
    }
    trace.assumptions.insert(contentsOf: assumptions, at: 0)
    if !isFirst { pending.append(UInt8(ascii: "\n")) }
    isFirst = false
    let text = TraceText(style: style, describe: { words.text(of: $0) })
    pending += Array(text.text(of: trace, for: query).utf8)
  }

  /// The answer to a line that was not understood.
  func refuse(_ message: String) {
    if status == .asWished { status = .undecided }
    let failure = ReportFailure(slug: "usage", message: message)
    if isJSON {
      pending += SimulateJSON.failure(failure)
    } else {
      flush()
      Diagnostics.say(message)
    }
  }

  /// The whole call failed.
  func fail(_ failure: CheckFailure) {
    flush()
    if isJSON {
      pending += SimulateJSON.failure(
        ReportFailure(slug: failure.slug, message: failure.message))
      flush()
    }
    Self.say(failure.message)
  }

  /// What nft says has several lines, which point at each other.
  private static func say(_ message: String) {
    let lines = message.split(separator: "\n", omittingEmptySubsequences: false)
    Diagnostics.say(String(lines.first ?? ""))
    for line in lines.dropFirst() {
      StandardStream.error.write(Escaping.printable(String(line)) + "\n")
    }
  }

  /// Prints what waits.
  ///
  /// - Returns: whether anybody is left to read it.
  @discardableResult
  func flush() -> Bool {
    guard !pending.isEmpty else { return true }
    defer { pending.removeAll(keepingCapacity: true) }
    return StandardStream.output.write(pending)
  }

  private func note(_ verdict: Trace.Verdict) {
    switch verdict {
    case .accept: break
    case .conditional: if status == .asWished { status = .undecided }
    case .drop, .reject, .queue, .stolen: status = .not
    }
  }
}
