internal import ArgumentParser
internal import Kernel
internal import Model
internal import Reporting

/// `reach port PORT...`
struct PortCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "port",
    abstract: "Facts about ports: names, class, who may bind them, who uses them now.",
    discussion: """
      reach port 3306 http 40000 tells each one's names in /etc/services, its class (RFC 6335), \
      whether binding it takes a privilege, whether outgoing connections may take it, and which \
      program has it. Sends nothing.

      Exit status: 0, 64 wrong usage, 69 no such namespace, 77 not permitted.
      """)

  @Argument(
    help: ArgumentHelp(
      "A number, a service name, a range 0-1023, all, top, top:N, or several with commas.",
      valueName: "port"), completion: .services)
  var ports: [String] = []

  @Option(
    help: "Ask about this network namespace: a name, a path or a pid.", completion: .namespaces)
  var netns: String?

  @Flag(help: "JSON (schema reach/port/1).")
  var json = false

  mutating func run() throws {
    do throws(CheckFailure) {
      let report = try PortInquiry(words: ports, namespace: netns).report()
      try write(report)
    } catch {
      Diagnostics.say(error.message)
      if json {
        let failure = ReportFailure(slug: error.slug, message: error.message)
        StandardStream.output.write(CheckJSON.line(failure, schema: PortFactsJSON.schema))
      }
      throw error.status
    }
  }

  private func write(_ report: PortReport) throws(CheckFailure) {
    if report.ports.contains(where: { $0.sockets == nil }) {
      Diagnostics.say("the sockets could not be read: who uses a port is not known")
    }
    let bytes =
      json
      ? PortFactsJSON.document(report)
      : Array(PortFactsText(style: Terminal.style(for: .output)).text(of: report).utf8)
    if let error = StandardStream.output.failureWriting(bytes), error != .brokenPipe {
      throw CheckFailure(
        slug: "unavailable", message: "the answer could not be written: \(error)",
        status: .unavailable)
    }
  }
}
