internal import Model
internal import Probing

/// A session as the user means it, whatever the words.
struct TalkRequest: Sendable {
  /// A proxy to go through.
  struct Proxy: Sendable {
    var kind: ProxyHandshake.Kind
    var host: String
    var port: Port
  }

  enum Target: Sendable {
    case port(host: String, ports: [String])
    case path(String)
  }

  var target: Target
  /// Family, source, time limit and the like.
  var check = CheckRequest(host: "", ports: [])
  /// `-w` was given: it also limits silence.
  var limitsSilence = false
  var proxy: Proxy?
  var settings = SessionSettings()
  var readsInput = true
  /// `-z`: connecting is all.
  var onlyConnects = false
  var isRaw = false
  /// `nil`: decided by port, terminal and peer.
  var telnet: Bool?
  var isUnescaped = false

  init(_ target: Target) {
    self.target = target
  }
}
