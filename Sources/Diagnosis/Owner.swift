package import Model

/// The program that writes a chain, known by the names it gives to tables and chains.
package enum Owner {
  /// Names of tables, exact.
  private static let tables: [String: String] = [
    "firewalld": "firewalld", "f2b-table": "fail2ban", "kube-proxy": "kube-proxy",
    "netavark": "podman", "libvirt_network": "libvirt", "crowdsec": "crowdsec",
    "crowdsec6": "crowdsec", "lxd": "lxd", "incus": "incus", "docker-bridges": "docker",
    "fw4": "fw4", "sshguard": "sshguard", "opensnitch": "opensnitch", "nixos-fw": "nixos",
    "vyos_filter": "vyos", "io.systemd.nat": "systemd", "mullvad": "mullvad",
  ]

  /// Beginnings of table names.
  private static let tablePrefixes: [(String, String)] = [
    ("firewalld_", "firewalld"), ("f2b-", "fail2ban"), ("wg-quick-", "wg-quick"),
    ("tailscale", "tailscale"), ("cali", "calico"),
  ]

  /// Beginnings of chain names.
  private static let chainPrefixes: [(String, String)] = [
    ("ufw-", "ufw"), ("ufw6-", "ufw"), ("DOCKER", "docker"), ("f2b-", "fail2ban"),
    ("fail2ban-", "fail2ban"), ("KUBE-ROUTER", "kube-router"), ("KUBE-", "kube-proxy"),
    ("NETAVARK", "podman"), ("CNI-", "cni"), ("LIBVIRT_", "libvirt"), ("ts-", "tailscale"),
    ("crowdsec", "crowdsec"), ("CROWDSEC", "crowdsec"), ("cali-", "calico"),
    ("CILIUM_", "cilium"), ("FLANNEL-", "flannel"), ("PVEFW-", "proxmox"),
    ("nixos-fw", "nixos"), ("sshguard", "sshguard"), ("lxd_", "lxd"), ("incus_", "incus"),
    ("LOCALINPUT", "csf"), ("DENYIN", "csf"), ("LOGDROPIN", "csf"), ("ALLOWIN", "csf"),
  ]

  /// What comments of rules say.
  private static let comments: [(String, String)] = [
    ("generated for LXD", "lxd"), ("generated for Incus", "incus"), ("kubernetes", "kube-proxy"),
    ("cali:", "calico"), ("netavark", "podman"), ("flanneld", "flannel"),
  ]

  /// The tables and base chains that iptables makes (`xt_table` names).
  private static let iptablesTables: Set<String> = ["filter", "nat", "mangle", "raw", "security"]
  private static let iptablesChains: Set<String> = [
    "PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING",
  ]

  /// The owner of the chain in which `step` happened; `nil` for a ruleset written by hand.
  ///
  /// A base chain of iptables' belongs to whoever hung chains of his own into it: `steps` are those
  /// of the same packet.
  package static func name(of step: TraceStep, among steps: [TraceStep] = []) -> String? {
    if let owner = tables[step.table] { return owner }
    if let owner = find(step.table, tablePrefixes) { return owner }
    for chain in [step.chain] + step.path.reversed() {
      if let owner = find(chain, chainPrefixes) { return owner }
    }
    if let comment = step.rule?.comment ?? step.rule?.xtablesComment,
      let owner = comments.first(where: { comment.contains($0.0) })
    {
      return owner.1
    }
    guard isIptables(step) else { return nil }
    guard step.isPolicy else { return "iptables" }
    let targets = steps.filter { $0.table == step.table && $0.chain == step.chain }
      .compactMap(\.target)
    let owners = targets.compactMap { find($0, chainPrefixes) }
    // Docker sets FORWARD's policy, ufw those of all three; bans and mesh networks set none.
    if step.chain == "FORWARD", owners.contains("docker") { return "docker" }
    return owners.contains("ufw") ? "ufw" : "iptables"
  }

  /// Whether the step is in a chain that the iptables program manages.
  static func isIptables(_ step: TraceStep) -> Bool {
    step.isLegacy
      || (step.family == .ip || step.family == .ip6) && iptablesTables.contains(step.table)
        && iptablesChains.contains(step.path.first ?? step.chain)
  }

  private static func find(_ name: String, _ prefixes: [(String, String)]) -> String? {
    prefixes.first { name.hasPrefix($0.0) }?.1
  }
}
