internal import Kernel
package import Model

/// One of many peers of a `Reception`.
final class Guest {
  let stream: ByteStream
  let endpoint: Endpoint?
  var toPeer = ByteQueue(capacity: 65_536)
  var received = 0
  var sent = 0
  /// Whether it may still say something.
  var isReadable = true
  /// Whether its connection is of no use any more.
  var isBroken = false
  /// Whether it was told that nothing more will come.
  var hasEndedWriting = false
  /// What it is watched for.
  var interest: Readiness?
  /// When it last took something, while there is something for it.
  var lastProgress = MonotonicTime.now

  init(_ stream: ByteStream, _ endpoint: Endpoint?) {
    self.stream = stream
    self.endpoint = endpoint
  }

  /// Everything was said on both sides.
  var isDone: Bool { isBroken || !isReadable && toPeer.isEmpty }

  func write() {
    guard !toPeer.isEmpty, !isBroken else { return }
    do throws(KernelError) {
      while !toPeer.isEmpty, let count = try stream.write(from: &toPeer) {
        sent += count
        lastProgress = .now
      }
    } catch {
      isBroken = true
    }
  }
}

/// What a `Reception` tells while it runs.
package enum GuestEvent: Sendable {
  case came(peer: Endpoint?)
  case left(peer: Endpoint?, received: Int, sent: Int)
  /// It did not take what it was sent, and was let go.
  case stalled(peer: Endpoint?)
  /// This host is out of descriptors or memory: the next ones have to wait.
  case shortage(ErrorNumber)
}
