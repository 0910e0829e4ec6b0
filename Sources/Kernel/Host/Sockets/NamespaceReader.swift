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

  /// A namespace and its devices.
  package struct Resident: Sendable {
    package var candidate: Candidate
    package var interfaces: [Interface]
  }

  /// The devices of every other namespace that may be entered.
  package func residents() -> [Resident] {
    others().compactMap { candidate in
      let interfaces = try? DedicatedThread.run(in: candidate.namespace) {
        () throws(KernelError) in try InterfaceReader.interfaces()
      }
      return interfaces.map { Resident(candidate: candidate, interfaces: $0) }
    }
  }

  /// The other namespace in which `address` is: where NAT to a container leads. Loopback addresses
  /// are everywhere and so have no owner.
  ///
  /// Several namespaces may have the same address, on links that have nothing to do with each
  /// other, and so may a host elsewhere.
  ///
  /// - Parameters:
  ///   - hardwareAddress: what answers on the link for `address`, if that is known; it tells the
  ///     namespaces apart.
  ///   - residents: the namespaces, as `residents()` read them.
  /// - Returns: `nil` if there is none, or if it can't be told which one it is.
  package static func owner(
    of address: IPAddress, at hardwareAddress: [UInt8]? = nil, among residents: [Resident]
  ) -> Candidate? {
    guard !address.isLoopback, !address.isUnspecified else { return nil }
    var owners: [Candidate] = []
    var isNeighbourHere = hardwareAddress == nil
    for resident in residents {
      let interfaces = resident.interfaces
      let isNeighbour = interfaces.contains { $0.hardwareAddress == hardwareAddress }
      if interfaces.contains(where: { $0.addresses.contains { $0.address == address } }) {
        if isNeighbour { return resident.candidate }
        owners.append(resident.candidate)
      }
      // A router of this host that answers for its clients (proxy ARP).
      if isNeighbour { isNeighbourHere = true }
    }
    return isNeighbourHere && owners.count == 1 ? owners.first : nil
  }
}
