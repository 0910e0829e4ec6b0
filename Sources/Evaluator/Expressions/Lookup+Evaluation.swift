internal import DecisionDiagram
internal import Model

extension Run {
  /// Source: net/netfilter/nft_lookup.c, `nft_lookup_eval`.
  func evaluate(_ lookup: Lookup, _ matched: Node) -> Node {
    guard let set = index.set(lookup.set, table: table) else {
      return undecidable("a lookup in set \(lookup.set), which was not read")
    }
    let key = load(lookup.source, count: set.set.keyLength)
    var found = Node.never
    var data: SymbolicBytes?
    for (element, part) in elements(of: set, for: key, matched) {
      let hit = diagram.and(part, passing(element, part))
      if case .verdict? = lookup.destination, case .verdict(let verdict)? = element.data {
        found = diagram.or(found, hit)
        if verdict == .break {
          found = diagram.subtract(found, hit)
        } else if verdict != .continue, !lookup.isInverted {
          end(diagram.and(matched, hit), .verdict(verdict))
        }
        continue
      }
      if let register = lookup.destination, case .data = register,
        case .value(let bytes)? = element.data
      {
        let value = SymbolicBytes(bytes)
        data = data.map { diagram.choose(hit, value, $0) } ?? value
      }
      found = diagram.or(found, lookup.isInverted ? part : hit)
    }
    if let data, let register = lookup.destination { registers.store(data, at: register) }
    return lookup.isInverted ? diagram.not(found) : found
  }

  /// The elements that packets find, with the packets that find each (within `matched`).
  func elements(
    of set: SetIndex, for key: SymbolicBytes, _ matched: Node
  ) -> [(element: Element, set: Node)] {
    if let values = diagram.values(of: key, in: matched, limit: 16) {
      return values.flatMap { element(of: set, for: $0.value, $0.set) }
    }
    guard let parts = set.parts(of: key, in: diagram), parts.count <= 4096 else {
      return [(Element(key: nil), undecidable("a lookup in set \(set.set.name)"))]
    }
    var rest = matched
    var result: [(element: Element, set: Node)] = []
    for (element, condition) in parts {
      let part = diagram.and(rest, condition)
      guard part != .never else { continue }
      result.append((element, part))
      rest = diagram.subtract(rest, part)
    }
    if let element = set.catchAll, rest != .never { result.append((element, rest)) }
    return result
  }

  /// The same for one concrete key, with what rules on the way changed.
  private func element(
    of set: SetIndex, for key: [UInt8], _ packets: Node
  ) -> [(element: Element, set: Node)] {
    var rest = packets
    var result: [(element: Element, set: Node)] = []
    for change in changes.reversed()
    where change.reference == set.reference && change.key == key {
      let part = diagram.and(rest, change.set)
      rest = diagram.subtract(rest, part)
      if let element = change.element, part != .never { result.append((element, part)) }
    }
    guard rest != .never else { return result }
    switch set.element(for: key) {
    case .found(let element): result.append((element, rest))
    case .absent: break
    case .unknown(let reason):
      let isIn = undecidable("a lookup in set \(set.set.name) (\(reason))", isLikely: false)
      result.append((Element(key: key), diagram.and(rest, isIn)))
    }
    return result
  }

  /// Runs the stateful expressions that an element carries (`nft_set_elem_update_expr`).
  private func passing(_ element: Element, _ matched: Node) -> Node {
    element.expressions.reduce(Node.always) { diagram.and($0, passing($1, matched)) }
  }

  /// Source: net/netfilter/nft_dynset.c, `nft_dynset_eval`.
  func evaluate(_ dynamic: DynamicSet, _ matched: Node) -> Node {
    guard let set = index.set(dynamic.set, table: table) else {
      return undecidable("an update of set \(dynamic.set), which was not read")
    }
    let key = load(dynamic.key, count: set.set.keyLength)
    guard let values = diagram.values(of: key, in: matched, limit: 16) else {
      return undecidable("an update of set \(dynamic.set)")
    }
    var passes = Node.never
    for (value, packets) in values {
      passes = diagram.or(passes, update(dynamic, set, key: value, packets))
    }
    return passes
  }

  private func update(
    _ dynamic: DynamicSet, _ set: SetIndex, key: [UInt8], _ packets: Node
  ) -> Node {
    if dynamic.operation == .delete {
      changes.append(
        SetChange(reference: set.reference, key: key, element: nil, set: packets))
      return packets
    }
    let present = element(of: set, for: key, packets).filter { $0.element.key != nil }
    var passes = Node.never
    var rest = packets
    for (element, part) in present {
      rest = diagram.subtract(rest, part)
      passes = diagram.or(passes, diagram.and(part, passing(element, part)))
    }
    guard rest != .never else { return dynamic.isInverted ? .never : passes }
    if isFull(set) { return dynamic.isInverted ? rest : passes }
    let data = dynamic.data.map {
      Element.Data.value(load($0, count: set.set.dataLength).constant ?? [])
    }
    let templates = dynamic.expressions.isEmpty ? set.set.expressions : dynamic.expressions
    changes.append(
      SetChange(
        reference: set.reference, key: key,
        element: Element(key: key, data: data, expressions: templates), set: rest))
    let created = templates.allSatisfy { passesFresh($0) } ? rest : .never
    return dynamic.isInverted ? .never : diagram.or(passes, created)
  }

  private func isFull(_ set: SetIndex) -> Bool {
    guard let size = set.set.size, let count = set.loadedCount else { return false }
    return count >= Int(size)
  }

  /// Whether a stateful expression that starts with this packet lets it pass.
  private func passesFresh(_ expression: Expression) -> Bool {
    switch expression {
    case .limit(let limit): !limit.isOver
    case .quota(let quota): (UInt64(state.network.count) > quota.bytes) == quota.isOver
    case .connectionLimit(let limit): (limit.count < 1) == limit.isOver
    default: true
    }
  }

  /// Source: net/netfilter/nft_objref.c.
  func evaluate(_ reference: ObjectReference, _ matched: Node) -> Node {
    switch reference {
    case .name(let name, _):
      guard let object = index.object(name, table: table) else {
        return undecidable("object \(name), which was not read")
      }
      return evaluate(object, matched)
    case .map(let name, let register):
      guard let set = index.set(name, table: table) else {
        return undecidable("a lookup in map \(name), which was not read")
      }
      let key = load(register, count: set.set.keyLength)
      var passes = Node.never
      for (element, part) in elements(of: set, for: key, matched) {
        guard let object = element.object.flatMap({ index.object($0, table: table) }) else {
          passes = diagram.or(passes, part)
          continue
        }
        passes = diagram.or(passes, diagram.and(part, evaluate(object, part)))
      }
      return passes
    }
  }

  private func evaluate(_ object: StatefulObject, _ matched: Node) -> Node {
    switch object.content {
    case .counter, .conntrackHelper, .conntrackTimeout, .conntrackExpectation, .tunnel,
      .securityMark:
      return .always
    case .quota(let quota): return evaluate(quota)
    case .limit(let limit): return evaluate(limit)
    case .connectionLimit(let limit): return evaluate(limit)
    case .synproxy(let proxy): return evaluate(proxy, matched)
    case .unknown(let type): return undecidable("object \(object.name) of type \(type)")
    }
  }
}
