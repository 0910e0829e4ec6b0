import Model
import Testing

@testable import Diagnosis

/// Changes proposed for blocked packets, and whose chains they are in.
@Suite struct RemedyTests {
  private typealias S = Situation

  private func commands(_ evidence: Evidence) -> [String] {
    let finding = Diagnostician().finding(for: evidence)
    return FirewallRemedy.candidates(for: evidence, finding).map(\.command)
  }

  private func blocked(by step: TraceStep, steps: [TraceStep] = []) -> Evidence {
    S.arrival(request: with(S.stopped(.drop, by: step)) { $0.steps = steps + [step] })
  }

  @Test func insertsBeforeTheRule() {
    #expect(
      commands(blocked(by: S.rule()))
        == ["nft insert rule inet filter input position 12 tcp dport 8080 accept"])
  }

  @Test func appendsWhereThePolicyDecides() {
    #expect(
      commands(blocked(by: S.policy())) == ["nft add rule inet filter input tcp dport 8080 accept"])
  }

  @Test func opensForTheBannedSourceOnly() {
    let source = Expression.payload(
      Payload(destination: .data(offset: 0), base: .network, offset: 12, length: 4))
    #expect(
      commands(blocked(by: S.rule(expressions: [source]))) == [
        "nft insert rule inet filter input position 12 ip saddr 10.77.1.2 tcp dport 8080 accept"
      ])
  }

  @Test func letsAnswersThroughByState() {
    let step = S.rule(hook: .output, chain: "output")
    #expect(
      commands(S.arrival(reply: S.stopped(.drop, by: step))).first
        == "nft insert rule inet filter output position 12 ct state established,related accept")
  }

  @Test func speaksTheOwnersLanguage() {
    let base = S.policy(family: .ip, chain: "INPUT")
    let jump = with(S.rule(.jump, family: .ip, chain: "INPUT")) { $0.target = "ufw-before-input" }
    #expect(commands(blocked(by: base, steps: [jump])).first == "ufw allow 8080/tcp")
    let denied = S.rule(family: .ip, chain: "ufw-user-input", path: ["INPUT", "ufw-user-input"])
    #expect(commands(blocked(by: denied)).first == "ufw insert 1 allow 8080/tcp")
    let zone = with(S.rule(.goto, table: "firewalld", chain: "filter_INPUT_ZONES")) {
      $0.target = "filter_IN_public"
    }
    let last = S.rule(.reject, table: "firewalld", chain: "filter_INPUT")
    #expect(
      commands(blocked(by: last, steps: [zone])).first
        == "firewall-cmd --zone=public --add-port=8080/tcp")
    let jail = S.rule(table: "f2b-table", chain: "f2b-chain")
    #expect(commands(blocked(by: jail)).first == "fail2ban-client unban 10.77.1.2")
    let plain = S.rule(family: .ip, chain: "INPUT")
    #expect(commands(blocked(by: plain)) == ["iptables -I INPUT -p tcp --dport 8080 -j ACCEPT"])
    let raw = S.rule(hook: .prerouting, family: .ip6, table: "raw", chain: "PREROUTING")
    #expect(
      commands(blocked(by: raw)) == ["ip6tables -t raw -I PREROUTING -p tcp --dport 8080 -j ACCEPT"]
    )
  }

  @Test func opensTheTranslatedPortInDockersChain() {
    let step = S.policy(.forward, family: .ip, chain: "FORWARD")
    let jump = with(S.rule(.jump, hook: .forward, family: .ip, chain: "FORWARD")) {
      $0.target = "DOCKER-USER"
    }
    let evidence = with(blocked(by: step, steps: [jump])) {
      $0.firewall?.isTranslated = true
      $0.listeners?.endpoint = Endpoint(Net.container, port: Port(80))
    }
    #expect(
      commands(evidence).first == "iptables -I DOCKER-USER -p tcp --dport 80 -j ACCEPT")
  }

  @Test func neverQuotesANameIntoAShell() {
    #expect(commands(blocked(by: S.rule(chain: "a; rm -rf /"))).isEmpty)
    #expect(commands(blocked(by: S.rule(chain: "-a"))).isEmpty)
    #expect(commands(blocked(by: S.rule(table: "a\nb"))).isEmpty)
  }

  @Test func aStrangeNameIsShownAsOneWord() {
    let finding = Diagnostician().finding(for: blocked(by: S.rule(chain: "a'; reboot")))
    #expect(finding.suggestion == "see it: nft -a list chain inet filter 'a'\\''; reboot'")
    #expect(NamespaceWords.prefix("here").isEmpty && NamespaceWords.prefix(nil).isEmpty)
    #expect(NamespaceWords.prefix("netns:blue 1") == "ip netns exec 'blue 1' ")
    #expect(NamespaceWords.prefix("812") == "nsenter -n -t 812 ")
    #expect(NamespaceWords.prefix("netns:pid 812 (nginx)") == "nsenter -n -t 812 ")
    #expect(NamespaceWords.prefix("/run/ns") == "nsenter --net=/run/ns ")
    #expect("eth0".shellWord == "eth0")
    #expect("$(x)".shellWord == "'$(x)'")
    #expect("".shellWord == "''")
  }

  @Test func proposesNothingForALegacyRuleOrAnOpenPort() {
    let legacy = with(S.rule()) { $0.isLegacy = true }
    #expect(commands(blocked(by: legacy)).isEmpty)
    #expect(commands(S.arrival()).isEmpty)
  }

  @Test func anEditChangesTheChainItNames() throws {
    let chain = Chain(
      name: "input", rules: [Rule(handle: 7, expressions: []), Rule(handle: 12, expressions: [])])
    let ruleset = Ruleset(tables: [Table(family: .inet, name: "filter", chains: [chain])])
    let evidence = blocked(by: S.rule())
    let edit = try #require(
      FirewallRemedy.candidate(for: evidence, Diagnostician().finding(for: evidence)))
    let edited = try #require(edit.applied(to: ruleset))
    let rules = try #require(edited.table(.inet, "filter")?.chain("input")?.rules)
    #expect(rules.map(\.handle) == [7, 13, 12])
    #expect(
      rules[1].expressions.last
        == .immediate(Immediate(destination: .verdict, value: .verdict(.accept))))
    #expect(edit.applied(to: Ruleset()) == nil)
  }

  @Test(arguments: [
    ("firewalld", "filter_INPUT", "firewalld"), ("f2b-table", "f2b-chain", "fail2ban"),
    ("filter", "DOCKER-USER", "docker"), ("filter", "KUBE-FORWARD", "kube-proxy"),
    ("filter", "LIBVIRT_FWI", "libvirt"), ("filter", "ts-input", "tailscale"),
    ("netavark", "INPUT", "podman"), ("crowdsec", "crowdsec-chain", "crowdsec"),
    ("incus", "fwd.incusbr0", "incus"), ("filter", "INPUT", "iptables"),
  ])
  func owner(_ table: String, _ chain: String, _ owner: String) {
    #expect(Owner.name(of: S.rule(family: .ip, table: table, chain: chain)) == owner)
  }

  @Test func aHandWrittenChainHasNoOwner() {
    #expect(Owner.name(of: S.rule()) == nil)
  }
}
