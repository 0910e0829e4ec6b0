package import Model

/// The `reach/listeners/1` document of the contract.
package enum ListenersJSON {
  package static func document(_ sockets: [Listener]) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.field("schema", "reach/listeners/1")
    json.key("sockets")
    json.beginArray()
    for socket in sockets { write(socket, to: &json) }
    json.endArray()
    json.endObject()
    json.endLine()
    return json.bytes
  }

  static func write(_ socket: Listener, to json: inout JSONWriter) {
    json.beginObject()
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
    json.endObject()
  }
}
