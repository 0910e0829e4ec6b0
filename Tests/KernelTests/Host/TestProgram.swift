import Glibc
import TestSupport

/// bpf(2) has no wrapper in the C library, and syscall(2) is variadic, which Swift does not import.
/// Its integer arguments are passed like those of an ordinary function.
@_silgen_name("syscall")
private func systemCall(
  _ number: Int, _ command: Int, _ attributes: UnsafeRawPointer, _ size: Int
) -> Int

/// `__NR_bpf`.
#if arch(x86_64)
  private let callNumber = 321
#else
  // The table that newer architectures share (include/uapi/asm-generic/unistd.h).
  private let callNumber = 280
#endif

/// A BPF program that returns a constant, attached for as long as this lives.
final class TestProgram: Sendable {
  /// Where it is attached. Raw values: `enum bpf_prog_type`, `enum bpf_attach_type`.
  struct Place: Sendable {
    let programType: UInt32
    let attachType: UInt32
    let flags: UInt32
    let result: Int32

    /// XDP_PASS, generic mode.
    static let xdp = Place(programType: 6, attachType: 37, flags: 2, result: 2)
    /// TCX_NEXT at ingress.
    static let tcx = Place(programType: 3, attachType: 46, flags: 0, result: -1)
    /// Let pass, at a cgroup's ingress.
    static let cgroupIngress = Place(programType: 8, attachType: 0, flags: 0, result: 1)
  }

  private let link: Int32

  /// - Parameter target: a device's index, or the descriptor of a cgroup's directory.
  /// - Throws: if the kernel has no such place.
  init(_ place: Place, target: UInt32) throws {
    let program = try Self.load(place)
    defer { close(program) }
    // BPF_LINK_CREATE: program, target, attach type, flags.
    let words = [UInt32(bitPattern: program), target, place.attachType, place.flags]
    link = try Self.call(28, words + [UInt32](repeating: 0, count: 12), "BPF_LINK_CREATE")
  }

  deinit { close(link) }

  private static func load(_ place: Place) throws -> Int32 {
    // r0 = result; exit
    let code: [UInt32] = [0xb7, UInt32(bitPattern: place.result), 0x95, 0]
    let license: [CChar] = [71, 80, 76, 0]
    return try code.withUnsafeBytes { code in
      try license.withUnsafeBytes { license in
        // BPF_PROG_LOAD: type, instructions, license, ..., expected attach type at byte 68.
        var words = [UInt32](repeating: 0, count: 18)
        words[0] = place.programType
        words[1] = 2
        words.replaceSubrange(2..<4, with: halves(code.baseAddress))
        words.replaceSubrange(4..<6, with: halves(license.baseAddress))
        words[17] = place.attachType
        return try call(5, words, "BPF_PROG_LOAD")
      }
    }
  }

  private static func halves(_ pointer: UnsafeRawPointer?) -> [UInt32] {
    let bits = UInt64(UInt(bitPattern: pointer))
    return [UInt32(truncatingIfNeeded: bits), UInt32(truncatingIfNeeded: bits >> 32)]
  }

  private static func call(_ command: Int, _ words: [UInt32], _ name: String) throws -> Int32 {
    let result = words.withUnsafeBytes { space in
      space.baseAddress.map { systemCall(callNumber, command, $0, space.count) } ?? -1
    }
    guard result >= 0 else { throw FixtureError("\(name) failed: \(errno)") }
    return Int32(truncatingIfNeeded: result)
  }
}
