package import Model

/// Reads what a network namespace looks like apart from its ruleset: the calling thread's.
package struct HostReader: Sendable {
  /// The parts of a snapshot that a question needs.
  package struct Parts: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let routes = Self(rawValue: 1)
    package static let rules = Self(rawValue: 2)
    package static let settings = Self(rawValue: 4)
    package static let otherFilters = Self(rawValue: 8)
    package static let queueReaders = Self(rawValue: 16)
    package static let all: Parts = [.routes, .rules, .settings, .otherFilters, .queueReaders]
  }

  /// What a kernel without policy routing does: local, then main (`fib_lookup`,
  /// include/net/ip_fib.h).
  private static let rulesWithoutPolicyRouting = IPFamily.allCases.flatMap { family in
    [
      RoutingRule(family: family, priority: 0, action: .lookup(table: 255)),
      RoutingRule(family: family, priority: 32766, action: .lookup(table: 254)),
    ]
  }

  private let routeLimit: Int
  private let settingReader: SettingReader

  /// - Parameter routeLimit: how many routes are read before a table counts as too large.
  package init(
    routeLimit: Int = RouteReader.usualLimit, settingReader: SettingReader = SettingReader()
  ) {
    self.routeLimit = routeLimit
    self.settingReader = settingReader
  }

  /// Reads the interfaces, and the parts asked for. What can't be read is left out and named in
  /// `gaps`.
  ///
  /// - Parameters:
  ///   - parts: leave out what the question does not need.
  ///   - devices: the devices whose own settings are read; `nil` for all that exist.
  ///   - scope: the settings that are read.
  package func snapshot(
    _ parts: Parts = .all, settingsOf devices: Set<String>? = nil,
    scope: SettingReader.Scope = .all
  ) -> HostSnapshot {
    var snapshot = HostSnapshot(time: UInt64(clamping: WallClock.now))
    if parts.contains(.settings) {
      // Those of single devices come with the devices.
      snapshot.settings = settingReader.settings(devices: [], scope: scope)
    }
    do throws(KernelError) {
      var socket = try NetlinkSocket(.route)
      let links = readNetwork(parts, over: &socket, into: &snapshot)
      if parts.contains(.settings), scope.contains(.path) {
        for link in links where devices?.contains(link.interface.name) ?? true {
          link.addSettings(to: &snapshot.settings)
        }
      }
    } catch {
      snapshot.gaps.append("interfaces, routes and filters are not known: \(error)")
    }
    if parts.contains(.queueReaders) {
      do throws(KernelError) {
        snapshot.queueReaders = try QueueReaderList.read()
      } catch {
        snapshot.gaps.append("who reads userspace queues is not known: \(error)")
      }
    }
    return snapshot
  }

  private func readNetwork(
    _ parts: Parts, over socket: inout NetlinkSocket, into snapshot: inout HostSnapshot
  ) -> [LinkMessage] {
    var links: [LinkMessage] = []
    do throws(KernelError) {
      links = try InterfaceReader.links(over: &socket)
      snapshot.interfaces = links.map(\.interface)
    } catch {
      snapshot.gaps.append("interfaces and addresses are not known: \(error)")
    }
    if snapshot.interfaces.contains(where: { snapshot.bridge(of: $0) != nil }) {
      do throws(KernelError) {
        snapshot.forwardingEntries = try ForwardingReader.entries(over: &socket)
      } catch {
        snapshot.gaps.append("what bridges know of their ports is not known: \(error)")
      }
    }
    if parts.contains(.routes) {
      do throws(KernelError) {
        let list = try RouteReader.routes(over: &socket, limit: routeLimit)
        snapshot.routes = list.routes
        if list.isCutShort {
          snapshot.gaps.append("only the first \(routeLimit) routes were read")
        }
      } catch {
        snapshot.gaps.append("routes are not known: \(error)")
      }
    }
    if parts.contains(.rules) {
      do throws(KernelError) {
        snapshot.routingRules = try RoutingRuleReader.rules(over: &socket)
      } catch .call(_, .notSupported, _) {
        snapshot.routingRules = Self.rulesWithoutPolicyRouting
      } catch {
        snapshot.gaps.append("routing rules are not known: \(error)")
      }
    }
    if parts.contains(.otherFilters) {
      let inventory = OtherFilterReader.inventory(interfaces: snapshot.interfaces, over: &socket)
      snapshot.otherFilters = inventory.filters
      snapshot.gaps += inventory.gaps
    }
    return links
  }
}
