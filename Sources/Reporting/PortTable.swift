package import Model

/// Several ports as a table: the ordinary ones summed up, as nmap does.
package struct PortTable {
  private let style: Style
  private let showsOnlyOpen: Bool

  /// More rows than this of one uninteresting state are counted rather than shown.
  static let rowLimit = 10
  /// States of which one may have too many to look at.
  static let boring: Set<PortState> = [.closed, .refused, .filtered, .openOrFiltered, .unreachable]

  package init(style: Style, showsOnlyOpen: Bool = false) {
    self.style = style
    self.showsOnlyOpen = showsOnlyOpen
  }

  package func text(of rows: [CheckResult]) -> String {
    let hidden = Self.hidden(among: rows, onlyOpen: showsOnlyOpen)
    let shown = rows.enumerated().filter { !hidden.contains($0.offset) }.map(\.element)
    var text = shown.isEmpty ? "" : table(shown)
    let notShown = rows.enumerated().filter { hidden.contains($0.offset) }.map(\.element)
    if !notShown.isEmpty {
      text += "not shown: " + Self.count(notShown) + "\n"
    }
    return text
  }

  /// Places of the rows that are summed up.
  static func hidden(among rows: [CheckResult], onlyOpen: Bool) -> Set<Int> {
    struct Key: Hashable {
      var state: PortState
      var origin: Origin
      var address: IPAddress
    }
    var groups: [Key: [Int]] = [:]
    for (index, row) in rows.enumerated() where row.finding.state != .open {
      let flow = row.evidence.flow
      let key = Key(state: row.finding.state, origin: flow.origin, address: flow.destination)
      groups[key, default: []].append(index)
    }
    let summed = groups.filter { key, places in
      onlyOpen || places.count > rowLimit && boring.contains(key.state)
    }
    return Set(summed.values.joined())
  }

  /// `996 closed, 2 filtered`.
  private static func count(_ rows: [CheckResult]) -> String {
    PortState.allCases.compactMap { state in
      let number = rows.count { $0.finding.state == state }
      return number == 0 ? nil : "\(number) \(state.rawValue)"
    }.joined(separator: ", ")
  }

  private func table(_ rows: [CheckResult]) -> String {
    table(rows.map { Row($0) })
  }

  /// What the table shows of one result; far less than the result itself.
  struct Row: Sendable {
    var address: String
    var origin: String
    var port: Port
    var label: String
    var state: PortState
    var isConditional: Bool
    var service: String
    var reason: String
    var why: String

    init(_ result: CheckResult) {
      let flow = result.evidence.flow
      address = flow.destination.description
      origin = Escaping.printable(flow.origin.word)
      port = flow.port
      label = "\(flow.port)/\(flow.transport)"
      state = result.finding.state
      isConditional = result.finding.isConditional
      service = Escaping.printable(result.service ?? "-")
      reason = result.reason
      why = PortTable.why(result)
    }
  }

  /// - Parameter showsReason: a column with what the probe saw.
  func table(_ rows: [Row], showsReason: Bool = false, showsAddress: Bool? = nil) -> String {
    let isOneAddress = showsAddress.map { !$0 } ?? (Set(rows.map(\.address)).count == 1)
    let isOneOrigin = Set(rows.map(\.origin)).count == 1
    var header = ["PORT", "STATE", "SERVICE", "WHY"]
    if showsReason { header.insert("REASON", at: 3) }
    if !isOneOrigin { header.insert("FROM", at: 1) }
    if !isOneAddress { header.insert("ADDRESS", at: 0) }
    var lines: [[String]] = [header]
    for row in rows {
      var cells = [
        row.label, row.state.rawValue.uppercased() + (row.isConditional ? "?" : ""), row.service,
        row.why,
      ]
      if showsReason { cells.insert(row.reason, at: 3) }
      if !isOneOrigin { cells.insert(row.origin, at: 1) }
      if !isOneAddress { cells.insert(row.address, at: 0) }
      lines.append(cells)
    }
    return lay(lines, rows, stateColumn: header.firstIndex(of: "STATE") ?? 0)
  }

  private func lay(_ lines: [[String]], _ rows: [Row], stateColumn: Int) -> String {
    var widths: [Int] = Array(repeating: 0, count: lines.first?.count ?? 0)
    for cells in lines {
      for (column, cell) in cells.enumerated() { widths[column] = max(widths[column], cell.count) }
    }
    var text = ""
    for (number, cells) in lines.enumerated() {
      var line = ""
      for (column, cell) in cells.enumerated() {
        let isLast = column == cells.count - 1
        let padded = isLast ? fit(cell, after: widths.dropLast()) : cell.padded(to: widths[column])
        if number == 0 {
          line += style.paint(padded, .heading)
        } else if column == stateColumn {
          let row = rows[number - 1]
          line +=
            style.state(row.state, isConditional: row.isConditional)
            + String(repeating: " ", count: padded.count - cell.count)
        } else {
          line += padded
        }
        line += isLast ? "" : "  "
      }
      text += line.trimmed + "\n"
    }
    return text
  }

  /// The last column, cut where the terminal ends.
  private func fit(_ cell: String, after widths: ArraySlice<Int>) -> String {
    guard let limit = style.width else { return cell }
    let room = limit - widths.reduce(0) { $0 + $1 + 2 }
    return room >= 20 && cell.count > room ? String(cell.prefix(room - 3)) + "..." : cell
  }

  /// For an open port who listens, for another why not.
  fileprivate static func why(_ row: CheckResult) -> String {
    let finding = row.finding
    if finding.state == .open, !finding.isConditional {
      let banner = row.evidence.probe.banner.map {
        Escaping.printable(bytes: $0.withoutLineEnd.prefix(60))
      }
      let socket = row.evidence.listeners?.matching.first
      let who = socket.flatMap { $0.program?.command ?? $0.unit }.map { Escaping.printable($0) }
      let known = [who, banner].compactMap { $0 }.filter { !$0.isEmpty }
      if !known.isEmpty { return known.joined(separator: ", ") }
    }
    return Escaping.printable(finding.summary)
  }
}
