internal import Model

/// Which probe of a plan is sent next: the hosts take turns, and none holds more than its share of
/// the places in flight, so that a silent host does not keep the others waiting.
struct FairOrder {
  /// The ports of each host in the order of their turns, as places in the plan; `nil`: as they are.
  private let sequence: [Int]?
  private let portCount: Int
  /// The next port of each host.
  private var cursor: [Int]
  private var inFlight: [Int]
  /// Hosts with ports left, in the order of their turns.
  private var ring: [Int]
  private var head = 0
  /// Hosts with ports left that hold their share already.
  private var isParked: [Bool]
  /// The parked hosts, and some that no longer are.
  private var parked: [Int] = []
  private var hostsLeft: Int
  /// Whether a host ran out of ports since the parked ones were looked at: the shares have grown.
  private var haveSharesGrown = false

  /// - Parameter sequence: another order of the ports than the plan's; each place once.
  init(hosts: Int, ports: Int, sequence: [Int]? = nil) {
    self.sequence = sequence?.count == ports ? sequence : nil
    portCount = ports
    cursor = Array(repeating: 0, count: hosts)
    inFlight = cursor
    isParked = Array(repeating: false, count: hosts)
    ring = ports > 0 ? Array(0..<hosts) : []
    hostsLeft = ring.count
  }

  /// Whether every probe has been handed out.
  var isExhausted: Bool { hostsLeft == 0 }

  /// Takes the next probe.
  ///
  /// - Parameter places: how many probes may be in flight altogether.
  /// - Returns: `nil` when none is left, or each host that has some holds its share.
  mutating func next(places: Int) -> ProbePlan.Position? {
    let share = max(1, (places + hostsLeft - 1) / max(1, hostsLeft))
    if head == ring.count && haveSharesGrown { unpark(share: share) }
    while head < ring.count {
      let host = ring[head]
      head += 1
      compact()
      guard inFlight[host] < share else {
        isParked[host] = true
        parked.append(host)
        continue
      }
      let port = cursor[host]
      cursor[host] += 1
      inFlight[host] += 1
      if cursor[host] < portCount {
        ring.append(host)
      } else {
        hostsLeft -= 1
        haveSharesGrown = true
      }
      return ProbePlan.Position(target: host, port: sequence?[port] ?? port)
    }
    return nil
  }

  /// The places of ports with those in front that are met most often: the sooner something
  /// answers, the sooner it is known how long answers take.
  static func likelyFirst(_ ports: [Port]) -> [Int] {
    let rank = Dictionary(
      CommonPorts.ordered.enumerated().map { ($0.element, $0.offset) },
      uniquingKeysWith: { first, _ in first })
    let common = ports.indices.filter { rank[ports[$0]] != nil }
    let sorted = common.sorted { rank[ports[$0], default: 0] < rank[ports[$1], default: 0] }
    return sorted + ports.indices.filter { rank[ports[$0]] == nil }
  }

  /// A probe of that host was sent that is not one of the order's.
  mutating func began(target host: Int) {
    inFlight[host] += 1
  }

  /// A probe of that host has ended.
  mutating func ended(target host: Int) {
    inFlight[host] -= 1
    if isParked[host] {
      isParked[host] = false
      ring.append(host)
    }
  }

  /// Gives turns again to the parked hosts that hold less than their share now.
  private mutating func unpark(share: Int) {
    haveSharesGrown = false
    parked.removeAll { host in
      guard isParked[host] else { return true }
      guard inFlight[host] < share else { return false }
      isParked[host] = false
      ring.append(host)
      return true
    }
  }

  /// Forgets the turns taken, now and then.
  private mutating func compact() {
    guard head > 1024, head * 2 > ring.count else { return }
    ring.removeFirst(head)
    head = 0
  }
}
