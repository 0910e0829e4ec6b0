import Diagnosis
import Model
import Testing

/// What is said of the service behind a port, from evidence made up here.
@Suite struct ServiceAdviceTests {
  typealias Candidate = ServiceEvidence.Candidate
  typealias Unit = ServiceEvidence.Unit

  static func finding(_ candidates: [Candidate], hasSystemd: Bool = true) -> Finding {
    var evidence = Situation.own(Situation.reset, listeners: [])
    evidence.services = ServiceEvidence(candidates: candidates, hasSystemd: hasSystemd)
    return Diagnostician().finding(for: evidence)
  }

  static func nginx(_ state: Unit.State, isEnabled: Bool = true, isMasked: Bool = false)
    -> Candidate
  {
    Candidate(
      name: "nginx", package: "nginx", isPackageInstalled: true,
      unit: Unit(name: "nginx.service", isEnabled: isEnabled, isMasked: isMasked, state: state))
  }

  @Test func aStoppedUnitIsStarted() {
    let finding = Self.finding([Self.nginx(.stopped)])
    #expect(finding.cause == .noListener)
    #expect(finding.suggestion == "systemctl start nginx.service")
    #expect(finding.provider?.summary == "nginx.service (package nginx) is not started")
    #expect(finding.provider?.isInstalled == true)
    let disabled = Self.finding([Self.nginx(.stopped, isEnabled: false)])
    #expect(disabled.suggestion == "systemctl enable --now nginx.service")
  }

  @Test func aFailedUnitIsLookedInto() {
    let finding = Self.finding([Self.nginx(.failed)])
    #expect(finding.provider?.start == "systemctl restart nginx.service")
    #expect(finding.suggestion?.contains("journalctl -u nginx.service") == true)
    #expect(finding.provider?.state == .failed)
  }

  @Test func aRunningUnitThatDoesNotListenIsNotStarted() {
    let finding = Self.finding([Self.nginx(.running)])
    #expect(finding.provider?.start == nil)
    #expect(finding.suggestion?.contains("listen or port setting") == true)
  }

  @Test func masksAndSocketsAreSaid() {
    #expect(
      Self.finding([Self.nginx(.stopped, isMasked: true)]).suggestion?.contains("unmask") == true)
    let ssh = Candidate(
      name: "ssh", unit: Unit(name: "ssh.service", state: .stopped),
      socket: Unit(name: "ssh.socket", isEnabled: true, state: .stopped))
    let finding = Self.finding([ssh])
    #expect(finding.suggestion == "systemctl start ssh.socket")
    #expect(finding.provider?.summary.contains("on demand") == true)
  }

  @Test func whatIsNotInstalledIsNamed() {
    let one = Self.finding([Candidate(name: "redis", package: "redis-server")])
    #expect(one.suggestion == "apt install redis-server")
    #expect(one.provider?.summary == "usually redis, which is not installed")
    let some = Self.finding([Candidate(name: "a"), Candidate(name: "b"), Candidate(name: "c")])
    #expect(some.provider?.summary == "usually a, b or c, none of which is installed")
    #expect(some.suggestion?.hasPrefix("start the service that should listen") == true)
  }

  @Test func withoutSystemdTheInitScriptIsIt() {
    let candidate = Candidate(name: "ssh", isPackageInstalled: true, initScript: "ssh")
    let finding = Self.finding([candidate], hasSystemd: false)
    #expect(finding.suggestion == "service ssh start")
    // A unit file helps nobody where no systemd runs.
    let dead = Self.finding([Self.nginx(.unknown)], hasSystemd: false)
    #expect(dead.provider?.start == nil)
  }

  @Test func whatRunsCanBeStopped() {
    let finding = Diagnostician().finding(for: Situation.own(Situation.connected))
    #expect(finding.provider?.unit == "nginx.service")
    #expect(finding.provider?.stop == "systemctl stop nginx.service")
    var evidence = Situation.own(Situation.connected)
    evidence.services = ServiceEvidence(
      candidates: [Candidate(name: "ssh", socket: Unit(name: "ssh.socket", state: .running))],
      hasSystemd: true)
    let activated = Diagnostician().finding(for: evidence)
    #expect(activated.provider?.stop == "systemctl stop ssh.socket")
  }
}
