internal import Model

/// Expressions as the kernel dumps them: `NFTA_EXPR_NAME` (1) and `NFTA_EXPR_DATA` (2), the data by
/// name. Each `init` of an expression takes the attributes of its data; what it throws makes the
/// expression `.unknown`, so nothing is dropped. Source: `nf_tables_fill_expr_info`,
/// net/netfilter/nf_tables_api.c; attributes in include/uapi/linux/netfilter/nf_tables.h.
extension Expression {
  /// Decodes the list of `NFTA_LIST_ELEM` (1) that fills `bytes`.
  ///
  /// - Parameter isNested: whether the list is part of another expression.
  static func list(
    _ bytes: Span<UInt8>, isNested: Bool = false
  ) throws(KernelError) -> [Expression] {
    var expressions: [Expression] = []
    expressions.reserveCapacity(min(8, bytes.count / 16))
    var elements = AttributeReader(bytes)
    while let element = try elements.next() {
      guard element.type == 1 else {
        expressions.append(
          .unknown(
            UnknownExpression(
              name: "", reason: "list attribute \(element.type)", bytes: element.copy())))
        continue
      }
      expressions.append(try Expression(element.bytes, isNested: isNested))
    }
    return expressions
  }

  /// Decodes one expression. Throws only `KernelError.malformed`.
  ///
  /// - Parameter isNested: whether it is part of another expression. The kernel nests no deeper
  ///   than that, and bytes that do must not exhaust the stack.
  init(_ bytes: Span<UInt8>, isNested: Bool = false) throws(KernelError) {
    let parts = try AttributeTable(bytes)
    let name = parts.payload(1)
    let data = parts.payload(2)
    do throws(KernelError) {
      let attributes = try AttributeTable(data)
      do throws(NotUnderstood) {
        try parts.allow(through: 2)
        if isNested, name.isText("inner") || name.isText("dynset") {
          throw NotUnderstood(reason: "nesting")
        }
        self = try Self.known(name, attributes)
      } catch {
        self = .unknown(
          UnknownExpression(name: name.text(), reason: error.reason, bytes: data.copy()))
      }
    } catch {
      throw .malformed(what: "ruleset", path: "expression \(name.text())", offset: 0)
    }
  }

  /// The expression by its name. The names most used come first, tried one after another: a
  /// comparison is of a few bytes in place.
  private static func known(
    _ name: Span<UInt8>, _ a: borrowing AttributeTable
  ) throws(NotUnderstood) -> Expression {
    if name.isText("payload") { return try payload(a) }
    if name.isText("cmp") { return .compare(try Compare(a)) }
    if name.isText("meta") { return try meta(a) }
    if name.isText("immediate") { return .immediate(try Immediate(a)) }
    if name.isText("counter") { return .counter(try Counter(a)) }
    if name.isText("lookup") { return .lookup(try Lookup(a)) }
    if name.isText("bitwise") { return .bitwise(try Bitwise(a)) }
    if name.isText("ct") { return try conntrack(a) }
    if name.isText("match") { return .xtablesMatch(try XtablesExtension(a)) }
    if name.isText("target") { return .xtablesTarget(try XtablesExtension(a)) }
    if name.isText("range") { return .range(try RangeMatch(a)) }
    if name.isText("byteorder") { return .byteOrder(try ByteOrder(a)) }
    if name.isText("reject") { return .reject(try Reject(a)) }
    if name.isText("limit") { return .limit(try Limit(a)) }
    if name.isText("log") { return .log(try Log(a)) }
    if name.isText("nat") { return .nat(try NAT(a)) }
    if name.isText("masq") { return .masquerade(try Masquerade(a)) }
    if name.isText("redir") { return .redirect(try Redirect(a)) }
    return try seldom(name, a)
  }

  private static func seldom(
    _ name: Span<UInt8>, _ a: borrowing AttributeTable
  ) throws(NotUnderstood) -> Expression {
    switch name.text() {
    case "connlimit": return .connectionLimit(try ConnectionLimit(a))
    case "dup": return .duplicate(try Duplicate(a))
    case "dynset": return .dynamicSet(try DynamicSet(a))
    case "exthdr": return .extensionHeader(try ExtensionHeader(a))
    case "fib": return .fib(try FIBLookup(a))
    case "flow_offload": return try flowOffload(a)
    case "fwd": return .forward(try Forward(a))
    case "hash": return .hash(try Hash(a))
    case "inner": return .inner(try Inner(a))
    case "last": return try last(a)
    case "notrack": return try notrack(a)
    case "numgen": return .numberGenerator(try NumberGenerator(a))
    case "objref": return .objectReference(try ObjectReference(a))
    case "osf": return .operatingSystem(try OperatingSystem(a))
    case "queue": return .queue(try Queue(a))
    case "quota": return .quota(try Quota(a))
    case "rt": return .routing(try Routing(a))
    case "socket": return .socket(try SocketLookup(a))
    case "synproxy": return .synproxy(try SynProxy(a))
    case "tproxy": return .transparentProxy(try TransparentProxy(a))
    case "tunnel": return .tunnel(try Tunnel(a))
    case "xfrm": return .transform(try Transform(a))
    default: throw NotUnderstood(reason: "the expression's name")
    }
  }
}
