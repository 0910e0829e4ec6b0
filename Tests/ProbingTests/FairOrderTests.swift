import Model
import Testing

@testable import Probing

struct FairOrderTests {
  @Test func hostsTakeTurns() {
    var order = FairOrder(hosts: 3, ports: 2)
    var taken: [ProbePlan.Position] = []
    while let position = order.next(places: 100) { taken.append(position) }
    #expect(taken.map(\.target) == [0, 1, 2, 0, 1, 2])
    #expect(taken.map(\.port) == [0, 0, 0, 1, 1, 1])
    #expect(order.isExhausted)
  }

  @Test func aSilentHostHoldsItsShareOnly() {
    var order = FairOrder(hosts: 2, ports: 100)
    // Host 1 answers at once, host 0 never: of ten places the silent host gets five.
    var silent = 0
    var answered = 0
    while let position = order.next(places: 10) {
      if position.target == 0 {
        silent += 1
      } else {
        answered += 1
        order.ended(target: 1)
      }
      if answered == 99 { break }
    }
    #expect(silent == 5)
    #expect(answered == 99)
  }

  @Test func whoeverIsLeftGetsAllPlaces() {
    var order = FairOrder(hosts: 2, ports: 6)
    var silent = 0
    var answered = 0
    while let position = order.next(places: 8) {
      if position.target == 0 {
        silent += 1
      } else {
        answered += 1
        order.ended(target: 1)
      }
    }
    #expect(answered == 6)
    // Four at first, then the two that were held back.
    #expect(silent == 6)
    #expect(order.isExhausted)
  }

  @Test func everyProbeIsHandedOutOnce() {
    var order = FairOrder(hosts: 50, ports: 40)
    var seen: Set<ProbePlan.Position> = []
    var waiting: [Int] = []
    while !order.isExhausted {
      while let position = order.next(places: 64) {
        #expect(seen.insert(position).inserted)
        waiting.append(position.target)
      }
      for host in waiting.prefix(7) { order.ended(target: host) }
      waiting.removeFirst(min(7, waiting.count))
    }
    #expect(seen.count == 2000)
  }

  @Test func nothingToDo() {
    var none = FairOrder(hosts: 0, ports: 5)
    #expect(none.isExhausted)
    #expect(none.next(places: 5) == nil)
    var portless = FairOrder(hosts: 5, ports: 0)
    #expect(portless.isExhausted)
    #expect(portless.next(places: 5) == nil)
  }

  @Test func commonPortsComeFirstAndNoneTwice() {
    let ports = (1...500).map { Port($0) }
    let sequence = FairOrder.likelyFirst(ports)
    #expect(sequence.sorted() == Array(ports.indices))
    #expect(sequence.prefix(3).map { ports[$0].number } == [80, 443, 22])
    var order = FairOrder(hosts: 1, ports: ports.count, sequence: sequence)
    #expect(order.next(places: 10) == ProbePlan.Position(target: 0, port: 79))
  }
}
