/// What TCP, or UDP as far as it has states, makes of a socket.
///
/// The numbers are the kernel's (include/net/tcp_states.h), which UDP borrows: `closed` is a socket
/// without a peer, `established` one with a peer.
package enum SocketState: UInt8, Hashable, Sendable, CaseIterable {
  case established = 1
  case synSent
  case synReceived
  case finWait1
  case finWait2
  case timeWait
  case closed
  case closeWait
  case lastAck
  case listening
  case closing

  /// The name that people know from ss(8).
  package var name: String {
    switch self {
    case .established: "estab"
    case .synSent: "syn-sent"
    case .synReceived: "syn-recv"
    case .finWait1: "fin-wait-1"
    case .finWait2: "fin-wait-2"
    case .timeWait: "time-wait"
    case .closed: "unconn"
    case .closeWait: "close-wait"
    case .lastAck: "last-ack"
    case .listening: "listen"
    case .closing: "closing"
    }
  }

  /// Reads ss's names, and the longer ones of netstat and the RFCs.
  package init?(_ word: String) {
    let aliases: [String: SocketState] = [
      "established": .established, "listening": .listening, "unconnected": .closed,
      "closed": .closed, "syn-rcv": .synReceived, "fin_wait1": .finWait1,
      "fin_wait2": .finWait2, "fin-wait1": .finWait1, "fin-wait2": .finWait2,
    ]
    let wanted = word.lowercased()
    let dashed = String(wanted.map { $0 == "_" ? "-" : $0 })
    guard
      let state = Self.allCases.first(where: { $0.name == dashed })
        ?? aliases[wanted] ?? aliases[dashed]
    else { return nil }
    self = state
  }
}

/// A socket of any state, with the process behind it and who can reach it.
package struct SocketRecord: Hashable, Sendable {
  /// Its address, port, queue, owner: what every socket has that can receive.
  package var listener: Listener
  package var state: SocketState
  /// Bytes sent that the peer has not acknowledged; 0 for a listening socket.
  package var sendQueue: UInt32
  /// Every process that has it open, by rising pid.
  package var holders: [Int32]
  /// Facts about the process in `listener.program`.
  package var process: ProcessFacts?
  /// The port's name in /etc/services.
  package var service: String?
  /// The network namespace, if not the one asked about.
  package var namespace: String?
  /// `nil` for sockets that take nothing new, and where the ruleset could not be read.
  package var reachability: Reachability?

  package init(
    listener: Listener, state: SocketState, sendQueue: UInt32 = 0, holders: [Int32] = [],
    process: ProcessFacts? = nil, service: String? = nil, namespace: String? = nil,
    reachability: Reachability? = nil
  ) {
    self.listener = listener
    self.state = state
    self.sendQueue = sendQueue
    self.holders = holders
    self.process = process
    self.service = service
    self.namespace = namespace
    self.reachability = reachability
  }

  /// Whether a stranger's packet may be for it: a TCP listener, or a UDP socket without a peer.
  package var isOpenToAll: Bool {
    listener.transport == .tcp ? state == .listening : listener.peer == nil
  }
}

/// What /proc tells of a process.
package struct ProcessFacts: Hashable, Sendable {
  package var pid: Int32
  /// The kernel's name for it, at most 15 bytes.
  package var command: String
  /// Its words with spaces between them; `nil` for a thread of the kernel and after its end.
  package var commandLine: String?
  /// When it started, in seconds since 1970.
  package var started: Int64?
  /// The systemd unit of its cgroup.
  package var unit: String?
  /// The container whose cgroup it is in: `docker 4f1e2d3c4b5a`.
  package var container: String?

  package init(
    pid: Int32, command: String, commandLine: String? = nil, started: Int64? = nil,
    unit: String? = nil, container: String? = nil
  ) {
    self.pid = pid
    self.command = command
    self.commandLine = commandLine
    self.started = started
    self.unit = unit
    self.container = container
  }
}
