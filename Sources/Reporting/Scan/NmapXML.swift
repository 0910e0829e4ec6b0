internal import Model

/// A scan as nmap writes it with -oX (nmap.dtd, output version 1.05), in parts as they come.
package enum NmapXML {
  /// What comes before the first host.
  package static func head(_ frame: ScanFrame) -> String {
    let type = frame.transport == .udp ? "udp" : "connect"
    let run = attributes([
      ("scanner", "nmap"), ("args", frame.call), ("start", "\(frame.start.seconds)"),
      ("startstr", frame.start.text), ("version", "reach-\(frame.version)"),
      ("xmloutputversion", "1.05"),
    ])
    let info = attributes([
      ("type", type), ("protocol", frame.transport.description),
      ("numservices", "\(frame.ports.count)"), ("services", frame.services),
    ])
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <!DOCTYPE nmaprun>
      <nmaprun\(run)>
      <scaninfo\(info)/>
      <verbose level="0"/>
      <debugging level="0"/>

      """
  }

  /// One host.
  ///
  /// - Parameters:
  ///   - start, end: when it was asked, in seconds since 1970.
  package static func host(_ host: HostRecord, start: Int64, end: Int64) -> String {
    let state = host.isUp ? "up" : "down"
    var text = "<host starttime=\"\(start)\" endtime=\"\(end)\">"
    text += "<status state=\"\(state)\" reason=\"user-set\" reason_ttl=\"0\"/>\n"
    let kind = host.address.family == .v4 ? "ipv4" : "ipv6"
    text += "<address addr=\"\(host.address)\" addrtype=\"\(kind)\"/>\n<hostnames>\n"
    if let name = host.name {
      text += "<hostname\(attributes([("name", name), ("type", "user")]))/>\n"
    }
    text += "</hostnames>\n<ports>"
    for extra in host.extras {
      text += "<extraports state=\"\(extra.state)\" count=\"\(extra.count)\">\n"
      for (reason, count) in extra.reasons.sorted(by: { $0.key < $1.key }) {
        let words = attributes([("reason", reason), ("count", "\(count)")])
        text += "<extrareasons\(words)/>\n"
      }
      text += "</extraports>\n"
    }
    for entry in host.entries { text += port(entry, host.transport) }
    return text + "</ports>\n</host>\n"
  }

  private static func port(_ entry: HostRecord.Entry, _ transport: TransportProtocol) -> String {
    let state = attributes([
      ("state", entry.state), ("reason", entry.reason), ("reason_ttl", "0"),
    ])
    var text = "<port protocol=\"\(transport)\" portid=\"\(entry.port)\"><state\(state)/>"
    if let service = entry.service {
      text += "<service\(attributes([("name", service), ("method", "table"), ("conf", "3")]))/>"
    }
    if let banner = entry.banner {
      let output = Escaping.printable(bytes: banner.withoutLineEnd)
      text += "<script\(attributes([("id", "banner"), ("output", output)]))/>"
    }
    return text + "</port>\n"
  }

  /// What comes after the last host.
  package static func end(
    at time: (seconds: Int64, text: String), elapsed: Duration, hosts: Int, up: Int
  ) -> String {
    let seconds = ScanClock.seconds(elapsed)
    let summary =
      "reach done at \(time.text); \(hosts) IP addresses (\(up) hosts up) scanned in "
      + "\(seconds) seconds"
    let finished = attributes([
      ("time", "\(time.seconds)"), ("timestr", time.text), ("summary", summary),
      ("elapsed", seconds), ("exit", "success"),
    ])
    return "<runstats><finished\(finished)/>"
      + "<hosts up=\"\(up)\" down=\"\(hosts - up)\" total=\"\(hosts)\"/>\n</runstats>\n</nmaprun>\n"
  }

  private static func attributes(_ pairs: [(name: String, value: String)]) -> String {
    pairs.map { " \($0.name)=\"\(escaped($0.value))\"" }.joined()
  }

  /// Characters that XML 1.0 can't hold (section 2.2) are made visible first.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in Escaping.printable(text).unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\u{fffe}", "\u{ffff}": result += "?"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

/// Durations in the form that nmap's reports have.
package enum ScanClock {
  /// `12.34`.
  package static func seconds(_ duration: Duration) -> String {
    let hundredths = max(0, duration / .milliseconds(10))
    let whole = Int64(min(hundredths, 1e15))
    let rest = whole % 100
    return "\(whole / 100)." + (rest < 10 ? "0" : "") + "\(rest)"
  }
}
