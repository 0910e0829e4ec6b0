internal import Model

/// Which families have conntrack switched on, because something in the ruleset refers to it.
///
/// Source: the callers of `nf_ct_netns_get` (net/netfilter/nf_conntrack_proto.c).
enum ConntrackUsers {
  static func families(_ ruleset: Ruleset) -> Set<IPFamily> {
    var families: Set<IPFamily> = []
    for table in ruleset.tables {
      let own = members(of: table.family)
      guard !own.isSubset(of: families) || table.family == .inet else { continue }
      for object in table.objects where usesConntrack(object) { families.formUnion(own) }
      for set in table.sets {
        for expression in set.expressions {
          families.formUnion(use(expression, own))
        }
      }
      for chain in table.chains {
        for rule in chain.rules {
          for expression in rule.expressions where families.count < 2 {
            families.formUnion(use(expression, own))
          }
        }
      }
    }
    return families
  }

  static func members(of family: Family) -> Set<IPFamily> {
    switch family {
    case .inet, .bridge: [.v4, .v6]
    case .ip: [.v4]
    case .ip6: [.v6]
    default: []
    }
  }

  private static func usesConntrack(_ object: StatefulObject) -> Bool {
    switch object.content {
    case .connectionLimit, .conntrackHelper, .conntrackTimeout, .conntrackExpectation, .synproxy:
      true
    case .counter, .quota, .limit, .tunnel, .securityMark, .unknown: false
    }
  }

  private static func use(_ expression: Expression, _ own: Set<IPFamily>) -> Set<IPFamily> {
    switch expression {
    case .conntrack, .conntrackWrite, .connectionLimit, .masquerade, .redirect, .flowOffload,
      .synproxy:
      return own
    case .nat(let nat):
      return nat.family.map { [$0] } ?? own
    case .dynamicSet(let set):
      return set.expressions.reduce(into: []) { $0.formUnion(use($1, own)) }
    case .xtablesMatch(let match):
      return xtablesMatches.contains(match.name) ? own : []
    case .xtablesTarget(let target):
      // CT with its first flag (`XT_CT_NOTRACK`) asks for nothing.
      if target.name == "CT", target.info.first.map({ $0 & 1 != 0 }) ?? false { return [] }
      return xtablesTargets.contains(target.name) ? own : []
    case .immediate, .compare, .range, .bitwise, .byteOrder, .payload, .payloadWrite,
      .extensionHeader, .meta, .metaWrite, .routing, .fib, .socket, .lookup, .objectReference,
      .counter, .last, .log, .limit, .quota, .numberGenerator, .hash, .transparentProxy, .reject,
      .queue, .notrack, .duplicate, .forward, .operatingSystem, .tunnel, .transform, .inner,
      .unknown:
      return []
    }
  }

  /// Families in which fragments are put together without conntrack, for tproxy's sake
  /// (`nf_defrag_ipv4_enable` in nft_tproxy.c, xt_TPROXY.c and xt_socket.c).
  static func defragmentingFamilies(_ ruleset: Ruleset) -> Set<IPFamily> {
    var families: Set<IPFamily> = []
    for table in ruleset.tables {
      let own = members(of: table.family)
      for expression in table.chains.lazy.flatMap(\.rules).flatMap(\.expressions) {
        switch expression {
        case .transparentProxy(let proxy): families.formUnion(proxy.family.map { [$0] } ?? own)
        case .xtablesMatch(let match) where match.name == "socket": families.formUnion(own)
        case .xtablesTarget(let target) where target.name == "TPROXY": families.formUnion(own)
        default: break
        }
      }
    }
    return families
  }

  private static let xtablesMatches: Set<String> = [
    "conntrack", "state", "connmark", "connbytes", "connlimit", "connlabel", "helper", "cluster",
  ]
  private static let xtablesTargets: Set<String> = [
    "CT", "CONNMARK", "CONNSECMARK", "MASQUERADE", "REDIRECT", "DNAT", "SNAT", "NETMAP", "SYNPROXY",
  ]
}
