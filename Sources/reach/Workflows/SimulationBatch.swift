internal import Kernel
internal import Reporting

/// Answers packets line by line (contract.md, section 4, *Batch*).
struct SimulationBatch {
  let source: SimulationSource
  let output: SimulationOutput

  /// Answers until the input ends, the reader of the answers is gone, or a signal comes.
  func run(_ path: String, _ simulation: Simulation) throws(CheckFailure) {
    var simulation = simulation
    do throws(KernelError) {
      var lines = path == "-" ? try LineReader.standardInput() : try LineReader(path: path)
      while !Interruption.isRequested {
        // What is answered is printed before waiting for more.
        if !lines.hasLine(), !output.flush() { return }
        guard let line = try lines.next() else { break }
        if try answer(line, simulation) { simulation = reloaded() ?? simulation }
      }
    } catch {
      throw CheckFailure(slug: "unavailable", message: "\(error)", status: .unavailable)
    }
    output.flush()
    if Interruption.isRequested {
      throw CheckFailure(slug: "interrupted", message: "interrupted", status: .interrupted)
    }
  }

  /// - Returns: whether the line asks for a reload.
  private func answer(
    _ line: LineReader.Line, _ simulation: Simulation
  ) throws(KernelError) -> Bool {
    guard case .bytes(let bytes) = line else {
      output.refuse("the line is too long")
      return false
    }
    // An empty line separates nothing and asks nothing.
    if bytes.trimmed.isEmpty { return false }
    do throws(PacketJSONError) {
      switch try BatchLine(bytes[...]) {
      case .reload: return true
      case .packet(let query, let hasSource):
        output.add(query, hasSource: hasSource, in: simulation)
      }
    } catch {
      output.refuse("\(error)")
    }
    return false
  }

  /// What is there now; `nil`, and the old one stays, if it can't be read.
  private func reloaded() -> Simulation? {
    do throws(CheckFailure) {
      return try source.read()
    } catch {
      output.flush()
      Diagnostics.say("reload: \(error.message)")
      return nil
    }
  }
}
