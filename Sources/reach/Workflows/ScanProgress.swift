internal import Kernel

/// A line on the terminal while a scan goes on: how far it is, how fast, and how long it will
/// take. Wiped out at the end.
final class ScanProgress {
  private let total: Int
  private let isShown: Bool
  private let start = MonotonicTime.now
  private var done = 0
  private var last: MonotonicTime
  private var isDrawn = false

  /// Quick answers need no progress.
  private static let delay = Duration.milliseconds(1000)
  private static let interval = Duration.milliseconds(250)

  /// - Parameter total: probes and evaluations in all.
  init(total: Int) {
    self.total = total
    isShown =
      StandardStream.error.isTerminal
      && CurrentProcess.environment("TERM").map { $0 != "dumb" }
        ?? false
    last = start + (Self.delay - Self.interval)
  }

  func add(_ count: Int) { done += count }

  /// Draws the line anew if it is time for it.
  func tick() {
    guard isShown else { return }
    let now = MonotonicTime.now
    guard now >= last + Self.interval else { return }
    last = now
    isDrawn = true
    let line = Self.line(done: done, total: total, elapsed: now - start)
    let width = (StandardStream.error.columns ?? 80) - 1
    StandardStream.error.write("\r\u{1b}[K\(line.prefix(max(width, 1)))")
  }

  /// Wipes the line out.
  func clear() {
    guard isDrawn else { return }
    isDrawn = false
    StandardStream.error.write("\r\u{1b}[K")
  }

  /// `12345 of 65535, 4100/s, 13 s left`
  static func line(done: Int, total: Int, elapsed: Duration) -> String {
    let seconds = max(elapsed / .seconds(1), 0.001)
    let rate = Double(done) / seconds
    var line = "\(done) of \(total), \(Int64(min(rate, 1e12)))/s"
    if done > 0, done < total {
      line += ", \(time(Double(total - done) / rate)) left"
    } else if done == 0 {
      line += ", \(time(seconds)) so far"
    }
    return line
  }

  private static func time(_ seconds: Double) -> String {
    let whole = Int64(min(max(seconds.rounded(.up), 0), 1e9))
    if whole < 120 { return "\(whole) s" }
    return whole < 7200 ? "\(whole / 60) min" : "\(whole / 3600) h"
  }
}
