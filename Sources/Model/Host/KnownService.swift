/// What usually serves a port: common knowledge, since no file of a system tells it.
package struct KnownService: Hashable, Sendable {
  package var name: String
  package var ports: [Place]
  /// systemd's units, of which one is there if the service is; the usual one first.
  package var units: [String]
  /// Debian's packages that bring it.
  package var packages: [String]

  package struct Place: Hashable, Sendable {
    package var transport: TransportProtocol
    package var port: Port

    package init(_ transport: TransportProtocol, _ port: Port) {
      self.transport = transport
      self.port = port
    }

    /// Reads `22/tcp`.
    fileprivate init?(_ text: Substring) {
      let parts = text.split(separator: "/")
      guard parts.count == 2, let number = UInt16(parts[0]),
        let transport = TransportProtocol(parts[1])
      else { return nil }
      self.init(transport, Port(number))
    }
  }

  /// The services that usually have a port, the likeliest first.
  package static func usual(on port: Port, _ transport: TransportProtocol) -> [KnownService] {
    index[Place(transport, port)] ?? []
  }

  private static let index: [Place: [KnownService]] = {
    var index: [Place: [KnownService]] = [:]
    for service in table {
      for place in service.ports { index[place, default: []].append(service) }
    }
    return index
  }()

  /// Every line of the table; one that is not understood would be left out, which a test rules out.
  package static let table: [KnownService] = text.split(separator: "\n").compactMap {
    KnownService(line: $0)
  }

  /// The number of lines that there should be services for.
  package static var lineCount: Int { text.split(separator: "\n").count }

  private init?(line: Substring) {
    let words = line.split(separator: " ").map { String($0) }
    guard words.count == 4 else { return nil }
    name = words[0]
    ports = words[1].split(separator: ",").compactMap { Place($0) }
    units = words[2].split(separator: ",").map { String($0) + ".service" }
    packages = words[3].split(separator: ",").map { String($0) }
    if ports.isEmpty { return nil }
  }

  /// Name, ports, units without `.service`, packages.
  static let text = """
    ssh 22/tcp ssh,sshd openssh-server
    dropbear 22/tcp dropbear dropbear-bin
    vsftpd 21/tcp vsftpd vsftpd
    proftpd 21/tcp proftpd proftpd-core
    telnetd 23/tcp inetutils-inetd,inetd,xinetd inetutils-telnetd,telnetd
    postfix 25/tcp,465/tcp,587/tcp postfix postfix
    exim 25/tcp,465/tcp,587/tcp exim4 exim4-daemon-light,exim4-daemon-heavy
    bind 53/tcp,53/udp,853/tcp,953/tcp named,bind9 bind9
    dnsmasq 53/tcp,53/udp,67/udp,69/udp dnsmasq dnsmasq
    unbound 53/tcp,53/udp,853/tcp unbound unbound
    systemd-resolved 53/tcp,53/udp,5355/tcp,5355/udp systemd-resolved systemd-resolved
    knot 53/tcp,53/udp knot knot
    pdns 53/tcp,53/udp pdns pdns-server
    kea-dhcp4 67/udp kea-dhcp4-server kea-dhcp4-server
    isc-dhcp 67/udp isc-dhcp-server isc-dhcp-server
    tftpd 69/udp tftpd-hpa tftpd-hpa
    nginx 80/tcp,443/tcp,443/udp nginx nginx,nginx-core
    apache2 80/tcp,443/tcp apache2,httpd apache2
    caddy 80/tcp,443/tcp,2019/tcp caddy caddy
    lighttpd 80/tcp,443/tcp lighttpd lighttpd
    haproxy 80/tcp,443/tcp,8404/tcp haproxy haproxy
    kerberos 88/tcp,88/udp,464/udp krb5-kdc krb5-kdc
    dovecot 110/tcp,143/tcp,993/tcp,995/tcp,4190/tcp dovecot dovecot-imapd,dovecot-core
    rpcbind 111/tcp,111/udp rpcbind rpcbind
    chrony 123/udp,323/udp chrony,chronyd chrony
    ntp 123/udp ntpsec,ntp ntpsec,ntp
    samba 139/tcp,445/tcp smbd,samba-ad-dc samba
    nmbd 137/udp,138/udp nmbd samba
    snmpd 161/udp snmpd snmpd
    snmptrapd 162/udp snmptrapd snmptrapd
    slapd 389/tcp,636/tcp slapd slapd
    rsyslog 514/tcp,514/udp rsyslog rsyslog
    cups 631/tcp cups cups-daemon,cups
    salt-master 4505/tcp,4506/tcp salt-master salt-master
    rsync 873/tcp rsync rsync
    openvpn 1194/udp,1194/tcp openvpn openvpn
    mosquitto 1883/tcp,8883/tcp mosquitto mosquitto
    radius 1812/udp,1813/udp freeradius freeradius
    nfs 2049/tcp,2049/udp nfs-server,nfs-kernel-server nfs-kernel-server
    etcd 2379/tcp,2380/tcp etcd etcd-server
    docker 2375/tcp,2376/tcp docker docker.io,docker-ce
    docker-swarm 2377/tcp docker docker.io,docker-ce
    squid 3128/tcp squid squid
    tinyproxy 8888/tcp tinyproxy tinyproxy
    iscsi 3260/tcp tgt,rtslib-fb-targetctl tgt,targetcli-fb
    mariadb 3306/tcp mariadb,mysql,mysqld mariadb-server,default-mysql-server
    mysql 3306/tcp,33060/tcp mysql mysql-server
    coturn 3478/tcp,3478/udp,5349/tcp coturn coturn
    xrdp 3389/tcp xrdp xrdp
    grafana 3000/tcp grafana-server grafana
    ipsec 500/udp,4500/udp strongswan-starter,strongswan,ipsec strongswan-starter,libreswan
    postgresql 5432/tcp postgresql postgresql
    pgbouncer 6432/tcp pgbouncer pgbouncer
    avahi 5353/udp avahi-daemon avahi-daemon
    rabbitmq 5672/tcp,15672/tcp,25672/tcp,4369/tcp rabbitmq-server rabbitmq-server
    asterisk 5060/udp,5060/tcp asterisk asterisk
    prosody 5222/tcp,5269/tcp prosody prosody
    ejabberd 5222/tcp,5269/tcp ejabberd ejabberd
    couchdb 5984/tcp couchdb couchdb
    kibana 5601/tcp kibana kibana
    vnc 5900/tcp,5901/tcp tigervncserver@:1,x11vnc tigervnc-standalone-server,x11vnc
    redis 6379/tcp redis-server,redis redis-server
    valkey 6379/tcp valkey-server,valkey valkey-server
    kube-apiserver 6443/tcp k3s,kubelet kubelet
    kubelet 10250/tcp kubelet,k3s kubelet
    irc 6667/tcp,6697/tcp ngircd,inspircd ngircd,inspircd
    wireguard 51820/udp wg-quick@wg0 wireguard-tools
    tor 9050/tcp,9051/tcp tor tor
    zookeeper 2181/tcp zookeeper zookeeperd
    kafka 9092/tcp kafka kafka
    consul 8500/tcp,8300/tcp,8301/tcp consul consul
    vault 8200/tcp vault vault
    influxdb 8086/tcp influxdb influxdb
    tomcat 8080/tcp,8005/tcp tomcat10,tomcat9 tomcat10,tomcat9
    jenkins 8080/tcp jenkins jenkins
    prometheus 9090/tcp prometheus prometheus
    cockpit 9090/tcp cockpit cockpit
    alertmanager 9093/tcp prometheus-alertmanager prometheus-alertmanager
    node-exporter 9100/tcp prometheus-node-exporter prometheus-node-exporter
    mysqld-exporter 9104/tcp prometheus-mysqld-exporter prometheus-mysqld-exporter
    postgres-exporter 9187/tcp prometheus-postgres-exporter prometheus-postgres-exporter
    pushgateway 9091/tcp prometheus-pushgateway prometheus-pushgateway
    transmission 9091/tcp,51413/tcp transmission-daemon transmission-daemon
    elasticsearch 9200/tcp,9300/tcp elasticsearch elasticsearch
    opensearch 9200/tcp,9300/tcp opensearch opensearch
    memcached 11211/tcp memcached memcached
    zabbix-agent 10050/tcp zabbix-agent2,zabbix-agent zabbix-agent2,zabbix-agent
    zabbix-server 10051/tcp zabbix-server zabbix-server-pgsql,zabbix-server-mysql
    munin-node 4949/tcp munin-node munin-node
    nrpe 5666/tcp nagios-nrpe-server nagios-nrpe-server
    webmin 10000/tcp webmin webmin
    mongodb 27017/tcp mongod,mongodb mongodb-org-server
    git 9418/tcp git-daemon git-daemon-sysvinit
    libvirt 16509/tcp,16514/tcp libvirtd,virtqemud libvirt-daemon-system
    """
}
