package import Model

/// Looks into the other network namespaces of the host.
///
/// Each is entered by a thread that ends afterwards, which takes CAP_SYS_ADMIN; those that may not
/// be entered are passed over.
package struct NamespaceReader: Sendable {
  /// A namespace other than the caller's.
  package struct Candidate: Hashable, Sendable {
    package var namespace: NetworkNamespace
    /// For people: the name under /run/netns, or `pid 812 (nginx)`.
    package var label: String
  }

  /// The most namespaces that are looked into.
  private let limit: Int

  package init(limit: Int = 256) {
    self.limit = limit
  }

  /// The other namespaces: those with names first, by name, then those of processes, by pid.
  package func others() -> [Candidate] {
    guard let current = try? NetworkNamespace.currentIdentity() else { return [] }
    var known: Set<NetworkNamespace.Identity> = [current]
    var candidates: [Candidate] = []
    for name in NetworkNamespace.names() {
      guard candidates.count < limit, let namespace = try? NetworkNamespace(selector: name),
        let identity = try? namespace.identity(), known.insert(identity).inserted
      else { continue }
      candidates.append(Candidate(namespace: namespace, label: name))
    }
    for pid in Directory.numbers("/proc").sorted() where candidates.count < limit {
      let namespace = NetworkNamespace(pid: pid)
      guard let identity = try? namespace.identity(), known.insert(identity).inserted else {
        continue
      }
      let command = ProgramReader.command(of: pid).map { " (\($0))" } ?? ""
      candidates.append(Candidate(namespace: namespace, label: "pid \(pid)\(command)"))
    }
    return candidates
  }

  /// Listeners of other namespaces with a local port of `ports`; namespaces without are left out.
  ///
  /// - Parameter programs: fills in programs, users and units if given.
  package func listeners(
    transports: Set<TransportProtocol>, ports: ClosedRange<UInt16>, programs: ProgramReader? = nil
  ) -> [NamespaceListeners] {
    others().compactMap { candidate in
      let found = try? DedicatedThread.run(in: candidate.namespace) { () throws(KernelError) in
        let reader = ListenerReader()
        var listeners = try reader.listeners(transports: transports, ports: ports)
        reader.nameDevices(of: &listeners)
        return listeners
      }
      guard var listeners = found, !listeners.isEmpty else { return nil }
      programs?.identify(&listeners)
      return NamespaceListeners(
        namespace: candidate.label, selector: candidate.namespace.selector, listeners: listeners)
    }
  }

  /// The first other namespace with a device that carries `address`: where NAT to a container
  /// leads. Loopback addresses are everywhere and so have no owner.
  package func namespace(owning address: IPAddress) -> Candidate? {
    guard !address.isLoopback, !address.isUnspecified else { return nil }
    return others().first { candidate in
      let isOwner = try? DedicatedThread.run(in: candidate.namespace) { () throws(KernelError) in
        try InterfaceReader.interfaces().contains { interface in
          interface.addresses.contains { $0.address == address }
        }
      }
      return isOwner ?? false
    }
  }
}
