internal import Model
internal import Probing

/// A temporary listener as the user means it, whatever the words.
struct ListenRequest: Sendable {
  /// The PORT word as typed; `0` leaves the choice to the kernel.
  var port: String
  var isUDP = false
  /// `nil` for both.
  var family: IPFamily?
  var source: IPAddress?
  var keepsListening = false
  var banner: String?
  var isVerbose = false
  var idleLimit: Duration?
  var settings = SessionSettings()
  var readsInput = true
  var isUnescaped = false

  init(port: String) {
    self.port = port
  }
}
