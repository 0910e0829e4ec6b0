import CNftnl
import Glibc
import Model

@testable import Kernel

/// Gives messages to our decoder and to libnftnl, and notes in what they differ.
struct Comparison {
  /// Each tells where: `chain input: attribute 4: ...`.
  private(set) var differences: [String] = []
  /// How many expressions of each name were compared.
  private(set) var expressions: [String: Int] = [:]
  private(set) var tables = 0
  private(set) var chains = 0
  private(set) var rules = 0
  private(set) var sets = 0
  private(set) var elements = 0
  private(set) var objects = 0

  /// - Parameters:
  ///   - message: one netlink message of nf_tables, header included.
  ///   - witness: what libnftnl is given; the same without.
  mutating func compare(_ message: [UInt8], witness: [UInt8]? = nil) throws {
    let given = witness ?? message
    var messages = NetlinkMessages(message.span)
    guard let decoded = try messages.next() else { return }
    let family = try decoded.family()
    switch decoded.type {
    case NftablesMessage.newTable.type: compare(try Table(decoded), given)
    case NftablesMessage.newChain.type:
      compare(try Chain(decoded.nftablesAttributes(), family: family), family, given)
    case NftablesMessage.newRule.type: compare(try Rule(decoded.nftablesAttributes()), given)
    case NftablesMessage.newSet.type: compare(try ElementSet(decoded.nftablesAttributes()), given)
    case NftablesMessage.newElement.type:
      var elements: [Element] = []
      try Element.append(from: decoded, to: &elements)
      compare(elements, given)
    case NftablesMessage.newObject.type:
      compare(try StatefulObject(decoded.nftablesAttributes()), given)
    default: break
    }
  }

  private mutating func compare(_ table: Table, _ message: [UInt8]) {
    tables += 1
    guard let witness = nftnl_table_alloc() else { return note("table", "out of memory") }
    defer { nftnl_table_free(witness) }
    guard parse(message, { nftnl_table_nlmsg_parse($0, witness) }) else {
      return note("table", "?")
    }
    func says(_ attribute: nftnl_table_attr) -> Statement? {
      let number = UInt16(attribute.rawValue)
      return Statement(isSet: nftnl_table_is_set(witness, number)) {
        nftnl_table_get_data(witness, number, &$0)
      }
    }
    note(
      "table \(table.name)",
      [
        "name": (.text(table.name), says(NFTNL_TABLE_NAME)),
        "family": (.number(table.family.rawValue), says(NFTNL_TABLE_FAMILY)),
        "handle": (.number(table.handle), says(NFTNL_TABLE_HANDLE)),
        "flags": (
          .number((table.isDormant ? 1 : 0) | (table.owner == nil ? 0 : 2)), says(NFTNL_TABLE_FLAGS)
        ),
        "owner": (table.owner.map { .number($0) }, says(NFTNL_TABLE_OWNER)),
        "comment": (table.comment.map { .text($0) }, userData(0, in: says(NFTNL_TABLE_USERDATA))),
      ])
  }

  private mutating func compare(_ chain: Chain, _ family: Family, _ message: [UInt8]) {
    chains += 1
    guard let witness = nftnl_chain_alloc() else { return note("chain", "out of memory") }
    defer { nftnl_chain_free(witness) }
    guard parse(message, { nftnl_chain_nlmsg_parse($0, witness) }) else {
      return note("chain", "?")
    }
    func says(_ attribute: nftnl_chain_attr, isText: Bool = false) -> Statement? {
      let number = UInt16(attribute.rawValue)
      return Statement(isSet: nftnl_chain_is_set(witness, number), isText: isText) {
        nftnl_chain_get_data(witness, number, &$0)
      }
    }
    let base = chain.base
    let priority = base.map { UInt32(bitPattern: $0.priority.rawValue) }
    note(
      "chain \(chain.name)",
      [
        "name": (.text(chain.name), says(NFTNL_CHAIN_NAME)),
        "family": (.number(family.rawValue), says(NFTNL_CHAIN_FAMILY)),
        "handle": (.number(chain.handle), says(NFTNL_CHAIN_HANDLE)),
        "flags": (.number(chain.flags), says(NFTNL_CHAIN_FLAGS)),
        "type": (base.map { .text($0.kind.name) }, says(NFTNL_CHAIN_TYPE, isText: true)),
        "hook": (
          base?.hook.number(in: family).map { .number($0) }, says(NFTNL_CHAIN_HOOKNUM)
        ),
        "priority": (priority.map { .number($0) }, says(NFTNL_CHAIN_PRIO)),
        "policy": (base.map { .number($0.policy.rawValue) }, says(NFTNL_CHAIN_POLICY)),
        "comment": (chain.comment.map { .text($0) }, userData(0, in: says(NFTNL_CHAIN_USERDATA))),
      ])
    let devices = deviceNames(witness)
    if devices != base?.devices ?? [] { note("chain \(chain.name)", "devices \(devices)") }
  }

  /// The devices of a chain, which it has as one name, or as a list that ends in a null pointer.
  private func deviceNames(_ chain: OpaquePointer) -> [String] {
    if var name = nftnl_chain_get_array(chain, UInt16(NFTNL_CHAIN_DEVICES.rawValue)) {
      var names: [String] = []
      while let text = name.pointee {
        names.append(String(cString: text))
        name += 1
      }
      return names
    }
    return nftnl_chain_get_str(chain, UInt16(NFTNL_CHAIN_DEV.rawValue)).map {
      [String(cString: $0)]
    } ?? []
  }

  private mutating func compare(_ rule: Rule, _ message: [UInt8]) {
    rules += 1
    guard let witness = nftnl_rule_alloc() else { return note("rule", "out of memory") }
    defer { nftnl_rule_free(witness) }
    guard parse(message, { nftnl_rule_nlmsg_parse($0, witness) }) else { return note("rule", "?") }
    func says(_ attribute: nftnl_rule_attr) -> Statement? {
      let number = UInt16(attribute.rawValue)
      return Statement(isSet: nftnl_rule_is_set(witness, number)) {
        nftnl_rule_get_data(witness, number, &$0)
      }
    }
    note(
      "rule \(rule.handle)",
      [
        "handle": (.number(rule.handle), says(NFTNL_RULE_HANDLE)),
        "comment": (rule.comment.map { .text($0) }, userData(0, in: says(NFTNL_RULE_USERDATA))),
      ])
    let others = items { nftnl_expr_foreach(witness, $0, $1) }
    compare(rule.expressions, others, "rule \(rule.handle)")
  }

  private mutating func compare(_ set: ElementSet, _ message: [UInt8]) {
    sets += 1
    guard let witness = nftnl_set_alloc() else { return note("set", "out of memory") }
    defer { nftnl_set_free(witness) }
    guard parse(message, { nftnl_set_nlmsg_parse($0, witness) }) else { return note("set", "?") }
    func says(_ attribute: nftnl_set_attr) -> Statement? {
      let number = UInt16(attribute.rawValue)
      return Statement(isSet: nftnl_set_is_set(witness, number)) {
        nftnl_set_get_data(witness, number, &$0)
      }
    }
    let data = says(NFTNL_SET_USERDATA)
    let fields = set.fieldLengths.map { UInt8(truncatingIfNeeded: $0) }
    note(
      "set \(set.name)",
      [
        "name": (.text(set.name), says(NFTNL_SET_NAME)),
        "handle": (.number(set.handle), says(NFTNL_SET_HANDLE)),
        "flags": (.number(set.flags.rawValue), says(NFTNL_SET_FLAGS)),
        "key type": (.number(set.keyType), says(NFTNL_SET_KEY_TYPE)),
        "key length": (.number(set.keyLength), says(NFTNL_SET_KEY_LEN)),
        "data type": (.number(set.dataType), says(NFTNL_SET_DATA_TYPE)),
        "data length": (.number(set.dataLength), says(NFTNL_SET_DATA_LEN)),
        "object type": (set.objectType.map { .number($0) }, says(NFTNL_SET_OBJ_TYPE)),
        "fields": (fields.isEmpty ? nil : .bytes(fields), says(NFTNL_SET_DESC_CONCAT)),
        "size": (set.size.map { .number($0) }, says(NFTNL_SET_DESC_SIZE)),
        "timeout": (set.timeout.map { .number($0) }, says(NFTNL_SET_TIMEOUT)),
        "key byte order": (set.keyByteOrder.map { .number($0) }, userData(0, in: data)),
        "data byte order": (set.dataByteOrder.map { .number($0) }, userData(1, in: data)),
        "comment": (set.comment.map { .text($0) }, userData(7, in: data)),
      ])
    let others = items { nftnl_set_expr_foreach(witness, $0, $1) }
    compare(set.expressions, others, "set \(set.name)")
  }

  private mutating func compare(_ own: [Element], _ message: [UInt8]) {
    guard let witness = nftnl_set_alloc() else { return note("elements", "out of memory") }
    defer { nftnl_set_free(witness) }
    guard parse(message, { nftnl_set_elems_nlmsg_parse($0, witness) }) else {
      return note("elements", "?")
    }
    let others = items { nftnl_set_elem_foreach(witness, $0, $1) }
    guard own.count == others.count else {
      return note("elements", "\(own.count), libnftnl has \(others.count)")
    }
    for (element, other) in zip(own, others) { compare(element, other) }
  }

  private mutating func compare(_ element: Element, _ witness: OpaquePointer) {
    elements += 1
    func says(_ attribute: Int) -> Statement? {
      Statement(isSet: nftnl_set_elem_is_set(witness, UInt16(attribute))) {
        nftnl_set_elem_get(witness, UInt16(attribute), &$0)
      }
    }
    var value: [UInt8]?
    var verdict: Verdict?
    switch element.data {
    case .value(let bytes)?: value = bytes
    case .verdict(let it)?: verdict = it
    case nil: break
    }
    let flags = (element.isIntervalEnd ? 1 : 0) | (element.key == nil ? 2 : 0)
    let place = "element \(element.key ?? [])"
    note(
      place,
      [
        "key": (element.key.map { .bytes($0) }, says(NFTNL_SET_ELEM_KEY)),
        "key end": (element.keyEnd.map { .bytes($0) }, says(NFTNL_SET_ELEM_KEY_END)),
        "flags": (.number(flags), says(NFTNL_SET_ELEM_FLAGS)),
        "value": (value.map { .bytes($0) }, says(NFTNL_SET_ELEM_DATA)),
        "verdict": (verdict.map { .number($0.code) }, says(NFTNL_SET_ELEM_VERDICT)),
        "chain": (verdict?.chain.map { .text($0) }, says(NFTNL_SET_ELEM_CHAIN)),
        "object": (element.object.map { .text($0) }, says(NFTNL_SET_ELEM_OBJREF)),
        "timeout": (element.timeout.map { .number($0) }, says(NFTNL_SET_ELEM_TIMEOUT)),
        "expiration": (element.expiration.map { .number($0) }, says(NFTNL_SET_ELEM_EXPIRATION)),
        "comment": (
          element.comment.map { .text($0) }, userData(0, in: says(NFTNL_SET_ELEM_USERDATA))
        ),
      ])
    let others = items { nftnl_set_elem_expr_foreach(witness, $0, $1) }
    compare(element.expressions, others, place)
  }

  private mutating func compare(_ object: StatefulObject, _ message: [UInt8]) {
    objects += 1
    guard let witness = nftnl_obj_alloc() else { return note("object", "out of memory") }
    defer { nftnl_obj_free(witness) }
    guard parse(message, { nftnl_obj_nlmsg_parse($0, witness) }) else { return note("object", "?") }
    func says(_ attribute: Int, isText: Bool = false) -> Statement? {
      Statement(isSet: nftnl_obj_is_set(witness, UInt16(attribute)), isText: isText) {
        nftnl_obj_get_data(witness, UInt16(attribute), &$0)
      }
    }
    note(
      "object \(object.name)",
      [
        "name": (.text(object.name), says(NFTNL_OBJ_NAME, isText: true)),
        "type": (.number(object.type), says(NFTNL_OBJ_TYPE)),
        "handle": (.number(object.handle), says(NFTNL_OBJ_HANDLE)),
      ])
    for (attribute, fact) in object.content.facts {
      if let difference = Statement.difference(fact, says(attribute)) {
        note("object \(object.name)", "attribute \(attribute): \(difference)")
      }
    }
  }

  /// Compares expressions one by one: their names in order, then each attribute of each.
  mutating func compare(_ own: [Expression], _ others: [OpaquePointer], _ place: String) {
    let testimonies = own.map(\.testimony)
    let names = others.map { other in
      nftnl_expr_get_str(other, UInt16(NFTNL_EXPR_NAME)).map { String(cString: $0) } ?? ""
    }
    guard testimonies.map(\.name) == names else {
      return note(place, "\(testimonies.map(\.name)), libnftnl has \(names)")
    }
    for (testimony, other) in zip(testimonies, others) {
      let name = testimony.name
      expressions[name, default: 0] += 1
      for attribute in NFTNL_EXPR_BASE..<16 where !testimony.isSilentOn.contains(attribute) {
        let fact = testimony.facts[attribute]
        let isText = if case .text? = fact { true } else { false }
        let statement = Statement(
          isSet: nftnl_expr_is_set(other, UInt16(attribute)), isText: isText
        ) {
          nftnl_expr_get(other, UInt16(attribute), &$0)
        }
        if let difference = Statement.difference(fact, statement) {
          note(place, "\(name), attribute \(attribute): \(difference)")
        }
      }
      guard name == "dynset" else { continue }
      let nested = items { nftnl_expr_expr_foreach(other, $0, $1) }
      compare(testimony.nested, nested, "\(place), dynset")
    }
  }

  /// Whether libnftnl, too, can make something of the message.
  private func parse<Header>(
    _ message: [UInt8], _ body: (UnsafePointer<Header>) -> Int32
  ) -> Bool {
    message.withUnsafeBytes { bytes in
      bytes.baseAddress.map { body($0.assumingMemoryBound(to: Header.self)) } == 0
    }
  }

  private mutating func note(_ place: String, _ difference: String) {
    differences.append("\(place): \(difference)")
  }

  private mutating func note(_ place: String, _ pairs: [String: (Fact?, Statement?)]) {
    for (name, (fact, statement)) in pairs.sorted(by: { $0.key < $1.key }) {
      if let difference = Statement.difference(fact, statement) {
        note(place, "\(name): \(difference)")
      }
    }
  }
}
