internal import Glibc
internal import TestSupport

/// What `scripts/oracle --random` and `--corpus` run, built with optimisation: as many packets as
/// there is time for, held against the kernel.
@main
struct Oracle {
  static func main() throws {
    let words = CommandLine.arguments
    if words.count == 4, words[1] == "corpus", let packets = Int(words[3]) {
      try corpus(words[2], packets: packets)
    } else if words.count == 4, words[1] == "random", let seconds = Int64(words[2]),
      let seed = UInt64(words[3])
    {
      try random(seconds, from: seed)
    } else {
      print("Usage: reach-oracle random SECONDS SEED | corpus DIR PACKETS")
      exit(64)
    }
  }

  private static func random(_ seconds: Int64, from first: UInt64) throws {
    let differential = try Differential()
    defer { differential.cleanUp() }
    let start = ContinuousClock.now
    var (seed, disagreements) = (first, 0)
    while ContinuousClock.now < start + .seconds(seconds) {
      if let found = try differential.run(seed: seed, packets: 300) {
        disagreements += 1
        print("\(found)\n")
        fflush(nil)
      }
      seed += 1
    }
    report(differential, disagreements, since: start)
  }

  /// Every file of a directory that nft can load.
  private static func corpus(_ directory: String, packets: Int) throws {
    let differential = try Differential()
    defer { differential.cleanUp() }
    let start = ContinuousClock.now
    var disagreements = 0
    for (number, name) in try TestFile.names(in: directory).enumerated() {
      guard let rules = try? TestFile.text("\(directory)/\(name)") else { continue }
      let seed = UInt64(number) + 1
      guard let found = try differential.run(rules: rules, seed: seed, packets: packets) else {
        print("\(name): can't be loaded")
        continue
      }
      disagreements += found.count
      print("\(name): \(found.count) disagreements")
      for one in found.prefix(3) { print("\(one)\n") }
      fflush(nil)
    }
    report(differential, disagreements, since: start)
  }

  private static func report(
    _ differential: Differential, _ disagreements: Int, since start: ContinuousClock.Instant
  ) {
    let time = ContinuousClock.now - start
    let rate = Int64(differential.packets) / max(1, time.components.seconds)
    print("\(differential.rulesets) rulesets, \(differential.packets) packets, \(rate) a second")
    print("\(differential.guessed) disagreements where rules ask for chance or time")
    print("\(disagreements) disagreements, \(differential.undecided) packets undecided, by")
    for (reason, count) in differential.reasons.sorted(by: { $0.value > $1.value }).prefix(40) {
      print("  \(count)  \(reason)")
    }
    exit(disagreements == 0 ? 0 : 1)
  }
}
