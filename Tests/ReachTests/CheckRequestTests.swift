import Model
import TestSupport
import Testing

@testable import reach

/// Plain words are read without the parser: what they mean must not depend on that.
@Suite struct CheckRequestTests {
  static let plain: [[String]] = [
    ["localhost"], ["localhost", "22"], ["10.0.0.0/24", "22,80-90", "https"], ["::1", "top:20"],
    ["fe80::1%eth0", "all"], ["db.example", "5432", "5433"], ["host", "1-"], ["häuser", "http"],
    ["host name", "a b"], ["host", "0"], ["check", "check"], ["@list", "=1"],
  ]

  @Test(arguments: plain) func plainWordsMeanTheSame(_ words: [String]) throws {
    let request = try #require(CheckRequest(plain: words))
    #expect(try request == CheckCommand.parse(words).request())
  }

  static let others: [[String]] = [
    [], [""], ["host", ""], ["-u", "host", "53"], ["host", "-w", "1", "22"],
    ["host", "22", "--json"],
    ["host", "--", "22"], ["host", "-"], ["-h"], ["--version"], ["host", "--from", "outside"],
  ]

  @Test(arguments: others) func whatNeedsTheParserIsLeftToIt(_ words: [String]) {
    #expect(CheckRequest(plain: words) == nil)
  }

  /// So that the comparison above can't hold for want of anything to compare.
  @Test func optionsChangeTheRequest() throws {
    let plain = try #require(CheckRequest(plain: ["host", "22"]))
    for option in [
      ["-4"], ["-6"], ["-u"], ["-w", "1"], ["-s", "10.0.0.1"], ["-p", "1000"], ["-n"], ["-v"],
      ["--from", "outside"], ["--banner"], ["--no-probe"], ["--no-firewall"], ["--netns", "x"],
      ["--parallel", "1"], ["--open"], ["--expect", "closed"], ["--wait", "60"], ["--how"],
      ["--json"],
      ["--json-lines"],
    ] {
      let request = try CheckCommand.parse(["host", "22"] + option).request()
      #expect(request != plain, "\(option)")
    }
  }
}
