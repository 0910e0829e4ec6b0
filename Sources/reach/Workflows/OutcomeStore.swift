internal import Model

/// Outcomes of many probes until their rows are made: sixteen bytes for an ordinary one.
struct OutcomeStore {
  private struct Packed {
    /// 0: none yet; 1: `whole` has it; else the place of its kind in `kinds`, and two.
    var kind: UInt16 = 0
    var attempts: UInt16 = 0
    var micros: UInt32 = .max
  }

  /// What many outcomes have in common.
  struct Kind: Hashable {
    var kind: ProbeOutcome.Kind
    var error: ErrorNumber?
    var icmp: ICMPError?

    init(_ outcome: ProbeOutcome) {
      kind = outcome.kind
      error = outcome.error
      icmp = outcome.icmp
    }
  }

  private let ports: Int
  private var packed: [Packed]
  private var kinds: [Kind] = []
  private var places: [Kind: UInt16] = [:]
  private var whole: [Int: ProbeOutcome] = [:]

  init(targets: Int, ports: Int) {
    self.ports = ports
    packed = Array(repeating: Packed(), count: targets * ports)
  }

  /// The outcome of a probe. Of a refused or silent one the source is not kept.
  subscript(target: Int, port: Int) -> ProbeOutcome? {
    get {
      let index = target * ports + port
      let packed = packed[index]
      switch packed.kind {
      case 0: return nil
      case 1: return whole[index]
      default:
        let kind = kinds[Int(packed.kind) - 2]
        return ProbeOutcome(
          kind: kind.kind, error: kind.error, icmp: kind.icmp,
          roundTrip: packed.micros == .max ? nil : .microseconds(Int64(packed.micros)),
          attempts: Int(packed.attempts))
      }
    }
    set {
      guard let newValue else { return }
      let index = target * ports + port
      let kind = Kind(newValue)
      let place = places[kind] ?? UInt16(truncatingIfNeeded: kinds.count + 2)
      let isOrdinary =
        newValue.kind != .connected && newValue.banner == nil && !newValue.failedToBind
        && (places[kind] != nil || kinds.count < 1000)
      guard isOrdinary else {
        packed[index].kind = 1
        whole[index] = newValue
        return
      }
      if places[kind] == nil {
        places[kind] = place
        kinds.append(kind)
      }
      let micros = newValue.roundTrip.map { $0 / .microseconds(1) }
      packed[index] = Packed(
        kind: place, attempts: UInt16(clamping: newValue.attempts),
        micros: micros.map { UInt32(min(max($0, 0), 4_000_000_000)) } ?? .max)
    }
  }
}
