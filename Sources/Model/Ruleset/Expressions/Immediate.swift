/// Writes a constant, or sets the verdict.
package struct Immediate: Hashable, Sendable {
  package enum Value: Hashable, Sendable {
    case data([UInt8])
    case verdict(Verdict)
  }

  package var destination: Register
  package var value: Value

  package init(destination: Register, value: Value) {
    self.destination = destination
    self.value = value
  }
}
