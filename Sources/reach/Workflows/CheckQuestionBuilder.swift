internal import Kernel
internal import Model
internal import Probing

/// A failure of the whole call, with the contract's slug and exit status.
struct CheckFailure: Error {
  var slug: String
  var message: String
  var status: ExitStatus
}

/// Turns the words of a check into a question: ports, addresses, origins.
struct CheckQuestionBuilder {
  let request: CheckRequest

  func build() throws(CheckFailure) -> CheckQuestion {
    let (hosts, words) = hostAndPorts()
    let ports = try ports(words)
    let origins = try origins()
    let named: [CheckQuestion.Target]
    if let path = request.hostFile {
      named = try targets(fromFile: path)
    } else {
      named = try targets(hosts)
    }
    let asked = try withoutExcluded(named)
    return CheckQuestion(
      targets: asked, ports: ports, settings: settings(), origins: origins,
      isProbing: request.isProbing, readsFirewall: request.readsFirewall,
      parallel: request.parallel ?? Self.parallel(asked.count, ports.count),
      place: request.namespace.map { "netns:" + $0 } ?? "here")
  }

  /// A scan goes as wide as its window grows, or the files that may be open let it.
  private static func parallel(_ targets: Int, _ ports: Int) -> Int {
    targets * ports >= ProbePlan.bulk ? 32768 : 1024
  }

  /// `HOST:PORT` in one word is understood as well.
  func hostAndPorts() -> (String, [String]) {
    guard request.ports.isEmpty, !request.host.contains("/"), request.hostFile == nil else {
      return (request.host, request.ports)
    }
    if let endpoint = Endpoint(request.host), let port = endpoint.port {
      return (endpoint.address.description, [port.description])
    }
    let parts = request.host.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
      return (request.host, request.ports)
    }
    return (String(parts[0]), [String(parts[1])])
  }

  func ports(_ words: [String]) throws(CheckFailure) -> [Port] {
    // Numbers need no file to be read.
    lazy var database = ServiceDatabase()
    let transport: TransportProtocol = request.isUDP ? .udp : .tcp
    let services = PortList.ServiceNames(
      port: { name in
        database.ports(named: name, transport: transport).first
          ?? database.services(named: name).first?.port
      },
      all: { database.names })
    do throws(PortListError) {
      return try PortList(words, services: services).ports
    } catch {
      throw usage("\(error)")
    }
  }

  private func origins() throws(CheckFailure) -> [CheckQuestion.OriginWord] {
    var origins: [CheckQuestion.OriginWord] = []
    for word in request.origins {
      guard let origin = CheckQuestion.OriginWord(word) else {
        throw usage(
          "--from takes here, outside, or an address such as 192.0.2.7 or "
            + "[2001:db8::1]:40000%eth0, not \"\(word)\"")
      }
      if case .address(let address, _, _) = origin, let family = request.family,
        family != address.family
      {
        throw usage("--from \(word) is not of the IP version asked for")
      }
      origins.append(origin)
    }
    return origins
  }

  func targets(_ hosts: String) throws(CheckFailure) -> [CheckQuestion.Target] {
    let list: HostList
    do throws(HostListError) {
      list = try HostList(hosts)
    } catch {
      throw usage("\(error)")
    }
    let resolution = NameResolution(
      family: family, isNumericOnly: request.isNumeric, timeout: request.timeout)
    var targets: [CheckQuestion.Target] = []
    for item in list.items {
      try refuseMixedFamilies(item)
      do throws(ResolutionError) {
        let addresses = try resolution.addresses(of: item) { Interruption.isRequested }
        let word = list.items.count == 1 ? hosts : Self.word(item)
        targets += addresses.map { CheckQuestion.Target(word: word, address: Self.reached($0)) }
      } catch {
        if Interruption.isRequested {
          throw CheckFailure(
            slug: "interrupted", message: "interrupted while \(Self.word(item)) was looked up",
            status: .interrupted)
        }
        if case .notFound = error.kind {
          throw CheckFailure(slug: "name-not-found", message: "\(error)", status: .unknownHost)
        }
        throw CheckFailure(slug: "name-failure", message: "\(error)", status: .unknownHost)
      }
    }
    return targets
  }

  /// An address can't be reached from one of the other IP version: that is no failed look-up.
  private func refuseMixedFamilies(_ item: HostList.Item) throws(CheckFailure) {
    guard request.family == nil, let family else { return }
    let address: IPAddress
    switch item {
    case .address(let single, _): address = single
    case .block(let prefix): address = prefix.address
    case .name: return
    }
    guard address.family != family else { return }
    let source = request.source.map { "-s \($0)" } ?? "--from \(request.origins.first ?? "")"
    let (theirs, own) = family == .v4 ? ("IPv4", "IPv6") : ("IPv6", "IPv4")
    throw usage("\(source) is an \(theirs) address, and \(Self.word(item)) is \(own)")
  }

  /// `-4` and `-6`, or the one family that the sources have.
  private var family: IPFamily? {
    if let family = request.family { return family }
    if let source = request.source { return source.family }
    let families = Set(
      request.origins.compactMap { word -> IPFamily? in
        guard case .address(let address, _, _)? = CheckQuestion.OriginWord(word) else { return nil }
        return address.family
      })
    return families.count == 1 ? families.first : nil
  }

  /// To connect to 0.0.0.0 or :: is to connect to this host (`ip_route_output_key_hash_rcu` in
  /// net/ipv4/route.c, `ip6_datagram_connect` in net/ipv6/datagram.c).
  private static func reached(_ address: ScopedAddress) -> ScopedAddress {
    guard address.address.isUnspecified else { return address }
    return ScopedAddress(address.address.family == .v4 ? .loopbackV4 : .loopbackV6)
  }

  private static func word(_ item: HostList.Item) -> String {
    switch item {
    case .name(let name): name
    case .address(let address, let scope): "\(address)" + (scope.map { "%" + $0 } ?? "")
    case .block(let prefix): "\(prefix)"
    }
  }

  private func settings() -> ProbeSettings {
    ProbeSettings(
      transport: request.isUDP ? .udp : .tcp,
      source: request.source,
      sourcePort: request.sourcePort,
      timeout: request.timeout, wantsBanner: request.wantsBanner)
  }

  func usage(_ message: String) -> CheckFailure {
    CheckFailure(slug: "usage", message: message, status: .usage)
  }
}
