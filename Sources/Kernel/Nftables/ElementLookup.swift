package import Model

/// Asks the kernel for single elements of the sets of the calling thread's network namespace.
///
/// It asks the set's backend, as a packet's lookup does (`nft_get_set_elem` calls `ops->get`,
/// net/netfilter/nf_tables_api.c), so intervals and ranges are answered for any key within, and
/// expired elements are not found. It belongs to the thread that made it.
package final class ElementLookup: ElementSource {
  private struct Question: Hashable {
    let key: [UInt8]?
    let set: SetReference
  }

  private let socket: Access
  private var answers: [Question: ElementAnswer] = [:]
  /// Sets that were there when first asked for: ENOENT is said of sets and elements alike.
  private var knownSets: Set<SetReference> = []

  /// Opens the socket.
  ///
  /// - Throws: `KernelError` as `RulesetReader.read` does.
  package init() throws(KernelError) {
    socket = Access(try NetlinkSocket.nftables())
  }

  /// The element that a packet's lookup of `key` would find now; each question is asked only once.
  package func element(for key: [UInt8], in set: SetReference) -> ElementAnswer {
    let answer = ask(Question(key: key, set: set))
    guard answer == .absent else { return answer }
    return ask(Question(key: nil, set: set))
  }

  /// A key of `nil` asks for the catch-all element.
  private func ask(_ question: Question) -> ElementAnswer {
    if let known = answers[question] { return known }
    let answer: ElementAnswer
    do throws(KernelError) {
      if !knownSets.contains(question.set) {
        try socket.requireSet(question.set)
        knownSets.insert(question.set)
      }
      answer = try socket.element(question.key, in: question.set)
    } catch {
      answer = .unknown(reason: "\(error)")
    }
    answers[question] = answer
    return answer
  }

  /// The socket, which a class's method can use without being `mutating`.
  private final class Access {
    private var socket: NetlinkSocket

    init(_ socket: consuming NetlinkSocket) {
      self.socket = socket
    }

    /// Throws ENOENT if there is no such set. GETSET: `NFTA_SET_TABLE` 1, `NFTA_SET_NAME` 2.
    func requireSet(_ set: SetReference) throws(KernelError) {
      var request = NftablesMessage.getSet.request(set.family, dump: false)
      request.append(1, string: set.table)
      request.append(2, string: set.name)
      try socket.request(request, "looking into the set \(set.name)") { _ in }
    }

    /// The element that holds a key; `.absent` if none does.
    func element(
      _ key: [UInt8]?, in set: SetReference
    ) throws(KernelError) -> ElementAnswer {
      do throws(KernelError) {
        var elements: [Element] = []
        try socket.request(Self.request(key, in: set), "looking into the set \(set.name)") {
          (message) throws(KernelError) in
          guard message.type == NftablesMessage.newElement.type else { return }
          try Element.append(from: message, to: &elements)
        }
        return elements.first.map { .found($0) } ?? .absent
      } catch .call(_, .noEntry, _) {
        return .absent
      } catch .call(_, .invalid, _) where key == nil {
        // Kernels before 5.13 have no catch-all elements.
        return .absent
      }
    }

    /// `NFTA_SET_ELEM_LIST_TABLE` 1, `SET` 2, `ELEMENTS` 3 {`NFTA_LIST_ELEM` 1 {`NFTA_SET_ELEM_KEY`
    /// 1 {`NFTA_DATA_VALUE` 1}}}, or `NFTA_SET_ELEM_FLAGS` 3 with `NFT_SET_ELEM_CATCHALL` 2.
    private static func request(_ key: [UInt8]?, in set: SetReference) -> NetlinkRequest {
      var request = NftablesMessage.getElement.request(set.family, dump: false)
      request.append(1, string: set.table)
      request.append(2, string: set.name)
      request.append(3) { list in
        list.append(1) { element in
          if let key {
            element.append(1) { $0.append(1, bytes: key) }
          } else {
            element.append(3, be32: 2)
          }
        }
      }
      return request
    }
  }
}
