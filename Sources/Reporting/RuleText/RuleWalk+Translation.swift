internal import Model

extension RuleWalk {
  mutating func visit(_ nat: NAT) {
    let type = nat.family == .v4 ? DataType.ipv4 : .ipv6
    var words = nat.isDestination ? "dnat" : "snat"
    // In ip and ip6 tables the family goes without saying.
    if table.family == .inet, let family = nat.family { words += family == .v4 ? " ip" : " ip6" }
    let flags = nat.flags
    if flags.contains(.netmap) { words += " prefix" }
    let address = natAddress(nat, type)
    let port = natPort(nat.portMin, nat.portMax)
    let needsBrackets = nat.family == .v6 && port != nil
    emit { selectors, context in
      var text = words
      var needs: [Need] = []
      if let address {
        let value = selectors.natValue(
          address, type, isPrefix: flags.contains(.netmap), needsBrackets, context)
        text += " to " + value.text
        needs += value.needs
      }
      if let port {
        let value = selectors.natValue(port, .service, isPrefix: false, false, context)
        text += (address == nil ? " to :" : ":") + value.text
        needs += value.needs
      }
      return Phrase(text + Self.natFlags(flags), needs: needs)
    }
  }

  /// What a nat statement translates to: one value or a range.
  enum NATValue {
    case single(Operand)
    case range([UInt8], [UInt8])
  }

  private func natAddress(_ nat: NAT, _ type: DataType) -> NATValue? {
    guard let minimum = nat.addressMin else { return nil }
    let first = operand(minimum)
    if let maximum = nat.addressMax, maximum != minimum, let low = first.constant,
      let high = operand(maximum).constant
    {
      return .range(low, high)
    }
    return .single(first)
  }

  /// `nil` also where a map gives the port along with the address.
  private func natPort(_ minimum: Register?, _ maximum: Register?) -> NATValue? {
    guard let minimum else { return nil }
    let first = operand(minimum)
    if case .mapped = first.source, first.dataOffset > 0 { return nil }
    if let maximum, maximum != minimum, let low = first.constant,
      let high = operand(maximum).constant
    {
      return .range(low, high)
    }
    return .single(first)
  }

  static func natFlags(_ flags: NATFlags) -> String {
    let names: [(NATFlags, String)] = [
      (.random, "random"), (.fullyRandom, "fully-random"), (.persistent, "persistent"),
    ]
    let words = names.filter { flags.contains($0.0) }.map(\.1)
    return words.isEmpty ? "" : " " + words.joined(separator: ",")
  }

  /// `masquerade` and `redirect`.
  mutating func portStatement(
    _ words: String, _ minimum: Register?, _ maximum: Register?, _ flags: NATFlags
  ) {
    let port = natPort(minimum, maximum)
    emit { selectors, context in
      guard let port else { return Phrase(words + Self.natFlags(flags)) }
      let value = selectors.natValue(port, .service, isPrefix: false, false, context)
      return Phrase("\(words) to :\(value.text)" + Self.natFlags(flags), needs: value.needs)
    }
  }

  mutating func visit(_ proxy: TransparentProxy) {
    var words = "tproxy"
    if table.family != .ip, table.family != .ip6, let family = proxy.family {
      words += family == .v4 ? " ip" : " ip6"
    }
    let isV6 = (proxy.family ?? (table.family == .ip6 ? .v6 : .v4)) == .v6
    let address = proxy.address.map { NATValue.single(operand($0)) }
    let port = proxy.port.map { NATValue.single(operand($0)) }
    emit { selectors, context in
      var text = words + " to "
      var needs: [Need] = []
      if let address {
        let value = selectors.natValue(
          address, isV6 ? .ipv6 : .ipv4, isPrefix: false, isV6 && port != nil, context)
        text += value.text
        needs += value.needs
      }
      if let port {
        let value = selectors.natValue(port, .service, isPrefix: false, false, context)
        text += ":" + value.text
        needs += value.needs
      }
      return Phrase(text, needs: needs)
    }
  }
}

extension Selectors {
  /// - Parameter inBrackets: an IPv6 address that a port follows.
  func natValue(
    _ value: RuleWalk.NATValue, _ type: DataType, isPrefix: Bool, _ inBrackets: Bool,
    _ context: ProtocolContext
  ) -> Phrase {
    let format = ValueFormat(type)
    switch value {
    case .range(let low, let high):
      if isPrefix { return Phrase(elements.interval(low, high, format)) }
      let open = inBrackets ? "[" : ""
      let close = inBrackets ? "]" : ""
      return Phrase(
        open + literal.text(low, format) + close + "-" + open + literal.text(high, format) + close)
    case .single(let operand):
      if let bytes = operand.constant {
        let text = literal.text(bytes, format)
        return Phrase(inBrackets ? "[\(text)]" : text)
      }
      let selector = selector(operand, in: context, data: type)
      return Phrase(selector.text, needs: selector.needs)
    }
  }
}
