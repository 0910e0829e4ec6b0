internal import Glibc
package import Model

/// Reads the tables of xtables-legacy in the calling thread's network namespace.
///
/// Only tables that exist already are asked for: getsockopt would make the others, and hook them
/// (`xt_find_table_lock`, net/netfilter/x_tables.c).
package enum LegacyTables {
  /// How often a table that changes between its size and its entries is read again.
  private static let attempts = 10
  /// The most bytes of entries that are read of one table.
  private static let sizeLimit = 256 << 20

  /// All tables, with their rules.
  ///
  /// - Throws: `KernelError.call` with EACCES or EPERM without privilege, `.malformed`,
  ///   `.unstable`.
  package static func read() throws(KernelError) -> [LegacyTable] {
    var tables: [LegacyTable] = []
    for family in [IPFamily.v4, .v6] {
      for name in try names(family) { tables.append(try read(name, family)) }
    }
    return tables
  }

  /// The tables that exist; none if the module is not loaded.
  static func names(_ family: IPFamily) throws(KernelError) -> [String] {
    let file = family == .v4 ? "ip_tables_names" : "ip6_tables_names"
    do throws(KernelError) {
      return try TextFile.read("/proc/thread-self/net/\(file)").lines.map(\.text)
        .filter { !$0.isEmpty }
    } catch .call(_, .noEntry, _) {
      return []
    }
  }

  private static func read(_ name: String, _ family: IPFamily) throws(KernelError) -> LegacyTable {
    let context = "reading the legacy table \(name)"
    let domain = family == .v4 ? AF_INET : AF_INET6
    let flags = Int32(bitPattern: SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
    let socket = FileDescriptor(
      owning: try systemCall("socket", context) { Glibc.socket(domain, flags, 0) })
    for _ in 0..<attempts {
      do throws(KernelError) {
        // struct ipt_getinfo (84 bytes) and ipt_get_entries (40 bytes and the entries), both with
        // the name first: include/uapi/linux/netfilter_ipv4/ip_tables.h.
        let info = try get(.info, name, 84, prefix: [], from: socket, family, context)
        let layout = try LegacyTableLayout(info.span)
        guard layout.size <= sizeLimit else {
          throw .tooLarge(what: "the legacy table \(name)", limit: sizeLimit)
        }
        let entries = try get(
          .entries, name, 40 + layout.size, prefix: Array(info[80..<84]), from: socket, family,
          context)
        return try LegacyTable(family, name, layout, entries.span.extracting(40..<entries.count))
      } catch .call(_, .tryAgain, _) {
        continue
      }
    }
    throw .unstable(what: "the legacy table \(name)", attempts: attempts)
  }

  /// `IPT_SO_GET_INFO` and `IPT_SO_GET_ENTRIES`; the same numbers for IPv6.
  private enum Option: Int32 {
    case info = 64
    case entries = 65
  }

  /// One getsockopt that takes the table's name, 32 bytes, and `prefix` behind it.
  private static func get(
    _ option: Option, _ name: String, _ size: Int, prefix: [UInt8],
    from socket: borrowing FileDescriptor, _ family: IPFamily, _ context: String
  ) throws(KernelError) -> [UInt8] {
    var buffer = Array(name.utf8.prefix(31))
    buffer += [UInt8](repeating: 0, count: 32 - buffer.count) + prefix
    buffer += [UInt8](repeating: 0, count: max(0, size - buffer.count))
    var length = socklen_t(buffer.count)
    let level = Int32(family == .v4 ? IPPROTO_IP : Int(IPPROTO_IPV6))
    _ = try systemCall("getsockopt", context) {
      // Safe: the kernel writes at most `length` bytes, the buffer's own count.
      unsafe getsockopt(socket.number, level, option.rawValue, &buffer, &length)
    }
    guard length == buffer.count else {
      throw .malformed(what: "legacy table", path: name, offset: Int(length))
    }
    return buffer
  }
}

/// Where the chains of a table start: `struct ipt_getinfo` without the name.
struct LegacyTableLayout: Hashable {
  /// Offsets of the first entry and of the policy's entry, for each hook that the table uses.
  struct HookRange: Hashable {
    var hook: Hook
    var start: Int
    var policy: Int
  }

  var hooks: [HookRange] = []
  var size: Int

  /// Reads `struct ipt_getinfo`: name 32 bytes, u32 valid_hooks, u32 hook_entry[5], u32
  /// underflow[5], u32 num_entries, u32 size, in host order.
  init(_ info: Span<UInt8>) throws(KernelError) {
    let inOrder: [Hook] = [.prerouting, .input, .forward, .output, .postrouting]
    let valid = try info.host32(at: 32)
    size = Int(try info.host32(at: 80))
    for (number, hook) in inOrder.enumerated() where valid & (1 << UInt32(number)) != 0 {
      hooks.append(
        HookRange(
          hook: hook, start: Int(try info.host32(at: 36 + 4 * number)),
          policy: Int(try info.host32(at: 56 + 4 * number))))
    }
  }
}

extension Span<UInt8> {
  /// A u32 in host order.
  func host32(at offset: Int) throws(KernelError) -> UInt32 {
    UInt32(
      truncatingIfNeeded: try number(at: offset, count: 4, bigEndian: hostIsBigEndian, of: 0))
  }

  /// A u16 in host order.
  func host16(at offset: Int) throws(KernelError) -> Int {
    Int(try number(at: offset, count: 2, bigEndian: hostIsBigEndian, of: 0))
  }

  /// A copy of `count` bytes; throws if the span ends before.
  func copy(at offset: Int, count: Int) throws(KernelError) -> [UInt8] {
    try part(at: offset, count: count).copy()
  }

  /// The bytes `offset..<offset + count`; throws if the span ends before.
  @_lifetime(copy self)
  func part(at offset: Int, count: Int) throws(KernelError) -> Span<UInt8> {
    guard offset >= 0, count >= 0, offset <= self.count, self.count - offset >= count else {
      throw .malformed(what: "legacy table", path: "entry", offset: offset)
    }
    return extracting(offset..<(offset + count))
  }
}
