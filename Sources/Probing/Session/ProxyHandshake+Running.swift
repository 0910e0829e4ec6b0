package import Kernel
internal import Model

extension ProxyHandshake {
  /// How asking a proxy went.
  package enum Outcome: Hashable, Sendable {
    /// The connection is there; the bytes are the first that came through it.
    case connected([UInt8])
    /// A sentence on why not, without capital and full stop.
    case failed(String)
  }

  /// Asks the proxy at the other end of `stream`.
  ///
  /// - Throws: `KernelError` when the connection breaks.
  package mutating func run(
    over stream: ByteStream, limit: Duration, isInterrupted: () -> Bool
  ) throws(KernelError) -> Outcome {
    let deadline = MonotonicTime.now + limit
    var toProxy = ByteQueue(capacity: 4096)
    var received = ByteQueue(capacity: 4096)
    toProxy.append(opening)
    while !isInterrupted() {
      var entries = [
        StreamPoll.Entry(stream, toProxy.isEmpty ? .readable : [.readable, .writable])
      ]
      guard let count = try StreamPoll.wait(&entries, until: deadline) else { continue }
      if count == 0 { return .failed("it does not answer within \(limit.text)") }
      if !toProxy.isEmpty { _ = try stream.write(from: &toProxy) }
      guard let got = try stream.read(into: &received) else { continue }
      if got == 0 { return .failed("it closed the connection") }
      let step = receive(Array(received.bytes))
      received.clear()
      switch step {
      case .send(let bytes): toProxy.append(bytes)
      case .wait: break
      case .done(let rest): return .connected(rest)
      case .failed(let why): return .failed(why)
      }
    }
    return .failed("interrupted")
  }
}

extension Duration {
  /// In seconds, for people.
  fileprivate var text: String {
    let milliseconds = wholeNanoseconds / 1_000_000
    return milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(milliseconds) ms"
  }
}
