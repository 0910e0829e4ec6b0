internal import Diagnosis
internal import Evaluator
internal import Kernel
internal import Model
internal import Probing

/// A check of many ports: what the rules and sockets tell for certain is not probed, what many
/// ports have in common is found out once, and nothing is kept longer than its rows take.
///
/// Runs on one thread, in whose network namespace everything is read and sent.
struct ScanWorkflow {
  let check: CheckWorkflow
  /// `--probe-all`
  let probesAll: Bool
  private let services: [Port: String]

  private var question: CheckQuestion { check.question }

  /// Probes whose outcomes are held at a time, and the most targets of them.
  private static let batch = (probes: 1 << 20, targets: 4096)

  init(_ check: CheckWorkflow, probesAll: Bool) {
    self.check = check
    self.probesAll = probesAll
    let transport = check.question.settings.transport
    let named = ServiceDatabase().all.filter { $0.transport == transport }
    services = Dictionary(
      named.map { ($0.port, $0.name) }, uniquingKeysWith: { first, _ in first })
  }

  /// What is known of a target before anything is sent.
  private struct Outlook {
    var sorting: PortSorting?
    /// Ports that need no probe, by their place.
    var told: [Bool]?
  }

  /// - Parameters:
  ///   - asTheyCome: whether rows are given as they are known, rather than in order.
  ///   - onProbe: is told of every outcome, for a display of the progress.
  ///   - onRow: is given each row; those of one target come together, unless `asTheyCome`.
  func run(
    asTheyCome: Bool, isInterrupted: () -> Bool, onProbe: (Int) -> Void, onRow: (ScanRow) -> Void
  ) {
    let ports = max(1, question.ports.count)
    let size = max(1, min(Self.batch.targets, Self.batch.probes / ports))
    var start = 0
    while start < question.targets.count, !isInterrupted() {
      let end = min(start + size, question.targets.count)
      runBatch(
        start..<end, asTheyCome: asTheyCome, isInterrupted: isInterrupted, onProbe: onProbe,
        onRow: onRow)
      start = end
    }
  }

  private func runBatch(
    _ targets: Range<Int>, asTheyCome: Bool, isInterrupted: () -> Bool, onProbe: (Int) -> Void,
    onRow: (ScanRow) -> Void
  ) {
    var makers: [ScanRowMaker] = []
    var plan = ProbePlan(targets: [], ports: question.ports, settings: question.settings)
    for index in targets {
      if isInterrupted() { return }
      let target = question.targets[index]
      let maker = ScanRowMaker(
        check: check, target: target, sorting: check.gatherer.sorting(for: target.address),
        services: services)
      let told = told(maker, isInterrupted)
      if let told {
        plan.omitted[makers.count] = told
        onProbe(told.count { $0 })
      }
      if asTheyCome, let told {
        for place in told.indices where told[place] {
          onRow(maker.row(question.ports[place], .skipped))
        }
      }
      plan.targets.append(target.address)
      makers.append(maker)
    }
    var outcomes = OutcomeStore(
      targets: asTheyCome ? 0 : makers.count, ports: question.ports.count)
    let engine = ProbeEngine(parallel: question.parallel)
    _ = engine.run(plan, isInterrupted: isInterrupted) { position, outcome in
      onProbe(1)
      if asTheyCome {
        onRow(makers[position.target].row(question.ports[position.port], outcome))
      } else {
        outcomes[position.target, position.port] = outcome
      }
    }
    guard !asTheyCome else { return }
    for (number, maker) in makers.enumerated() {
      for place in question.ports.indices {
        let isTold = plan.omitted[number]?[place] == true
        // Interrupted before its turn: nothing to report.
        guard let outcome = isTold ? .skipped : outcomes[number, place] else { continue }
        onRow(maker.row(question.ports[place], outcome))
      }
    }
  }

  /// The ports of which rules and sockets tell for certain how they are; `nil`: none, for all that
  /// is known.
  private func told(_ maker: ScanRowMaker, _ isInterrupted: () -> Bool) -> [Bool]? {
    guard question.isProbing else { return Array(repeating: true, count: question.ports.count) }
    let isScan = question.targets.count * question.ports.count >= ProbePlan.bulk
    guard isScan, !probesAll, !question.settings.wantsBanner || maker.isLocal,
      question.settings.source == nil, question.settings.sourcePort == nil, check.canForetell
    else { return nil }
    var told = question.ports.map { _ in false }
    for (place, port) in question.ports.enumerated() {
      if isInterrupted() { return nil }
      told[place] = maker.isTold(port)
    }
    return told.contains(true) ? told : nil
  }
}
