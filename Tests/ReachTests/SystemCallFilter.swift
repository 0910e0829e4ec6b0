import Glibc
import TestSupport

/// Makes the kernel look poorer for the calling thread and what it starts (seccomp(2)).
enum SystemCallFilter {
  /// `struct sock_filter` (include/uapi/linux/filter.h).
  private struct Instruction {
    var code: UInt16
    var whenTrue: UInt8 = 0
    var whenFalse: UInt8 = 0
    var value: UInt32
  }

  /// `struct sock_fprog`.
  private struct Program {
    var length: UInt16
    var instructions: UnsafeMutablePointer<Instruction>?
  }

  #if arch(x86_64)
    private static let socketCall: UInt32 = 41
  #else
    private static let socketCall: UInt32 = 198
  #endif

  /// From now on socket(AF_NETLINK, ..., NETLINK_NETFILTER) fails with EPROTONOSUPPORT. Only for
  /// threads that end afterwards.
  static func refuseNetfilterSockets() throws {
    // BPF_LD | BPF_W | BPF_ABS, BPF_JMP | BPF_JEQ | BPF_K, BPF_RET | BPF_K; `struct seccomp_data`
    // has the call's number at 0 and its arguments, 8 bytes each, from 16 on.
    var instructions = [
      Instruction(code: 0x20, value: 0),
      Instruction(code: 0x15, whenFalse: 5, value: socketCall),
      Instruction(code: 0x20, value: 16),
      Instruction(code: 0x15, whenFalse: 3, value: 16),
      Instruction(code: 0x20, value: 32),
      Instruction(code: 0x15, whenFalse: 1, value: 12),
      Instruction(code: 0x06, value: 0x5_0000 | UInt32(EPROTONOSUPPORT)),
      Instruction(code: 0x06, value: 0x7fff_0000),
    ]
    // prctl is variadic, which Swift does not import; its arguments go where plain ones go.
    typealias Control =
      @convention(c) (Int32, UInt, UnsafeRawPointer?, UInt, UInt) -> Int32
    guard let symbol = dlsym(nil, "prctl") else { throw FixtureError("there is no prctl") }
    let control = unsafeBitCast(symbol, to: Control.self)
    let result = instructions.withUnsafeMutableBufferPointer { buffer in
      var program = Program(length: UInt16(buffer.count), instructions: buffer.baseAddress)
      // PR_SET_NO_NEW_PRIVS, then PR_SET_SECCOMP with SECCOMP_MODE_FILTER.
      let first = control(38, 1, nil, 0, 0)
      return withUnsafePointer(to: &program) { first | control(22, 2, $0, 0, 0) }
    }
    guard result == 0 else { throw FixtureError("seccomp filters are not available") }
  }
}
