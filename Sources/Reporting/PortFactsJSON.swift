internal import Model

/// The `reach/port/1` document.
package enum PortFactsJSON {
  package static let schema = "reach/port/1"

  package static func document(_ report: PortReport) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.field("schema", schema)
    json.key("settings")
    json.beginObject()
    json.key("ephemeral")
    write(report.settings.ephemeralPorts, to: &json)
    json.key("reserved")
    json.beginArray()
    for range in report.settings.reservedPorts { write(range, to: &json) }
    json.endArray()
    json.field("unprivilegedStart", report.settings.unprivilegedPortStart)
    json.endObject()
    json.key("ports")
    json.beginArray()
    for facts in report.ports { write(facts, of: report, to: &json) }
    json.endArray()
    json.endObject()
    json.endLine()
    return json.bytes
  }

  private static func write(_ range: ClosedRange<UInt16>, to json: inout JSONWriter) {
    json.beginObject()
    json.field("first", range.lowerBound)
    json.field("last", range.upperBound)
    json.endObject()
  }

  private static func write(
    _ facts: PortFacts, of report: PortReport, to json: inout JSONWriter
  ) {
    json.beginObject()
    json.field("port", facts.port.number)
    json.field("class", facts.range.rawValue)
    json.field("ephemeral", report.isEphemeral(facts.port))
    json.field("reserved", report.isReserved(facts.port))
    json.field("privileged", report.isPrivileged(facts.port))
    json.key("services")
    json.beginArray()
    for service in facts.services {
      json.beginObject()
      json.field("name", service.name)
      json.field("protocol", service.transport.description)
      json.field("aliases", service.aliases)
      json.endObject()
    }
    json.endArray()
    json.key("sockets")
    if let sockets = facts.sockets {
      json.beginArray()
      for socket in sockets { ListenersJSON.write(socket, to: &json) }
      json.endArray()
    } else {
      json.null()
    }
    json.key("connections")
    json.beginArray()
    for connection in facts.connections { ListenersJSON.write(connection, to: &json) }
    json.endArray()
    json.field("usual", facts.usual.map(\.name))
    let isEndangered = report.canBeTaken(facts)
    json.field("canBeTaken", isEndangered)
    json.field("suggestion", isEndangered ? report.reservation(of: facts.port) : nil)
    json.endObject()
  }
}
