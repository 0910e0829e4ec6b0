internal import Glibc
internal import Model

/// Runs a system call that reports failure as -1 and `errno`, and turns that into a `KernelError`.
/// EINTR is retried. This is the only file that reads `errno`.
///
/// - Parameters:
///   - name: the call, for the message: `socket`.
///   - context: what it was for, for people: `reading the ruleset`.
func systemCall<Result: FixedWidthInteger & SignedInteger>(
  _ name: String, _ context: @autoclosure () -> String, _ body: () -> Result
) throws(KernelError) -> Result {
  while true {
    let result = body()
    if result != -1 { return result }
    let error = currentError()
    if error == .interrupted { continue }
    throw .call(name: name, error: error, context: context())
  }
}

/// Like `systemCall`, for descriptors that do not block: EAGAIN and EINPROGRESS give `nil`.
func nonBlockingCall<Result: FixedWidthInteger & SignedInteger>(
  _ name: String, _ context: @autoclosure () -> String, _ body: () -> Result
) throws(KernelError) -> Result? {
  do {
    return try systemCall(name, context(), body)
  } catch .call(_, .tryAgain, _) {
    return nil
  } catch .call(_, .inProgress, _) {
    return nil
  }
}

/// The calling thread's `errno`.
func currentError() -> ErrorNumber {
  ErrorNumber(rawValue: errno)
}
