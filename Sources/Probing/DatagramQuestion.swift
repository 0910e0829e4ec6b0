internal import Model

/// What to say to a UDP port so that a service there answers. Each is a harmless question of the
/// protocol that usually has the port: nothing is changed, nobody is logged in.
struct DatagramQuestion: Hashable, Sendable {
  let bytes: [UInt8]
  /// Whether the answer comes from another port than the one asked.
  let isAnsweredFromAnyPort: Bool

  init(_ bytes: [UInt8], isAnsweredFromAnyPort: Bool = false) {
    self.bytes = bytes
    self.isAnsweredFromAnyPort = isAnsweredFromAnyPort
  }

  /// The question for a port; for one without a known protocol a newline: short, and harmless to
  /// whatever reads lines. (An empty datagram would look like an end of file to some.)
  static func usual(for port: Port) -> DatagramQuestion {
    switch port.number {
    case 53, 5353, 5355: return dns(port.number)
    case 69: return DatagramQuestion(trivialFileTransfer, isAnsweredFromAnyPort: true)
    case 111: return DatagramQuestion(portMapper)
    case 123: return DatagramQuestion(networkTime)
    case 137: return DatagramQuestion(netBIOSNames)
    case 161: return DatagramQuestion(managementInformation)
    case 500: return DatagramQuestion(keyExchange)
    // RFC 3948: on port 4500 a key exchange message follows four zero bytes.
    case 4500: return DatagramQuestion([0, 0, 0, 0] + keyExchange)
    case 623: return DatagramQuestion(platformManagement)
    case 1194: return DatagramQuestion(openVPN)
    case 1645, 1812: return DatagramQuestion(radius)
    case 1900: return DatagramQuestion(serviceDiscovery, isAnsweredFromAnyPort: true)
    case 3478, 5349, 19302: return DatagramQuestion(sessionTraversal)
    case 5060: return DatagramQuestion(sessionInitiation)
    case 5683: return DatagramQuestion(constrainedApplication)
    case 11211: return DatagramQuestion(memcached)
    case 27015: return DatagramQuestion(gameServer)
    default: return DatagramQuestion([0x0a])
    }
  }

  /// RFC 1035: a standard query. Port 53 is asked for the root's name servers, which a resolver and
  /// an authoritative server both answer, be it with REFUSED; mDNS (RFC 6762, 5.1 legacy query) for
  /// the services of the link; LLMNR (RFC 4795) for a name.
  private static func dns(_ port: UInt16) -> DatagramQuestion {
    let recursion: UInt8 = port == 53 ? 1 : 0
    let header: [UInt8] = [0x72, 0x63, recursion, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    let name: [UInt8]
    let type: UInt8
    switch port {
    case 5353: (name, type) = (labels(["_services", "_dns-sd", "_udp", "local"]), 12)
    case 5355: (name, type) = (labels(["localhost"]), 1)
    default: (name, type) = ([0], 2)
    }
    return DatagramQuestion(header + name + [0, type, 0, 1])
  }

  private static func labels(_ parts: [String]) -> [UInt8] {
    parts.flatMap { [UInt8(truncatingIfNeeded: $0.utf8.count)] + Array($0.utf8) } + [0]
  }

  /// RFC 1350: a read request for a file that won't exist; the error is the answer.
  private static let trivialFileTransfer: [UInt8] =
    [0, 1] + Array("reach-probe".utf8) + [0] + Array("octet".utf8) + [0]

  /// RFC 1833 over RFC 5531: call of procedure 0 (null) of program 100000 version 2.
  private static let portMapper: [UInt8] =
    [0x72, 0x65, 0x61, 0x63] + [0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0x86, 0xa0, 0, 0, 0, 2]
    + [0, 0, 0, 0] + [UInt8](repeating: 0, count: 16)

  /// RFC 5905: version 4, mode 3 (client).
  private static let networkTime: [UInt8] = [0x23] + [UInt8](repeating: 0, count: 47)

  /// RFC 1002, 4.2.17: node status of the name `*`, encoded as two letters for each half byte.
  private static let netBIOSNames: [UInt8] =
    [0x72, 0x63, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x20] + Array("CK".utf8)
    + [UInt8](repeating: 0x41, count: 30) + [0, 0, 0x21, 0, 1]

  /// RFC 1157: SNMPv1 get of sysDescr.0 with the community `public`. An agent with another
  /// community is silent.
  private static let managementInformation: [UInt8] = [
    0x30, 0x29, 0x02, 0x01, 0x00, 0x04, 0x06, 0x70, 0x75, 0x62, 0x6c, 0x69, 0x63, 0xa0, 0x1c, 0x02,
    0x04, 0x72, 0x65, 0x61, 0x63, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00, 0x30, 0x0e, 0x30, 0x0c, 0x06,
    0x08, 0x2b, 0x06, 0x01, 0x02, 0x01, 0x01, 0x01, 0x00, 0x05, 0x00,
  ]

  /// RFC 2408: an ISAKMP header of version 1, main mode, with a security association that offers
  /// one proposal (3DES, SHA, group 2, pre-shared key): accepted or not, it is answered.
  private static let keyExchange: [UInt8] =
    [0x72, 0x65, 0x61, 0x63, 0x68, 0x70, 0x72, 0x62] + [UInt8](repeating: 0, count: 8)
    + [1, 0x10, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0x50]
    + [0, 0, 0, 0x34, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0x28, 1, 1, 0, 1, 0, 0, 0, 0x20, 1, 1, 0, 0]
    + [0x80, 1, 0, 5, 0x80, 2, 0, 2, 0x80, 4, 0, 2, 0x80, 3, 0, 1, 0x80, 0x0b, 0, 1]
    + [0x80, 0x0c, 0x0e, 0x10]

  /// ASF 2.0, 3.2.4.3: RMCP presence ping.
  private static let platformManagement: [UInt8] =
    [6, 0, 0xff, 6, 0, 0, 0x11, 0xbe, 0x80, 0, 0, 0]

  /// OpenVPN: a client's hard reset, version 2, key 0, with a session id; answered where no
  /// tls-auth or tls-crypt key is asked for.
  private static let openVPN: [UInt8] =
    [0x38, 0x72, 0x65, 0x61, 0x63, 0x68, 0x70, 0x72, 0x62, 0, 0, 0, 0, 0]

  /// RFC 5997: Status-Server; with a Message-Authenticator that can't be right, so that a server
  /// answers only if it is lenient. Attribute 80 is mandatory.
  private static let radius: [UInt8] =
    [12, 0x72, 0, 38] + [UInt8](repeating: 0x72, count: 16) + [80, 18]
    + [UInt8](repeating: 0, count: 16)

  /// UPnP Device Architecture, 1.3.2: a search by unicast, which names no MX.
  private static let serviceDiscovery = Array(
    ("M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\n"
      + "ST: ssdp:all\r\n\r\n").utf8)

  /// RFC 8489: a binding request.
  private static let sessionTraversal: [UInt8] =
    [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42] + Array("reach-probe-".utf8)

  /// RFC 3261, 11: OPTIONS.
  private static let sessionInitiation = Array(
    ("OPTIONS sip:probe@invalid SIP/2.0\r\nVia: SIP/2.0/UDP invalid;branch=z9hG4bKreach;rport\r\n"
      + "From: <sip:probe@invalid>;tag=reach\r\nTo: <sip:probe@invalid>\r\nCall-ID: reach\r\n"
      + "CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n").utf8)

  /// RFC 7252: an empty confirmable message, which is answered with a reset (4.3, "CoAP ping").
  private static let constrainedApplication: [UInt8] = [0x40, 0, 0x72, 0x63]

  /// memcached's doc/protocol.txt, UDP protocol: request id, sequence 0 of 1, reserved.
  private static let memcached: [UInt8] =
    [0x72, 0x63, 0, 0, 0, 1, 0, 0] + Array("version\r\n".utf8)

  /// Valve's server queries: A2S_INFO.
  private static let gameServer: [UInt8] =
    [0xff, 0xff, 0xff, 0xff] + Array("TSource Engine Query".utf8) + [0]
}
