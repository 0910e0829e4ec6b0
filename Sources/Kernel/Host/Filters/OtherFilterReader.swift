package import Model

/// Takes stock of what may drop packets and is not nf_tables, in one namespace: XDP, tc, IPsec
/// policies, IPVS, and BPF programs on the own cgroup. (xtables-legacy has its own reader.)
package enum OtherFilterReader {
  /// What was found, and what could not be read, as sentences for people.
  package struct Inventory: Hashable, Sendable {
    package var filters: [OtherFilter] = []
    package var gaps: [String] = []
  }

  /// - Parameters:
  ///   - interfaces: the devices of the calling thread's namespace.
  ///   - socket: one of the family `route` in that namespace.
  package static func inventory(
    interfaces: [Interface], over socket: inout NetlinkSocket
  ) -> Inventory {
    var inventory = Inventory()
    inventory.filters = interfaces.filter(\.hasXDP).map {
      OtherFilter(
        kind: .xdp, direction: .inbound, interface: $0.name, detail: "a program on \($0.name)")
    }
    do throws(KernelError) {
      inventory.filters += try TrafficControlReader.filters(interfaces: interfaces, over: &socket)
    } catch {
      inventory.note("tc filters", error)
    }
    do throws(KernelError) {
      inventory.filters += try TransformPolicyReader.filters(interfaces: interfaces)
    } catch {
      inventory.note("IPsec policies", error)
    }
    do throws(KernelError) {
      inventory.filters += try VirtualServiceReader.filters()
    } catch {
      inventory.note("IPVS services", error)
    }
    inventory.filters += CgroupFilterReader.filtersOnSelf()
    return inventory
  }
}

extension OtherFilterReader.Inventory {
  /// A kernel without the facility has no such filters; anything else is a gap.
  mutating func note(_ what: String, _ error: KernelError) {
    // EPROTONOSUPPORT: the netlink family does not exist.
    if case .call(_, ErrorNumber(rawValue: 93), _) = error { return }
    if case .call(_, .notSupported, _) = error { return }
    gaps.append("\(what) are not known: \(error)")
  }
}
