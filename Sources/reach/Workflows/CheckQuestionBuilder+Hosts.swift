internal import Kernel
internal import Model

/// Hosts out of files, and hosts to be left out.
extension CheckQuestionBuilder {
  /// The most addresses of one file.
  private static let fileLimit = 1 << 20

  /// Hosts of a file, or of standard input (`-`): names, addresses and blocks, any number a line,
  /// with blanks or commas between them; what follows a # is a comment.
  ///
  /// A name that can't be looked up is told and left out, since the others are worth asking.
  func targets(fromFile path: String) throws(CheckFailure) -> [CheckQuestion.Target] {
    var targets: [CheckQuestion.Target] = []
    var failure: CheckFailure?
    do throws(KernelError) {
      var lines = path == "-" ? try LineReader.standardInput() : try LineReader(path: path)
      var number = 0
      while let line = try lines.next() {
        number += 1
        guard case .bytes(let bytes) = line else {
          throw KernelError.tooLarge(what: "line \(number) of \(path)", limit: 1 << 20)
        }
        do throws(CheckFailure) {
          try add(bytes, to: &targets, &failure)
        } catch {
          failure = error
          failure?.message = "\(path), line \(number): \(error.message)"
          break
        }
      }
    } catch {
      throw CheckFailure(slug: "unavailable", message: "\(error)", status: .unavailable)
    }
    if let failure, targets.isEmpty || failure.status != .unknownHost { throw failure }
    guard !targets.isEmpty else { throw usage("\(path) names no host") }
    return targets
  }

  private func add(
    _ line: [UInt8], to targets: inout [CheckQuestion.Target], _ failure: inout CheckFailure?
  ) throws(CheckFailure) {
    let text = String(decoding: line.prefix { $0 != UInt8(ascii: "#") }, as: UTF8.self)
    for word in text.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" }) {
      do throws(CheckFailure) {
        targets += try self.targets(String(word))
      } catch {
        guard error.status == .unknownHost else { throw error }
        Diagnostics.say(error.message)
        failure = error
      }
      guard targets.count <= Self.fileLimit else {
        throw usage("more than \(Self.fileLimit) addresses; ask for fewer at a time")
      }
    }
  }

  /// The targets that `--exclude` leaves.
  func withoutExcluded(
    _ targets: [CheckQuestion.Target]
  ) throws(CheckFailure) -> [CheckQuestion.Target] {
    guard !request.excluded.isEmpty else { return targets }
    var blocks: [Prefix] = []
    var single: Set<IPAddress> = []
    for word in request.excluded {
      let list: HostList
      do throws(HostListError) {
        list = try HostList(word)
      } catch {
        throw usage("--exclude: \(error)")
      }
      for item in list.items {
        switch item {
        case .block(let prefix): blocks.append(prefix)
        case .address(let address, _): single.insert(address)
        case .name(let name): single.formUnion(try self.targets(name).map(\.address.address))
        }
      }
    }
    let left = targets.filter { target in
      let address = target.address.address
      return !single.contains(address) && !blocks.contains { $0.contains(address) }
    }
    guard !left.isEmpty else { throw usage("--exclude leaves no host") }
    return left
  }
}
