internal import ArgumentParser
internal import Kernel
internal import Model
internal import Reporting

/// `reach trace HOST PORT`
struct TraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace",
    abstract: "Show the kernel's own trace of one flow beside the prediction.",
    discussion: """
      Sends one probe, and shows for it and its answer every rule that the kernel says it went \
      through; lines with - were predicted but not seen, lines with + seen but not predicted.

      This changes the ruleset while it runs, hence --allow-changes: a table of its own, inet \
      reach_trace_PID, switches tracing on for this one flow and decides nothing. It belongs to \
      reach: the kernel removes it when reach ends, however it ends. Other tables are not touched.

      Exit status: 0 the port is open and the kernel did as predicted, 1 the port is not open or \
      the kernel did something else, 3 undecided or trace messages were lost, 64 wrong usage, \
      68 unknown name, 69 could not be traced, 77 not permitted, 130 interrupted.
      """)

  @Argument(
    help: "A name or an address; of several addresses the first is taken.", completion: .hosts)
  var host: String

  @Argument(help: "A number or a service name.", completion: .services)
  var port: String

  @OptionGroup(title: "Options as in nc")
  var probe: ProbeOptions

  @Flag(help: "Allow the table that switches tracing on.")
  var allowChanges = false

  @Option(
    help: "Trace inside this network namespace: a name, a path or a pid.", completion: .namespaces)
  var netns: String?

  @Flag(help: "JSON (schema reach/trace/1).")
  var json = false

  mutating func validate() throws {
    guard allowChanges else {
      throw ValidationError(
        "reach trace would change the ruleset while it runs: it adds the table inet "
          + "reach_trace_PID with two chains, which set the trace flag on "
          + "this one flow and decide nothing; the kernel removes it when reach ends. "
          + "Say --allow-changes if it may")
    }
  }

  mutating func run() throws {
    var request = CheckRequest(host: host, ports: [port])
    request.family = probe.family
    request.isUDP = probe.udp
    request.timeout = .milliseconds(Int64(probe.timeout * 1000))
    request.source = probe.source.flatMap { IPAddress($0) }
    request.sourcePort = probe.sourcePort.flatMap { UInt16($0) }.map { Port($0) }
    request.isNumeric = probe.numeric
    request.namespace = netns
    let status: ExitStatus
    do throws(CheckFailure) {
      let (report, words) = try TraceSession(request).report()
      show(report, words)
      status = Interruption.isRequested ? .interrupted : Self.status(report)
    } catch {
      if json {
        let failure = ReportFailure(slug: error.slug, message: error.message)
        StandardStream.output.write(CheckJSON.line(failure, schema: TraceReportJSON.schema))
      }
      Diagnostics.say(error.message)
      throw error.status
    }
    throw status
  }

  private func show(_ report: TraceReport, _ words: RuleWords) {
    if json {
      StandardStream.output.write(
        TraceReportJSON.document(report, describe: { words.text(of: $0) }))
    } else {
      let text = TraceReportText(
        style: Terminal.style(for: .output), describe: { words.text(of: $0) })
      StandardStream.output.write(text.text(of: report))
    }
  }

  private static func status(_ report: TraceReport) -> ExitStatus {
    let status = ExitStatus(states: [report.finding.state], expected: nil)
    if report.agrees == false { return .not }
    return report.agrees == nil && status == .asWished ? .undecided : status
  }
}
