internal import DecisionDiagram
internal import Model

extension Run {
  /// Runs a rule's expressions left to right.
  ///
  /// - Returns: the packets that came to the end without a verdict; those with one are in `ended`.
  func run(_ rule: Rule, on set: Node) -> Node {
    ended.removeAll(keepingCapacity: true)
    var matched = set
    for expression in rule.expressions {
      matched = diagram.and(matched, passing(expression, matched))
      for part in ended { matched = diagram.subtract(matched, part.set) }
      if matched == .never { break }
    }
    return matched
  }

  /// Ends the rule with a verdict for some packets.
  func end(_ set: Node, _ ending: Ending) {
    guard set != .never else { return }
    ended.append((set, ending))
  }

  /// The packets, of those that arrive, for which the rule goes on (the others *break*).
  ///
  /// Only packets within `matched` are meant: the answer outside it has no meaning.
  func passing(_ expression: Expression, _ matched: Node) -> Node {
    switch expression {
    case .immediate(let immediate): return evaluate(immediate, matched)
    case .compare(let compare): return evaluate(compare)
    case .range(let range): return evaluate(range)
    case .bitwise(let bitwise): return evaluate(bitwise)
    case .byteOrder(let order): return evaluate(order)
    case .payload(let payload): return evaluate(payload)
    case .payloadWrite(let write): return evaluate(write, matched)
    case .extensionHeader(let header): return evaluate(header, matched)
    case .meta(let meta): return evaluate(meta)
    case .metaWrite(let write): return evaluate(write, matched)
    case .conntrack(let conntrack): return evaluate(conntrack)
    case .conntrackWrite(let write): return evaluate(write, matched)
    case .routing(let routing): return evaluate(routing)
    case .fib(let fib): return evaluate(fib, matched)
    case .socket(let socket): return evaluate(socket, matched)
    case .lookup(let lookup): return evaluate(lookup, matched)
    case .dynamicSet(let set): return evaluate(set, matched)
    case .objectReference(let reference): return evaluate(reference, matched)
    case .counter, .last, .log, .duplicate: return .always
    case .limit(let limit): return evaluate(limit)
    case .quota(let quota): return evaluate(quota)
    case .connectionLimit(let limit): return evaluate(limit)
    case .numberGenerator(let generator): return evaluate(generator)
    case .hash(let hash): return evaluate(hash)
    case .nat(let nat): return evaluate(nat, matched)
    case .masquerade(let masquerade): return evaluate(masquerade, matched)
    case .redirect(let redirect): return evaluate(redirect, matched)
    case .transparentProxy(let proxy): return evaluate(proxy, matched)
    case .synproxy(let proxy): return evaluate(proxy, matched)
    case .reject(let reject): return evaluate(reject, matched)
    case .queue(let queue): return evaluate(queue, matched)
    case .notrack: return evaluateNotrack(matched)
    case .forward:
      end(matched, .verdict(.stolen))
      return .always
    case .flowOffload(let flowtable): return evaluateOffload(flowtable)
    case .operatingSystem(let system): return evaluate(system)
    case .tunnel(let tunnel): return evaluate(tunnel)
    case .transform: return evaluateTransform()
    case .inner(let inner): return evaluate(inner)
    case .xtablesMatch(let match): return evaluate(match: match, matched)
    case .xtablesTarget(let target): return evaluate(target: target, matched)
    case .unknown(let unknown):
      return undecidable("expression \(unknown.name) (\(unknown.reason))")
    }
  }

  /// An expression that may or may not match, nobody knows.
  func undecidable(_ what: String, isLikely: Bool = true) -> Node {
    fact(holds: "\(what) matches", fails: "\(what) does not match", isLikely: isLikely)
  }

  /// A register's bytes. What was never written can't be known.
  func load(_ register: Register, count: Int) -> SymbolicBytes {
    registers.load(register, count: count)
      ?? unknownBytes("an uninitialised register", count: count)
  }
}
