/// An `errno` value of Linux, with its name.
package struct ErrorNumber: RawRepresentable, Hashable, Sendable {
  package let rawValue: Int32
  package init(rawValue: Int32) { self.rawValue = rawValue }

  package static let notPermitted = Self(rawValue: 1)
  package static let noEntry = Self(rawValue: 2)
  package static let noProcess = Self(rawValue: 3)
  package static let interrupted = Self(rawValue: 4)
  package static let inputOutput = Self(rawValue: 5)
  package static let badDescriptor = Self(rawValue: 9)
  package static let tryAgain = Self(rawValue: 11)
  package static let noMemory = Self(rawValue: 12)
  package static let accessDenied = Self(rawValue: 13)
  package static let exists = Self(rawValue: 17)
  package static let invalid = Self(rawValue: 22)
  package static let processFiles = Self(rawValue: 24)
  package static let brokenPipe = Self(rawValue: 32)
  package static let protocolError = Self(rawValue: 71)
  package static let messageSize = Self(rawValue: 90)
  package static let noProtocolOption = Self(rawValue: 92)
  package static let protocolNotSupported = Self(rawValue: 93)
  package static let notSupported = Self(rawValue: 95)
  package static let familyNotSupported = Self(rawValue: 97)
  package static let addressInUse = Self(rawValue: 98)
  package static let addressNotAvailable = Self(rawValue: 99)
  package static let networkDown = Self(rawValue: 100)
  package static let networkUnreachable = Self(rawValue: 101)
  package static let connectionReset = Self(rawValue: 104)
  package static let noBuffers = Self(rawValue: 105)
  package static let timedOut = Self(rawValue: 110)
  package static let connectionRefused = Self(rawValue: 111)
  package static let hostDown = Self(rawValue: 112)
  package static let hostUnreachable = Self(rawValue: 113)
  package static let inProgress = Self(rawValue: 115)

  /// The C name and what it means, for the numbers that networking meets
  /// (include/uapi/asm-generic/errno.h).
  private static let table: [Int32: (String, String)] = [
    1: ("EPERM", "operation not permitted"), 2: ("ENOENT", "no such file or object"),
    3: ("ESRCH", "no such process"), 4: ("EINTR", "interrupted"), 5: ("EIO", "input/output error"),
    9: ("EBADF", "bad descriptor"), 11: ("EAGAIN", "try again"), 12: ("ENOMEM", "out of memory"),
    13: ("EACCES", "permission denied"), 16: ("EBUSY", "busy"), 17: ("EEXIST", "exists already"),
    18: ("EXDEV", "cross-device link"), 19: ("ENODEV", "no such device"),
    22: ("EINVAL", "invalid argument"),
    23: ("ENFILE", "the system's table of open files is full"),
    24: ("EMFILE", "too many open files"), 28: ("ENOSPC", "no space left on the device"),
    32: ("EPIPE", "broken pipe"),
    64: ("ENONET", "machine is not on the network"), 71: ("EPROTO", "protocol error"),
    90: ("EMSGSIZE", "message too long"), 92: ("ENOPROTOOPT", "protocol not available"),
    93: ("EPROTONOSUPPORT", "protocol not supported"), 95: ("EOPNOTSUPP", "not supported"),
    97: ("EAFNOSUPPORT", "address family not supported"), 98: ("EADDRINUSE", "address in use"),
    99: ("EADDRNOTAVAIL", "address not available"), 100: ("ENETDOWN", "network is down"),
    101: ("ENETUNREACH", "network is unreachable"), 103: ("ECONNABORTED", "connection aborted"),
    104: ("ECONNRESET", "connection reset by peer"), 105: ("ENOBUFS", "no buffer space"),
    110: ("ETIMEDOUT", "timed out"), 111: ("ECONNREFUSED", "connection refused"),
    112: ("EHOSTDOWN", "host is down"), 113: ("EHOSTUNREACH", "no route to host"),
    114: ("EALREADY", "already in progress"), 115: ("EINPROGRESS", "in progress"),
  ]

  /// The C name: `ECONNREFUSED`.
  package var name: String { Self.table[rawValue]?.0 ?? "errno \(rawValue)" }
  /// What it means, in a few words without capital or full stop.
  package var explanation: String { Self.table[rawValue]?.1 ?? "error \(rawValue)" }
}

extension ErrorNumber: CustomStringConvertible {
  package var description: String { "\(explanation) (\(name))" }
}
