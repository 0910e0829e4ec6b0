/// Cells in columns, fitted into a terminal's width.
struct TextTable {
  struct Column {
    var title: String
    /// The fewest characters that a cell may be cut to; `nil`: it is never cut.
    var narrowest: Int?

    init(_ title: String, narrowest: Int? = nil) {
      self.title = title
      self.narrowest = narrowest
    }
  }

  private struct Cell {
    var text: String
    var width: Int
  }

  private let columns: [Column]
  private let limit: Int?
  private var rows: [[Cell]] = []
  private var widths: [Int]

  /// - Parameter width: in characters; `nil`: no limit.
  init(_ columns: [Column], width: Int?) {
    self.columns = columns
    limit = width
    widths = columns.map(\.title.count)
  }

  /// - Parameter cells: one for each column, safe to show.
  mutating func add(_ cells: [String]) {
    var row: [Cell] = []
    row.reserveCapacity(cells.count)
    for (column, text) in cells.enumerated() where column < widths.count {
      let width = text.columns
      row.append(Cell(text: text, width: width))
      widths[column] = max(widths[column], width)
    }
    rows.append(row)
  }

  /// The heading, then the rows, without spaces at their ends and without line ends.
  var lines: [String] {
    let fitted = fitted
    let heading = columns.map { Cell(text: $0.title, width: $0.title.count) }
    return ([heading] + rows).map { row in
      var line = ""
      var pending = 0
      for (column, cell) in row.enumerated() {
        let room = fitted[column]
        line += String(repeating: " ", count: pending)
        let isCut = cell.width > room
        line += isCut ? cell.text.prefix(max(0, room - 3)) + "..." : cell.text
        pending = 2 + room - (isCut ? room : cell.width)
      }
      return line
    }
  }

  /// The columns' widths: the widest ones that may be cut give up what is too much.
  private var fitted: [Int] {
    var fitted = widths
    guard let limit else { return fitted }
    var excess = fitted.reduce(0) { $0 + $1 + 2 } - 2 - limit
    while excess > 0 {
      let candidates = columns.indices.filter { column in
        columns[column].narrowest.map { fitted[column] > $0 } ?? false
      }
      guard let widest = candidates.max(by: { fitted[$0] < fitted[$1] }) else { break }
      fitted[widest] -= 1
      excess -= 1
    }
    return fitted
  }
}

extension String {
  /// Characters, without taking plain ASCII apart.
  fileprivate var columns: Int {
    utf8.allSatisfy { $0 < 0x80 } ? utf8.count : count
  }
}
