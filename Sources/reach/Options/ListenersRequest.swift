internal import Model

/// A look at this host's sockets as the user means it, whatever the words.
struct ListenersRequest: Sendable {
  /// PORT words as typed.
  var ports: [String] = []
  /// Every state, and UDP sockets with a peer.
  var isAll = false
  var transports: Set<TransportProtocol> = [.tcp, .udp]
  var families: Set<IPFamily> = Set(IPFamily.allCases)
  /// Empty: any; likewise below.
  var states: Set<SocketState> = []
  var pids: Set<Int32> = []
  /// Names or numbers.
  var users: Set<String> = []
  var units: Set<String> = []
  var addresses: [Prefix] = []
  var readsFirewall = true
  var isNumeric = false
  var namespace: String?
  var isEveryNamespace = false
  var isWide = false
  var isWatching = false
  var format = CheckRequest.Format.text

  /// The states to ask the kernel for.
  var wantedStates: Set<SocketState> {
    if !states.isEmpty { return states }
    return isAll ? Set(SocketState.allCases) : [.listening, .closed]
  }

  /// Whether a socket is one of those asked for, by what is known of it once its process is found.
  func wants(_ record: SocketRecord) -> Bool {
    let socket = record.listener
    if !pids.isEmpty, pids.isDisjoint(with: record.holders) { return false }
    if !users.isEmpty, !users.contains(String(socket.userID)),
      !(socket.user.map { users.contains($0) } ?? false)
    {
      return false
    }
    if !units.isEmpty {
      guard let unit = socket.unit else { return false }
      // `ssh` stands for `ssh.service`, as for systemctl.
      let short = unit.split(separator: ".").dropLast().joined(separator: ".")
      guard units.contains(unit) || units.contains(short) else { return false }
    }
    return addresses.isEmpty
      || addresses.contains { prefix in
        // A whole wildcard is asked for by its own address only.
        prefix.length == 0
          ? socket.address == prefix.address : prefix.contains(socket.address)
      }
  }
}
