internal import Model

/// Verdicts in nft's words.
enum VerdictText {
  static func text(_ verdict: Verdict) -> String {
    switch verdict {
    case .drop: "drop"
    case .accept: "accept"
    case .stolen: "[verdict stolen]"
    case .queue(let number, let bypass): "queue" + (bypass ? " flags bypass" : "") + " to \(number)"
    case .continue: "continue"
    case .break: "[verdict break]"
    case .jump(let chain): "jump " + Escaping.printable(chain)
    case .goto(let chain): "goto " + Escaping.printable(chain)
    case .return: "return"
    case .unknown(let code): "[unknown verdict \(code)]"
    }
  }
}
