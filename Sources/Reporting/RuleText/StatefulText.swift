internal import Model

/// Counters, limits and their like: the same words in a rule, on a set's element and in an object.
enum StatefulText {
  /// `nil` for an expression that keeps no state.
  static func text(_ expression: Expression) -> String? {
    if case .counter(let counter) = expression {
      return "counter packets \(counter.packets) bytes \(counter.bytes)"
    }
    if case .limit(let limit) = expression { return text(limit) }
    if case .quota(let quota) = expression { return text(quota) }
    if case .connectionLimit(let limit) = expression {
      return "ct count " + (limit.isOver ? "over " : "") + "\(limit.count)"
    }
    if case .last = expression { return "last" }
    return nil
  }

  static func text(_ limit: Limit) -> String {
    var text = "limit rate " + (limit.isOver ? "over " : "")
    if limit.countsBytes {
      text += bytes(limit.rate) + "/" + unit(limit.unit)
      if limit.burst != 0 { text += " burst " + bytes(UInt64(limit.burst)) }
    } else {
      text += "\(limit.rate)/" + unit(limit.unit)
      // nft's own default is 5.
      if limit.burst != 5 { text += " burst \(limit.burst) packets" }
    }
    return text
  }

  static func text(_ quota: Quota) -> String {
    "quota " + (quota.isOver ? "over " : "") + bytes(quota.bytes)
      + (quota.consumed == 0 ? "" : " used " + bytes(quota.consumed))
  }

  /// In the largest unit that divides it (`get_rate`, src/datatype.c of nftables).
  static func bytes(_ count: UInt64) -> String {
    var rest = count
    var units = ["bytes", "kbytes", "mbytes"][...]
    while units.count > 1, rest != 0, rest % 1024 == 0 {
      rest /= 1024
      units = units.dropFirst()
    }
    return "\(rest) " + (units.first ?? "bytes")
  }

  private static func unit(_ seconds: UInt64) -> String {
    switch seconds {
    case 1: "second"
    case 60: "minute"
    case 3600: "hour"
    case 86400: "day"
    case 604_800: "week"
    default: "[\(seconds) seconds]"
    }
  }
}
