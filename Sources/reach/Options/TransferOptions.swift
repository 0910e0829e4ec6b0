internal import ArgumentParser
internal import Probing

/// Options of a session as nc has them, which `talk` and `listen` share.
struct TransferOptions: ParsableArguments {
  @Flag(name: .customShort("C"), help: "Send CR LF at the end of each line.")
  var crlf = false

  @Flag(name: .customShort("d"), help: "Do not read standard input.")
  var detached = false

  @Flag(name: .customShort("N"), help: "Tell the peer when the input ends (half-close).")
  var halfClose = false

  @Option(
    name: .customShort("i"), parsing: .unconditional,
    help: ArgumentHelp("Pause before each transfer.", valueName: "seconds"))
  var interval: Double?

  @Option(
    name: .customShort("q"), parsing: .unconditional,
    help: ArgumentHelp(
      "From 0 on: as -N, and stay so long when all is over.", valueName: "seconds"))
  var quit: Double?

  @Flag(help: "Show control characters of the peer's on a terminal as they are.")
  var unescaped = false

  mutating func validate() throws {
    guard (0...86400).contains(interval ?? 0) else {
      throw ValidationError("-i takes seconds between 0 and 86400")
    }
    guard (-86400...86400).contains(quit ?? 0) else {
      throw ValidationError("-q takes seconds up to 86400; less than 0 is as without it")
    }
  }

  var settings: SessionSettings {
    var settings = SessionSettings()
    settings.isCRLF = crlf
    settings.endsWritingAtEndOfInput = halfClose || quit.map { $0 >= 0 } ?? false
    settings.interval = interval.flatMap { $0 > 0 ? .milliseconds(Int64($0 * 1000)) : nil }
    settings.lingers = quit.flatMap { $0 > 0 ? .milliseconds(Int64($0 * 1000)) : nil }
    return settings
  }
}
