internal import DecisionDiagram
internal import Model

extension Run {
  /// Runs a base chain (`nft_do_chain`).
  ///
  /// - Returns: the packets that go on to the next one.
  func walk(base index: Int, _ set: Node) -> Node {
    let entry = self.index.chains[index]
    guard let base = entry.chain.base else { return set }
    readHeaders()
    registers = RegisterFile()
    baseChain = index
    table = entry.table
    var accepted = Node.never
    let left = walk(index, set, path: [entry.chain.name], accepted: &accepted)
    guard left != .never else { return accepted }
    let drops = base.policy == .drop
    var step = makeStep(chain: index, verdict: drops ? .drop : .accept, path: [entry.chain.name])
    step.isPolicy = true
    recorder.record(step, for: left)
    if drops {
      finish(left, .drop, step: step)
      return accepted
    }
    return diagram.or(accepted, left)
  }

  /// Runs one chain.
  ///
  /// - Returns: the packets that go back to where the chain was jumped to from.
  private func walk(
    _ index: Int, _ set: Node, path: [String], accepted: inout Node
  ) -> Node {
    var remaining = set
    var returned = Node.never
    for rule in self.index.chains[index].chain.rules {
      guard remaining != .never else { break }
      effort += 1
      guard effort < Self.effortLimit, path.count <= Self.depthLimit else {
        return giveUp(remaining, accepted: &accepted, returned: returned)
      }
      let matched = run(rule, on: remaining)
      if ended.isEmpty, matched == .never { continue }
      let endings = ended
      if matched != .never {
        recorder.record(
          makeStep(chain: index, rule: rule, verdict: .continue, path: path), for: matched)
      }
      for (part, ending) in endings {
        remaining = diagram.subtract(remaining, part)
        let back = take(
          ending, part, rule: rule, chain: index, path: path, accepted: &accepted,
          returned: &returned)
        remaining = diagram.or(remaining, back)
      }
    }
    return diagram.or(remaining, returned)
  }

  /// Carries a rule's verdict out.
  ///
  /// - Returns: the packets that go on with the next rule of the same chain.
  private func take(
    _ ending: Ending, _ set: Node, rule: Rule, chain index: Int, path: [String],
    accepted: inout Node, returned: inout Node
  ) -> Node {
    var step = makeStep(chain: index, rule: rule, verdict: .continue, path: path)
    switch ending {
    case .translated(let kind):
      step.verdict = kind
      recorder.record(step, for: set)
      accepted = diagram.or(accepted, set)
    case .reject(let rejection):
      step.verdict = .reject
      recorder.record(step, for: set)
      finish(set, .reject, step: step, rejection: rejection)
    case .verdict(let verdict):
      return take(
        verdict, set, step: step, path: path, accepted: &accepted, returned: &returned)
    }
    return .never
  }

  private func take(
    _ verdict: Verdict, _ set: Node, step: TraceStep, path: [String], accepted: inout Node,
    returned: inout Node
  ) -> Node {
    var step = step
    switch verdict {
    case .accept:
      step.verdict = .accept
      recorder.record(step, for: set)
      accepted = diagram.or(accepted, set)
    case .drop:
      step.verdict = .drop
      recorder.record(step, for: set)
      finish(set, .drop, step: step)
    case .stolen:
      step.verdict = .stolen
      recorder.record(step, for: set)
      finish(set, .stolen, step: step)
    case .queue(let number, let bypass):
      step.verdict = .queue
      recorder.record(step, for: set)
      accepted = diagram.or(accepted, queued(set, number: number, bypass: bypass, step: step))
    case .jump(let name), .goto(let name):
      return follow(
        verdict, to: name, set, step: step, path: path, accepted: &accepted, returned: &returned)
    case .return:
      step.verdict = .return
      recorder.record(step, for: set)
      returned = diagram.or(returned, set)
    case .continue:
      recorder.record(step, for: set)
      return set
    case .break:
      return set
    case .unknown(let code):
      let passes = fact(
        holds: "verdict code \(code) lets the packet pass",
        fails: "verdict code \(code) drops the packet")
      recorder.record(step, for: set)
      finish(diagram.subtract(set, passes), .drop, step: step)
      accepted = diagram.or(accepted, diagram.and(set, passes))
    }
    return .never
  }

  private func follow(
    _ verdict: Verdict, to name: String, _ set: Node, step: TraceStep, path: [String],
    accepted: inout Node, returned: inout Node
  ) -> Node {
    var step = step
    step.target = name
    let isJump: Bool
    if case .jump = verdict { isJump = true } else { isJump = false }
    step.verdict = isJump ? .jump : .goto
    recorder.record(step, for: set)
    guard let target = index.chain(name, table: table) else {
      // Cannot be loaded; a recorded ruleset may still say so.
      assume("chain \(name) is not in the ruleset: taken as empty")
      if isJump { return set }
      returned = diagram.or(returned, set)
      return .never
    }
    guard !path.contains(name) else {
      // Neither nf_tables nor xtables loads a loop (`nft_chain_validate`, `mark_source_chains`).
      assume("chain \(name) leads back to itself: taken as empty there")
      if isJump { return set }
      returned = diagram.or(returned, set)
      return .never
    }
    let back = walk(target, set, path: path + [name], accepted: &accepted)
    if isJump { return back }
    returned = diagram.or(returned, back)
    return .never
  }

  /// A packet handed to userspace: without a reader it is dropped, or with bypass ends this base
  /// chain as accepted; a reader decides as it likes.
  private func queued(_ set: Node, number: UInt16, bypass: Bool, step: TraceStep) -> Node {
    if host.queueReaders.contains(number) {
      let passes = fact(
        holds: "the program that reads queue \(number) accepts",
        fails: "the program that reads queue \(number) drops")
      finish(diagram.subtract(set, passes), .drop, step: step)
      return diagram.and(set, passes)
    }
    if bypass { return set }
    finish(set, .queue, step: step, queue: number)
    return .never
  }

  private func giveUp(_ set: Node, accepted: inout Node, returned: Node) -> Node {
    assume("the ruleset runs more rules for one packet than can be followed")
    let passes = fact(
      holds: "the rest of the ruleset lets the packet pass",
      fails: "the rest of the ruleset drops the packet")
    finish(diagram.subtract(set, passes), .drop, step: nil)
    accepted = diagram.or(accepted, diagram.and(set, passes))
    return returned
  }

  func makeStep(
    chain index: Int, rule: Rule? = nil, verdict: TraceStep.Verdict, path: [String]
  ) -> TraceStep {
    let entry = self.index.chains[index]
    let table = self.index.table(of: entry)
    let isLegacy = self.index.isLegacy(entry)
    return TraceStep(
      hook: hook, family: table.family, table: table.name, chain: entry.chain.name,
      handle: isLegacy ? nil : rule?.handle, verdict: verdict, isLegacy: isLegacy,
      chainKind: self.index.chains[baseChain].chain.base?.kind ?? .filter, path: path, rule: rule)
  }
}
