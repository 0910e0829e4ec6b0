/// Makes text from outside safe to show: a name, comment or prefix can't steer a terminal or
/// disguise what stands beside it.
package enum Escaping {
  /// The text with every control character, bidirectional control and line separator replaced by a
  /// visible escape: `\n`, `\t`, `\r`, `\xNN` below U+0100, else `\u{NNNN}`.
  ///
  /// A backslash stays as it is: the result is for people and can't be told back to the original.
  package static func printable(_ text: some StringProtocol) -> String {
    // Nearly all that is shown is plain ASCII, and a listing has a hundred thousand cells.
    if text.utf8.allSatisfy({ 0x20...0x7e ~= $0 }) { return String(text) }
    guard text.unicodeScalars.contains(where: isHidden) else { return String(text) }
    var result = ""
    for scalar in text.unicodeScalars {
      if isHidden(scalar) {
        result += escape(scalar)
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// UTF-8 bytes as printable text; a byte that is not part of valid UTF-8 becomes `\xNN`.
  package static func printable(bytes: some Collection<UInt8>) -> String {
    var result = ""
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
      var decoder = UTF8.ForwardParser()
      var iterator = rest.makeIterator()
      switch decoder.parseScalar(from: &iterator) {
      case .valid(let encoded):
        let scalar = UTF8.decode(encoded)
        result += isHidden(scalar) ? escape(scalar) : String(Character(scalar))
        rest = rest.dropFirst(encoded.count)
      case .error(let length):
        for byte in rest.prefix(max(length, 1)) { result += escape(Unicode.Scalar(byte)) }
        rest = rest.dropFirst(max(length, 1))
      case .emptyInput:
        return result
      }
    }
    return result
  }

  /// C0 and C1 controls, DEL, bidirectional controls (Unicode 15, UAX #9), line and paragraph
  /// separators, zero-width characters, tags and other format characters.
  private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20...0x7e: return false
    case 0...0x1f, 0x7f...0x9f: return true
    default:
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned,
        .privateUse:
        return true
      default: return false
      }
    }
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": return "\\n"
    case "\r": return "\\r"
    case "\t": return "\\t"
    default:
      let digits = String(scalar.value, radix: 16)
      if scalar.value < 0x100 {
        return "\\x" + (digits.count < 2 ? "0" : "") + digits
      }
      return "\\u{\(digits)}"
    }
  }
}
