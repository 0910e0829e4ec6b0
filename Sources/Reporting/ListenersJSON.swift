package import Model

/// Puts the rule that limits a socket into nft's words; several namespaces have several rulesets.
package typealias SocketRuleDescriber = (SocketRecord, TraceStep) -> String

/// The `reach/listeners/1` document of the contract.
package enum ListenersJSON {
  package static let schema = "reach/listeners/1"

  package static func document(
    _ records: [SocketRecord], describe: @escaping SocketRuleDescriber
  ) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.field("schema", schema)
    json.key("sockets")
    json.beginArray()
    for record in records {
      json.beginObject()
      writeFields(record, to: &json, describe)
      json.endObject()
    }
    json.endArray()
    json.endObject()
    json.endLine()
    return json.bytes
  }

  /// One socket as one line, for `--json-lines`.
  ///
  /// - Parameter event: `opened` or `closed` of a socket that came or went while it was watched.
  package static func line(
    _ record: SocketRecord, event: String? = nil, describe: @escaping SocketRuleDescriber
  ) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    if let event { json.field("event", event) }
    writeFields(record, to: &json, describe)
    json.endObject()
    json.endLine()
    return json.bytes
  }

  static func write(_ socket: Listener, to json: inout JSONWriter) {
    json.beginObject()
    writeFields(socket, to: &json)
    json.endObject()
  }

  /// A socket of any state, without what a firewall says of it.
  static func write(_ record: SocketRecord, to json: inout JSONWriter) {
    json.beginObject()
    writeFields(record, to: &json) { _, _ in "" }
    json.endObject()
  }

  private static func writeFields(_ socket: Listener, to json: inout JSONWriter) {
    json.field("address", socket.address.description)
    json.field("port", socket.port.number)
    json.field("protocol", socket.transport.description)
    json.field("device", socket.deviceName ?? socket.device.map { "#\($0.rawValue)" })
    json.field("v6only", socket.isV6Only)
    json.field("pid", socket.program?.pid)
    json.field("command", socket.program?.command)
    json.field("user", socket.user ?? String(socket.userID))
    json.field("unit", socket.unit)
    json.field("inode", socket.inode)
    json.field("queue", socket.queue)
    json.field("backlog", socket.backlog)
  }

  private static func writeFields(
    _ record: SocketRecord, to json: inout JSONWriter, _ describe: SocketRuleDescriber
  ) {
    writeFields(record.listener, to: &json)
    json.field("state", record.state.name)
    json.field("service", record.service)
    json.field("peer", record.listener.peer?.description)
    json.field("sendQueue", record.sendQueue)
    json.key("pids")
    json.beginArray()
    for pid in record.holders { json.value(pid) }
    json.endArray()
    json.field("commandLine", record.process?.commandLine)
    json.field("started", record.process?.started.map { UTCTime(seconds: $0).description })
    json.field("container", record.process?.container)
    json.field("namespace", record.namespace)
    let reach = record.reachability
    json.field("reachableFrom", reach?.scope.rawValue)
    json.field("conditional", reach?.isConditional)
    json.key("reachableBy")
    if let reach {
      json.beginArray()
      for name in reach.interfaces { json.value(name) }
      json.endArray()
    } else {
      json.null()
    }
    json.field("limit", LimitText.text(of: record, describe))
    json.key("limitedBy")
    if case .firewall(let conclusion)? = reach?.limit, let step = conclusion.decidedBy {
      CheckJSON.writeDecision(
        step, direction: conclusion.direction, place: conclusion.place, owner: conclusion.owner,
        to: &json, { describe(record, $0) })
    } else {
      json.null()
    }
  }
}

/// A time of day in UTC, as RFC 3339 writes it.
struct UTCTime: CustomStringConvertible {
  /// Since 1970.
  let seconds: Int64

  var description: String {
    let limit: Int64 = 253_402_300_799
    let clamped = min(max(seconds, 0), limit)
    let (day, rest) = clamped.quotientAndRemainder(dividingBy: 86400)
    let (year, month, date) = Self.date(day)
    let clock = [rest / 3600, rest / 60 % 60, rest % 60].map(Self.two).joined(separator: ":")
    return "\(year)-\(Self.two(month))-\(Self.two(date))T\(clock)Z"
  }

  /// The Gregorian date of a day since 1970. Years begin in March, so that the leap day comes last.
  private static func date(_ day: Int64) -> (Int64, Int64, Int64) {
    // Days since 1 March of the year 0; 146,097 days are four centuries.
    let shifted = day + 719_468
    let (era, dayOfEra) = shifted.quotientAndRemainder(dividingBy: 146_097)
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let date = dayOfYear - (153 * month + 2) / 5 + 1
    let isNextYear = month >= 10
    return (
      yearOfEra + era * 400 + (isNextYear ? 1 : 0), isNextYear ? month - 9 : month + 3, date
    )
  }

  private static func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
