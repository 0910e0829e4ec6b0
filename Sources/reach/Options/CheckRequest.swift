internal import Model

/// A check as the user means it, whatever the words.
struct CheckRequest: Equatable, Sendable {
  enum Format: Sendable {
    case text
    case json
    case jsonLines
  }

  /// HOST and PORT words as typed.
  var host: String
  var ports: [String]
  /// `nil` for both families.
  var family: IPFamily?
  var isUDP = false
  var timeout: Duration = .seconds(3)
  var source: IPAddress?
  var sourcePort: Port?
  var isNumeric = false
  var isVerbose = false
  /// `--from` words as typed.
  var origins: [String] = []
  var wantsBanner = false
  var isProbing = true
  var readsFirewall = true
  var namespace: String?
  /// `nil`: as many as are useful.
  var parallel: Int?
  var showsOnlyOpen = false
  /// `nil`: only open is success.
  var expected: Set<PortState>?
  /// `nil`: asked once.
  var waitLimit: Duration?
  var showsCommands = false
  var format = Format.text
  /// `--exclude` words, and the file of `--hosts-from`.
  var excluded: [String] = []
  var hostFile: String?
  /// `--probe-all`: what rules and sockets tell is probed as well.
  var probesAll = false
  /// `--reason`: a column with what the probe saw.
  var showsReason = false
  /// Where to write nmap's XML and grepable text; `-` is standard output.
  var xmlPath: String?
  var grepablePath: String?

  /// Whether only a scan can give what is asked for.
  var isScanWanted: Bool { xmlPath != nil || grepablePath != nil || showsReason || probesAll }
  /// Whether a report takes the place of the usual output.
  var reportsToOutput: Bool { xmlPath == "-" || grepablePath == "-" }

  init(host: String, ports: [String]) {
    self.host = host
    self.ports = ports
  }

  /// Reads words among which there is no option, which is what most calls are. Building the
  /// parser's description of every option would cost as much as the whole check.
  ///
  /// - Returns: `nil` where the parser is needed.
  init?(plain words: [String]) {
    guard let host = words.first, words.allSatisfy({ !$0.isEmpty && !$0.hasPrefix("-") }) else {
      return nil
    }
    self.init(host: host, ports: Array(words.dropFirst()))
  }
}
