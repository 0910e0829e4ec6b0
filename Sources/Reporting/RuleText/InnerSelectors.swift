internal import Model

/// Fields of the packet inside a tunnel, as nft 1.0.7 and later write them: `vxlan ip saddr`.
///
/// Source: `proto_vxlan`, `proto_geneve`, `proto_gre`, `proto_gretap` in nftables' src/proto.c.
enum InnerSelectors {
  /// What an `inner` expression loads, and where; `nil` if its expression loads nothing.
  static func loaded(_ inner: Inner) -> (operand: Operand, register: Register)? {
    let tunnel = name(inner.type)
    switch inner.expression {
    case .payload(let payload):
      let (field, type) = field(payload, in: inner)
      return (
        Operand(source: .named("\(tunnel) \(field)", type), length: payload.length),
        payload.destination
      )
    case .meta(let meta):
      let (text, type) = HostSelectors.meta(meta.key)
      return (
        Operand(source: .named("\(tunnel) \(text)", type), length: (type.bits + 7) / 8),
        meta.destination
      )
    default: return nil
    }
  }

  private static func name(_ type: UInt32) -> String {
    switch type {
    case 1: "vxlan"
    case 2: "geneve"
    case 3: "gre"
    case 4: "gretap"
    default: "[tunnel type \(type)]"
    }
  }

  /// The protocol inside is told by another test: addresses of 16 bytes are IPv6's.
  private static func field(_ payload: Payload, in inner: Inner) -> (String, DataType) {
    let headers: [Header] =
      switch payload.base {
      case .link: [.ether, .vlan]
      case .network: payload.length == 16 ? [.ip6] : [.ip, .ip6]
      case .transport: [.th, .icmp]
      case .tunnel, .inner: []
      }
    let (offset, bits) = (payload.offset * 8, payload.length * 8)
    for header in headers {
      if let field = header.fields.first(where: { $0.offset == offset && $0.bits == bits }) {
        return (field.text, field.type)
      }
    }
    if payload.base == .tunnel, inner.type == 1 || inner.type == 2, offset == 32, bits == 24 {
      return ("vni", .integer(bits: 24))
    }
    return ("@\(Selectors.baseName(payload.base)),\(offset),\(bits)", .raw(bits: bits))
  }
}
