/// A line of /etc/services.
package struct Service: Hashable, Sendable {
  package var name: String
  package var port: Port
  package var transport: TransportProtocol
  package var aliases: [String]

  package init(name: String, port: Port, transport: TransportProtocol, aliases: [String] = []) {
    self.name = name
    self.port = port
    self.transport = transport
    self.aliases = aliases
  }
}
