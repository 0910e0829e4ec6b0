import Glibc
import Kernel
import Model
import TestSupport
import Testing

@testable import Reporting

/// A file is loaded by nft, read, rendered, loaded again and read again: the rules must be the
/// same.
@Suite(.serialized) struct RoundTripTests {
  /// nft turns a set of one block into a plain match, even when several blocks had been written.
  private static let reducedByNft = ["ip saddr { 10.9.0.0/23 }"]

  @Test(.needsRoot, .needs("nft", "ip"))
  func rulesOfThisRepository() throws {
    let trip = try RoundTrip()
    for directory in try TestFile.names(in: Repository.root + "/Rules") {
      let path = "\(Repository.root)/Rules/\(directory)"
      for file in (try? TestFile.names(in: path)) ?? [] where file.hasSuffix(".nft") {
        try trip.file(path + "/" + file)
      }
    }
    try trip.expectNoDifference(except: Self.reducedByNft)
    #expect(trip.ruleCount > 100)
  }

  @Test(.needsRoot, .needs("nft", "ip"))
  func everyKindOfStatement() throws {
    let trip = try RoundTrip()
    for file in try TestFile.names(in: Self.statements) where file.hasSuffix(".rules") {
      try trip.ruleList(Self.statements + "/" + file)
    }
    try trip.file(Self.statements + "/tables.nft")
    try trip.expectNoDifference(except: [])
    #expect(trip.ruleCount > 500)
  }

  private static var statements: String {
    Repository.root + "/Tests/ReportingTests/Golden/Statements"
  }

  /// Where rules by other people lie: `REACH_CORPUS`, or beside the repository.
  private static var corpus: String? {
    let beside = [Repository.root + "/../shared/corpus"]
    return (ProcessEnvironment["REACH_CORPUS"].map { [$0] } ?? beside)
      .first { TestFile.exists($0) }
  }

  @Test(
    .needsRoot, .needs("nft", "ip"),
    .enabled("no rules by other people here: set REACH_CORPUS") { Self.corpus != nil })
  func rulesOfOtherPeople() throws {
    let corpus = try #require(Self.corpus)
    let trip = try RoundTrip()
    for file in try TestFile.names(in: corpus + "/real-world") where file.hasSuffix(".nft") {
      // Some need a device, a user or newer syntax to load at all.
      try? trip.file(corpus + "/real-world/" + file)
    }
    for directory in try TestFile.names(in: corpus + "/nftables-tests") {
      let path = "\(corpus)/nftables-tests/\(directory)"
      for file in try TestFile.names(in: path) { try trip.ruleList(path + "/" + file) }
    }
    print("round trip: \(trip.ruleCount - trip.differences.count) of \(trip.ruleCount) rules")
    for difference in trip.differences { print("differs: \(difference)") }
    #expect(trip.differences.count * 1000 <= trip.ruleCount)
    #expect(trip.ruleCount > 1000)
  }
}

/// Reads the environment without Foundation.
enum ProcessEnvironment {
  static subscript(name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }
}
