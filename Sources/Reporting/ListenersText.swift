package import Model

/// Sockets as a table for people.
package struct ListenersText {
  private let style: Style
  private let isWide: Bool
  private let showsStates: Bool
  /// Seconds since 1970: ages are counted from it.
  private let now: Int64
  private let describe: SocketRuleDescriber

  /// - Parameters:
  ///   - isWide: shows every cell whole, whatever the terminal's width.
  ///   - showsStates: adds state and peer, for tables that hold more than listening sockets.
  package init(
    style: Style, isWide: Bool, showsStates: Bool, now: Int64,
    describe: @escaping SocketRuleDescriber
  ) {
    self.style = style
    self.isWide = isWide
    self.showsStates = showsStates
    self.now = now
    self.describe = describe
  }

  /// The table, each line with its end; empty without sockets.
  package func text(of records: [SocketRecord]) -> String {
    guard !records.isEmpty else { return "" }
    return text(of: records, marks: nil)
  }

  /// Rows without a heading: `+` for a socket that came, `-` for one that went.
  package func changes(came: [SocketRecord], went: [SocketRecord]) -> String {
    guard !came.isEmpty || !went.isEmpty else { return "" }
    return text(of: went + came, marks: went.map { _ in "-" } + came.map { _ in "+" })
  }

  private func text(of records: [SocketRecord], marks: [String]?) -> String {
    let columns = columns(for: records)
    var table = TextTable(
      columns.map { TextTable.Column($0.title, narrowest: $0.narrowest) },
      width: isWide ? nil : style.width.map { $0 - (marks == nil ? 0 : 2) })
    for record in records { table.add(columns.map { $0.cell(record) }) }
    var text = ""
    for (number, line) in table.lines.enumerated() {
      if number == 0 {
        if marks == nil { text += style.paint(line, .heading) + "\n" }
        continue
      }
      if let marks, marks.indices.contains(number - 1) { text += marks[number - 1] + " " }
      text += line + "\n"
    }
    return text
  }

  private struct Column {
    var title: String
    /// How far a cell may be cut; `nil`: never.
    var narrowest: Int?
    var cell: (SocketRecord) -> String
  }

  /// What is the same nothing for every socket has no column.
  private func columns(for records: [SocketRecord]) -> [Column] {
    var columns = [Column(title: "PROTO") { $0.listener.transport.description }]
    if showsStates { columns.append(Column(title: "STATE") { $0.state.name }) }
    columns.append(Column(title: "ADDRESS", cell: Self.address))
    if showsStates {
      columns.append(
        Column(title: "PEER") { $0.listener.peer?.description ?? "-" })
    }
    func add(_ title: String, narrowest: Int? = nil, _ value: @escaping (SocketRecord) -> String?) {
      guard records.contains(where: { value($0) != nil }) else { return }
      columns.append(
        Column(title: title, narrowest: narrowest) {
          value($0).map { Escaping.printable($0) } ?? "-"
        })
    }
    add("SERVICE") { $0.service }
    add("PID", Self.pids)
    add("COMMAND", narrowest: 14) {
      $0.process?.commandLine ?? $0.process.map { "[\($0.command)]" }
    }
    add("USER") { $0.listener.user ?? String($0.listener.userID) }
    add("UNIT", narrowest: 14) { $0.listener.unit }
    add("CONTAINER", narrowest: 12) { $0.process?.container }
    add("NAMESPACE", narrowest: 12) { $0.namespace }
    add("SINCE") { $0.process?.started.map { Age(seconds: now - $0).description } }
    columns.append(Column(title: "QUEUE", cell: Self.queue))
    add("REACHABLE FROM") { $0.reachability.map(Self.scope) }
    add("LIMITED BY", narrowest: 20) { LimitText.text(of: $0, describe) }
    return columns
  }

  private static func address(_ record: SocketRecord) -> String {
    let socket = record.listener
    var text = Endpoint(socket.address, port: socket.port).description
    if let device = socket.deviceName { text += "%" + Escaping.printable(device) }
    if socket.isV6Only, socket.address.isUnspecified { text += " (v6 only)" }
    return text
  }

  private static func pids(_ record: SocketRecord) -> String? {
    guard let pid = record.listener.program?.pid else { return nil }
    return record.holders.count > 1 ? "\(pid) +\(record.holders.count - 1)" : "\(pid)"
  }

  private static func queue(_ record: SocketRecord) -> String {
    let socket = record.listener
    if record.state == .listening { return "\(socket.queue)/\(socket.backlog)" }
    return "\(socket.queue)+\(record.sendQueue)"
  }

  private static func scope(_ reachability: Reachability) -> String {
    let doubt = reachability.isConditional ? "?" : ""
    switch reachability.scope {
    case .nobody: return "nobody" + doubt
    case .here: return "here only" + doubt
    case .local:
      return "local networks\(doubt) (\(reachability.interfaces.joined(separator: ", ")))"
    case .anywhere: return "anywhere" + doubt
    }
  }
}

/// What keeps strangers from a socket, in one line.
enum LimitText {
  /// Not escaped: whoever prints it does that.
  static func text(of record: SocketRecord, _ describe: SocketRuleDescriber) -> String? {
    switch record.reachability?.limit {
    case nil: return nil
    case .address?: return "bound to \(record.listener.address)"
    case .device(let name)?: return "bound to \(name)"
    case .translation(let endpoint)?: return "NAT sends it to \(endpoint)"
    case .obstacle(let sentence)?: return sentence
    case .firewall(let conclusion)?:
      guard let step = conclusion.decidedBy else { return "the firewall" }
      let answer = conclusion.direction == .reply ? "the answer: " : ""
      let chain = "\(step.family.name) \(step.table) \(step.chain)"
      let handle = step.handle.map { " handle \($0)" } ?? ""
      let rule = step.ruleText { describe(record, $0) } ?? ""
      return "\(answer)\(chain)\(handle): \(rule)"
    }
  }
}

/// A span of time, coarse enough for a table: `12s`, `5m`, `3h`, `4d`.
struct Age: CustomStringConvertible {
  let seconds: Int64

  var description: String {
    let whole = max(0, seconds)
    if whole < 60 { return "\(whole)s" }
    if whole < 3600 { return "\(whole / 60)m" }
    return whole < 86400 ? "\(whole / 3600)h" : "\(whole / 86400)d"
  }
}
