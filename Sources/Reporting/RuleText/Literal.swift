internal import Model

/// A type as it is used in one place: its byte order there, and how far the value lies from bit 0.
struct ValueFormat: Sendable {
  var type: DataType
  var isHostOrder: Bool
  /// Bits below the value, for a field inside a byte.
  var shift: Int
  /// Bytes that the value takes in a register.
  var length: Int

  init(_ type: DataType, isHostOrder: Bool? = nil, shift: Int = 0, length: Int? = nil) {
    self.type = type
    self.length = length ?? (type.bits + 7) / 8
    self.isHostOrder = isHostOrder ?? type.isHostOrder
    self.shift = shift
  }
}

/// Writes constants the way nft reads them.
struct Literal {
  var interfaces: [InterfaceIndex: String]
  var clock: LocalClock

  /// The constant as nft writes it; never empty.
  func text(_ bytes: [UInt8], _ format: ValueFormat) -> String {
    switch format.type.style {
    case .address:
      return IPAddress(bytes: bytes)?.description ?? hexadecimal(bytes)
    case .hardwareAddress:
      return bytes.map { Self.hexadecimal($0, digits: 2) }.joined(separator: ":")
    case .interfaceName, .string:
      return Self.quoted(Self.cString(bytes))
    case .bitNumber:
      return bitNumber(bytes) ?? hexadecimal(bytes)
    default:
      guard let number = Self.number(bytes, format) else { return hexadecimal(bytes) }
      return text(number, format.type)
    }
  }

  /// `from-to`. Names with a hyphen in them would run into the range's own, so named values are
  /// numbers here.
  func range(_ from: [UInt8], _ to: [UInt8], _ format: ValueFormat) -> String {
    var format = format
    if case .symbol = format.type.style { format.type.style = .decimal }
    return text(from, format) + "-" + text(to, format)
  }

  private func text(_ number: UInt64, _ type: DataType) -> String {
    switch type.style {
    case .decimal: return String(number)
    case .hexadecimal(let digits): return "0x" + Self.hexadecimal(number, digits: digits)
    case .interfaceIndex:
      let index = InterfaceIndex(rawValue: UInt32(truncatingIfNeeded: number))
      return interfaces[index].map(Self.quoted) ?? String(number)
    case .symbol(let table):
      if let name = Symbols.name(number, in: table) { return name }
      return type.number == DataType.etherType.number
        ? "0x" + Self.hexadecimal(number, digits: 4) : String(number)
    case .bits(let table): return Self.bits(number, table, separator: " | ")
    case .duration: return Self.duration(milliseconds: number)
    case .date: return Self.date(seconds: clock.date(number / 1_000_000_000))
    case .timeOfDay: return Self.timeOfDay(seconds: clock.timeOfDay(number))
    case .trafficHandle:
      switch number {
      case 0: return "none"
      case 0xffff_ffff: return "root"
      default:
        return String(number >> 16, radix: 16) + ":" + String(number & 0xffff, radix: 16)
      }
    case .address, .hardwareAddress, .interfaceName, .string, .bitNumber: return String(number)
    }
  }

  /// Bit names, in ascending order; what has no name comes last as a number.
  static func bits(_ number: UInt64, _ table: [Symbol], separator: String) -> String {
    var rest = number
    var words: [String] = []
    for symbol in table where number & symbol.value == symbol.value && symbol.value != 0 {
      words.append(symbol.name)
      rest &= ~symbol.value
    }
    if rest != 0 || words.isEmpty { words.append("0x" + String(rest, radix: 16)) }
    return words.joined(separator: separator)
  }

  /// The value as a number, shifted down; `nil` beyond 64 bits.
  static func number(_ bytes: [UInt8], _ format: ValueFormat) -> UInt64? {
    let ordered = format.isHostOrder ? Self.bigEndian(bytes) : bytes
    let significant = ordered.drop { $0 == 0 }
    guard significant.count <= 8 else { return nil }
    return significant.reduce(0) { $0 << 8 | UInt64($1) } >> UInt64(format.shift)
  }

  /// Bytes of this machine's order, most significant first.
  static func bigEndian(_ bytes: [UInt8]) -> [UInt8] {
    #if _endian(little)
      return bytes.reversed()
    #else
      return bytes
    #endif
  }

  private func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = bytes.map { Self.hexadecimal($0, digits: 2) }.joined()
    return "0x" + (digits.isEmpty ? "0" : digits)
  }

  static func hexadecimal(_ value: some BinaryInteger, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }

  /// Text up to the first NUL.
  static func cString(_ bytes: [UInt8]) -> String {
    Escaping.printable(bytes: bytes.prefix { $0 != 0 })
  }

  /// A string in nft's quotes. nft has no way to write a quote inside, so one is shown as `\x22`.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for character in Escaping.printable(text) {
      result += character == "\"" ? "\\x22" : String(character)
    }
    return result + "\""
  }

  private func bitNumber(_ bytes: [UInt8]) -> String? {
    // Bit n of a connection label is bit n % 8 of byte n / 8 on a little-endian machine.
    let set = bytes.enumerated().filter { $0.element != 0 }
    guard set.count == 1, let only = set.first, only.element.nonzeroBitCount == 1 else {
      return nil
    }
    return String(only.offset * 8 + only.element.trailingZeroBitCount)
  }

  static func duration(milliseconds: UInt64) -> String {
    var rest = milliseconds
    var text = ""
    for (unit, name) in [
      (86_400_000 as UInt64, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"), (1, "ms"),
    ] {
      let count = rest / unit
      if count != 0 { text += "\(count)\(name)" }
      rest %= unit
    }
    return text.isEmpty ? "0s" : text
  }

  private static func timeOfDay(seconds: UInt64) -> String {
    let fields = [seconds / 3600, seconds / 60 % 60, seconds % 60]
    let shown = fields[2] == 0 ? fields.prefix(2) : fields[...]
    return "\"" + shown.map { two($0) }.joined(separator: ":") + "\""
  }

  private static func two(_ number: some BinaryInteger) -> String {
    (number < 10 ? "0" : "") + String(number)
  }

  /// Days to a civil date by the method of Howard Hinnant's `civil_from_days`, for 1970 and later.
  private static func date(seconds: UInt64) -> String {
    let shifted = seconds / 86400 + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * month + 2) / 5 + 1
    let civilMonth = month < 10 ? month + 3 : month - 9
    let year = yearOfEra + era * 400 + (civilMonth <= 2 ? 1 : 0)
    let time = seconds % 86400
    return "\"\(year)-\(two(civilMonth))-\(two(day)) "
      + "\(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60))\""
  }
}
