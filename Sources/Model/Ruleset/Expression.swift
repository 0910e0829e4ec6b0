/// One expression of a rule. There is one case for each name that the kernel can dump
/// (net/netfilter/nf_tables_core.c and the modules beside it).
///
/// Switches over it have no `default`, so that the compiler lists the places to visit for a new
/// one.
package indirect enum Expression: Hashable, Sendable {
  case immediate(Immediate)
  case compare(Compare)
  case range(RangeMatch)
  case bitwise(Bitwise)
  case byteOrder(ByteOrder)
  case payload(Payload)
  case payloadWrite(PayloadWrite)
  case extensionHeader(ExtensionHeader)
  case meta(Meta)
  case metaWrite(MetaWrite)
  case conntrack(Conntrack)
  case conntrackWrite(ConntrackWrite)
  case routing(Routing)
  case fib(FIBLookup)
  case socket(SocketLookup)
  case lookup(Lookup)
  case dynamicSet(DynamicSet)
  case objectReference(ObjectReference)
  case counter(Counter)
  case last
  case log(Log)
  case limit(Limit)
  case quota(Quota)
  case connectionLimit(ConnectionLimit)
  case numberGenerator(NumberGenerator)
  case hash(Hash)
  case nat(NAT)
  case masquerade(Masquerade)
  case redirect(Redirect)
  case transparentProxy(TransparentProxy)
  case synproxy(SynProxy)
  case reject(Reject)
  case queue(Queue)
  case notrack
  case duplicate(Duplicate)
  case forward(Forward)
  case flowOffload(flowtable: String)
  case operatingSystem(OperatingSystem)
  case tunnel(Tunnel)
  case transform(Transform)
  case inner(Inner)
  /// An xtables extension, with its structure as the kernel dumps it.
  case xtablesMatch(XtablesExtension)
  case xtablesTarget(XtablesExtension)
  /// A name, attribute or flag that this version does not understand; its bytes are kept.
  case unknown(UnknownExpression)
}

/// An expression that is kept without being understood.
package struct UnknownExpression: Hashable, Sendable {
  package var name: String
  /// What exactly was not understood, for people: `attribute 8`, `operation 9`.
  package var reason: String
  /// The bytes of `NFTA_EXPR_DATA`.
  package var bytes: [UInt8]

  package init(name: String, reason: String, bytes: [UInt8]) {
    self.name = name
    self.reason = reason
    self.bytes = bytes
  }
}

/// An xtables match or target used through nft_compat.
package struct XtablesExtension: Hashable, Sendable {
  package var name: String
  package var revision: UInt32
  /// The extension's C structure, padded to 8 bytes; integers in host order unless the header says
  /// so.
  package var info: [UInt8]

  package init(name: String, revision: UInt32, info: [UInt8]) {
    self.name = name
    self.revision = revision
    self.info = info
  }
}
