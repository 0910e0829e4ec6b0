internal import CLinux
internal import Model

/// Counts BPF programs by where they are attached (bpf(2), BPF_PROG_QUERY; CAP_NET_ADMIN or
/// CAP_BPF).
enum ProgramQuery {
  /// A place for programs. Source: `enum bpf_attach_type`, include/uapi/linux/bpf.h.
  struct AttachType {
    let number: UInt32
    let name: String
    let direction: OtherFilter.Direction
  }

  /// Where programs can keep packets and connections of a cgroup's processes from passing.
  static let ofCgroups = [
    AttachType(number: 0, name: "ingress", direction: .inbound),
    AttachType(number: 1, name: "egress", direction: .outbound),
    AttachType(number: 10, name: "connect4", direction: .outbound),
    AttachType(number: 11, name: "connect6", direction: .outbound),
    AttachType(number: 14, name: "sendmsg4", direction: .outbound),
    AttachType(number: 15, name: "sendmsg6", direction: .outbound),
  ]

  /// `BPF_TCX_INGRESS`, `BPF_TCX_EGRESS` (6.6 and later): tc programs that no filter dump shows.
  static let ofDevices = [
    AttachType(number: 46, name: "ingress", direction: .inbound),
    AttachType(number: 47, name: "egress", direction: .outbound),
  ]

  /// How many programs act there; `nil` when the kernel does not say: not permitted, or no such
  /// place.
  static func count(
    _ type: AttachType, target: UInt32, includingInherited: Bool = false
  ) -> UInt32? {
    var count: UInt32 = 0
    // Safe: the number outlives the call, which fills it.
    let status = unsafe reach_count_programs(
      target, type.number, includingInherited ? 1 : 0, &count)
    return status == 0 ? count : nil
  }
}
