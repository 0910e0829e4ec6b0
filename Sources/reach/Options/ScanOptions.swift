internal import ArgumentParser

/// Options for many ports and hosts; some are spelled as in nmap, too.
struct ScanOptions: ParsableArguments {
  @Option(
    name: [.customLong("hosts-from"), .customLong("iL", withSingleDash: true)],
    help: ArgumentHelp("Hosts of a file, or of - ; every word is a port then.", valueName: "file"),
    completion: .file())
  var hostsFrom: String?

  @Option(
    help: ArgumentHelp("Leave these hosts and blocks out; repeatable.", valueName: "host,..."))
  var exclude: [String] = []

  @Option(help: ArgumentHelp("How many probes may be on their way at once.", valueName: "number"))
  var parallel: Int?

  @Flag(help: "Probe also what rules and sockets tell for certain.")
  var probeAll = false

  @Flag(help: "Show open ports only.")
  var open = false

  @Flag(help: "Show what each probe saw.")
  var reason = false

  @Option(
    name: [.customLong("oX", withSingleDash: true)],
    help: ArgumentHelp("Write XML as nmap does; - is standard output.", valueName: "file"),
    completion: .file())
  var xml: String?

  @Option(
    name: [.customLong("oG", withSingleDash: true)],
    help: ArgumentHelp("Write one line a host as nmap does.", valueName: "file"),
    completion: .file())
  var grepable: String?

  mutating func validate() throws {
    if let parallel, parallel < 1 {
      throw ValidationError("--parallel takes a number from 1 on")
    }
    if xml == "-", grepable == "-" {
      throw ValidationError("-oX - and -oG - would both write to standard output")
    }
  }

  func apply(to request: inout CheckRequest) {
    request.hostFile = hostsFrom
    request.excluded = exclude
    request.parallel = parallel
    request.probesAll = probeAll
    request.showsOnlyOpen = open
    request.showsReason = reason
    request.xmlPath = xml
    request.grepablePath = grepable
  }
}
