internal import Diagnosis
internal import Model

/// A result that stands for the ports that fare alike.
final class ScanTemplate {
  let result: CheckResult

  init(_ result: CheckResult) {
    self.result = result
  }
}

/// One port of a scan: what it shares with others, and what is its own.
struct ScanRow {
  let template: ScanTemplate
  let port: Port
  let outcome: ProbeOutcome
  let service: String?

  /// The port's own result.
  ///
  /// A suggested change of the ruleset is the template's own port's; others are pointed to the
  /// rule.
  var result: CheckResult {
    let model = template.result.evidence.flow.port
    guard port != model else {
      var result = template.result
      result.evidence.probe = outcome
      return result
    }
    var result = template.result
    result.evidence.flow.port = port
    result.evidence.probe = outcome
    result.service = service
    result.evidence.listeners?.endpoint.move(from: model, to: port)
    if var firewall = result.evidence.firewall {
      firewall.request.move(from: model, to: port)
      firewall.reply?.move(from: model, to: port)
      for place in firewall.further.indices {
        firewall.further[place].request.move(from: model, to: port)
        firewall.further[place].reply?.move(from: model, to: port)
      }
      result.evidence.firewall = firewall
    }
    result.finding = Diagnostician().finding(for: result.evidence)
    return result
  }
}

extension Endpoint {
  fileprivate mutating func move(from model: Port, to port: Port) {
    if self.port == model { self.port = port }
  }
}

extension Trace {
  fileprivate mutating func move(from model: Port, to port: Port) {
    delivery.move(from: model, to: port)
    for place in branches.indices { branches[place].delivery.move(from: model, to: port) }
  }
}

extension Delivery {
  /// Going there the port is the destination's, coming back the source's.
  fileprivate mutating func move(from model: Port, to port: Port) {
    if self.port == model { self.port = port }
    source?.move(from: model, to: port)
  }
}
