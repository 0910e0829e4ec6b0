/// Which probe of a plan is sent next: the hosts take turns, and none holds more than its share of
/// the places in flight, so that a silent host does not keep the others waiting.
struct FairOrder {
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

  init(hosts: Int, ports: Int) {
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
      return ProbePlan.Position(target: host, port: port)
    }
    return nil
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
