internal import Model

/// Turns a rule's expressions back into statements.
///
/// It walks them once, keeps what each register holds, and holds back the tests that nft adds by
/// itself until it is clear whether the next statement would bring them along.
struct RuleWalk {
  let table: Table
  let selectors: Selectors
  var literal: Literal { selectors.literal }
  var expressions: [Expression]
  var context: ProtocolContext
  /// Tests seen and not yet written: perhaps the next statement implies them.
  var pending: [Dependency] = []
  /// By offset in the register file.
  var registers: [Int: Operand] = [:]
  var statements: [String] = []
  /// The next expression.
  var index = 0

  init(table: Table, literal: Literal, expressions: [Expression]) {
    self.table = table
    self.expressions = expressions
    selectors = Selectors(elements: ElementText(literal: literal, table: table))
    context = ProtocolContext(family: table.family)
  }

  /// The statements, in order.
  mutating func run() -> [String] {
    while index < expressions.count {
      let expression = expressions[index]
      index += 1
      visit(expression)
    }
    flush(pending[...])
    pending = []
    return statements
  }

  private mutating func visit(_ expression: Expression) {
    switch expression {
    case .extensionHeader(let header): visit(header)
    case .payload, .meta, .conntrack, .routing, .fib, .socket, .numberGenerator,
      .hash, .operatingSystem, .tunnel, .transform, .inner, .bitwise, .byteOrder:
      load(expression)
    case .immediate(let immediate): visit(immediate)
    case .compare(let compare): visit(compare)
    case .range(let range): visit(range)
    case .lookup(let lookup): visit(lookup)
    case .dynamicSet(let update): visit(update)
    case .objectReference(let reference): visit(reference)
    case .payloadWrite(let write): visit(write)
    case .metaWrite(let write): visit(write)
    case .conntrackWrite(let write): visit(write)
    case .counter, .last, .limit, .quota, .connectionLimit:
      if let text = StatefulText.text(expression) { emit(text) }
    case .log(let log): visit(log)
    case .nat(let nat): visit(nat)
    case .masquerade(let nat): portStatement("masquerade", nat.portMin, nat.portMax, nat.flags)
    case .redirect(let nat): portStatement("redirect", nat.portMin, nat.portMax, nat.flags)
    case .transparentProxy(let proxy): visit(proxy)
    case .synproxy(let proxy): emit(Self.text(proxy))
    case .reject(let reject): visit(reject)
    case .queue(let queue): visit(queue)
    case .notrack: emit("notrack")
    case .duplicate(let duplicate): visit(duplicate)
    case .forward(let forward): visit(forward)
    case .flowOffload(let name): emit("flow add @" + Escaping.printable(name))
    case .xtablesMatch(let match): emit("xt match " + Literal.quoted(match.name))
    case .xtablesTarget(let target): emit("xt target " + Literal.quoted(target.name))
    case .unknown(let unknown):
      emit(
        "[unknown expression \(Escaping.printable(unknown.name)): "
          + "\(Escaping.printable(unknown.reason))]")
    }
  }

  // MARK: Statements and what they imply

  mutating func emit(_ text: String) {
    emit { _, _ in Phrase(text) }
  }

  /// Adds a statement, leaving out the tests before it that nft would add to it by itself.
  ///
  /// - Parameter make: puts the statement into words; called a second time with a blind context
  ///   when the tests before it are not those that nft would add.
  mutating func emit(_ make: (Selectors, ProtocolContext) -> Phrase) {
    let phrase = make(selectors, context.applying(pending))
    if let fold = foldPoint(pending[...], phrase.needs) {
      flush(pending[..<fold])
      for dependency in pending[fold...] { context.apply(dependency) }
      statements.append(phrase.text)
    } else {
      flush(pending[...])
      var blind = context
      blind.isBlind = true
      statements.append(make(selectors, blind).text)
    }
    pending = []
  }

  /// Where the tests begin that nft would add for these needs; `nil` when it would add others.
  private func foldPoint(_ tests: ArraySlice<Dependency>, _ needs: [Need]) -> Int? {
    (tests.startIndex...tests.endIndex).first { start in
      context.applying(tests[..<start]).missing(for: needs) == Array(tests[start...])
    }
  }

  /// Writes out tests as statements of their own.
  private mutating func flush(_ tests: ArraySlice<Dependency>) {
    guard let last = tests.last else { return }
    let before = tests.dropLast()
    if let fold = foldPoint(before, last.needs) {
      flush(before[..<fold])
      for dependency in before[fold...] { context.apply(dependency) }
      statements.append(last.text)
      context.apply(last)
    } else {
      flush(before)
      statements.append(last.rawText)
    }
  }

  // MARK: Registers

  func operand(_ register: Register) -> Operand {
    guard case .data(let offset) = register else {
      return Operand(source: .unknown("[verdict register]"), length: 0)
    }
    if let operand = registers[offset] { return operand }
    // A later part of a map's concatenated data.
    for (start, operand) in registers where start < offset && offset < start + operand.length {
      if case .mapped = operand.source {
        var part = operand
        part.dataOffset = offset - start
        part.length = operand.length - (offset - start)
        return part
      }
    }
    return Operand(source: .unknown("[register \(offset / 4)]"), length: 0)
  }

  mutating func store(_ operand: Operand, in register: Register) {
    guard case .data(let offset) = register else { return }
    let end = offset + max(operand.length, 1)
    registers = registers.filter { start, old in
      start + max(old.length, 1) <= offset || start >= end
    }
    registers[offset] = operand
  }

  /// The registers that make up a key of so many bytes.
  func keys(at register: Register, length: Int) -> [Operand] {
    guard case .data(var position) = register else { return [operand(register)] }
    let end = min(position + length, Register.fileSize)
    var result: [Operand] = []
    while position < end {
      let part = operand(.data(offset: position))
      result.append(part)
      position += max(4, (part.length + 3) / 4 * 4)
    }
    return result.isEmpty ? [operand(register)] : result
  }
}
