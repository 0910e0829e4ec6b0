package import Model

/// Several ports as a table: the ordinary ones summed up, as nmap does.
package struct PortTable {
  private let style: Style
  private let showsOnlyOpen: Bool

  /// More rows than this of one uninteresting state are counted rather than shown.
  private static let rowLimit = 10

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
    let boring: Set<PortState> = [.closed, .refused, .filtered, .openOrFiltered, .unreachable]
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
    let isOneAddress = Set(rows.map(\.evidence.flow.destination)).count == 1
    let isOneOrigin = Set(rows.map(\.evidence.flow.origin)).count == 1
    var header = ["PORT", "STATE", "SERVICE", "WHY"]
    if !isOneOrigin { header.insert("FROM", at: 1) }
    if !isOneAddress { header.insert("ADDRESS", at: 0) }
    var lines: [[String]] = [header]
    for row in rows {
      let flow = row.evidence.flow
      var cells = [
        "\(flow.port)/\(flow.transport)",
        row.finding.state.rawValue.uppercased() + (row.finding.isConditional ? "?" : ""),
        Escaping.printable(row.service ?? "-"), Self.why(row),
      ]
      if !isOneOrigin { cells.insert(Escaping.printable(flow.origin.word), at: 1) }
      if !isOneAddress { cells.insert(flow.destination.description, at: 0) }
      lines.append(cells)
    }
    return lay(lines, rows, stateColumn: header.firstIndex(of: "STATE") ?? 0)
  }

  private func lay(_ lines: [[String]], _ rows: [CheckResult], stateColumn: Int) -> String {
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
          let finding = rows[number - 1].finding
          line +=
            style.state(finding.state, isConditional: finding.isConditional)
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
  private static func why(_ row: CheckResult) -> String {
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
