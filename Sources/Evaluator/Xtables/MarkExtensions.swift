internal import DecisionDiagram
internal import Model

extension XtablesMatch {
  /// net/netfilter/xt_mark.c, xt_connmark.c: both structures have u32 mark @0, mask @4, u8 invert
  /// @8.
  static let marks: [XtablesMatch] = [
    XtablesMatch("mark", 1, size: 9) { run, info, _ in
      run.inverted(
        run.diagram.masked(run.state.mark, info.u32(4), equals: info.u32(0)), info.u8(8) != 0)
    },
    XtablesMatch("connmark", 1, size: 9) { run, info, _ in
      let fits = run.diagram.masked(
        run.state.connection.mark, info.u32(4), equals: info.u32(0))
      return run.diagram.and(
        run.state.connection.present, run.inverted(fits, info.u8(8) != 0))
    },
  ]
}

extension XtablesTarget {
  static let marks: [XtablesTarget] = [
    XtablesTarget("MARK", 2, size: 8) { run, info, matched in
      run.setMark(info.u32(0), mask: info.u32(4), matched)
    },
    XtablesTarget("CONNMARK", 1, size: 13) { $0.moveMark($1, modeOffset: 12, $2) },
    XtablesTarget("CONNMARK", 2, size: 15) { $0.moveMark($1, modeOffset: 14, $2) },
    XtablesTarget("HMARK", size: 0) { run, _, matched in
      let mark = run.unknownBytes("the mark that HMARK picks", count: 4)
      run.state.mark = run.diagram.choose(matched, mark, run.state.mark)
    },
    XtablesTarget("CT", 0, size: 32) { $0.attachTemplate($1, $2) },
    XtablesTarget("CT", 1, size: 64) { $0.attachTemplate($1, $2) },
    XtablesTarget("CT", 2, size: 64) { $0.attachTemplate($1, $2) },
    XtablesTarget("NOTRACK", size: 0) { run, _, matched in _ = run.evaluateNotrack(matched) },
  ]
}

extension Run {
  /// net/netfilter/xt_mark.c: `struct xt_mark_tginfo2`, u32 mark @0, mask @4.
  func setMark(_ value: UInt32, mask: UInt32, _ matched: Node) {
    let new = diagram.replacing(state.mark, keep: ~mask, flip: value)
    state.mark = diagram.choose(matched, new, state.mark)
  }

  /// net/netfilter/xt_connmark.c: `struct xt_connmark_tginfo2`, u32 ctmark @0, ctmask @4, nfmask
  /// @8, u8 shift_dir @12 (1 right), shift_bits @13, mode @14 (0 set, 1 save, 2 restore); revision
  /// 1 has the mode @12 and shifts nothing.
  fileprivate func moveMark(_ info: XtablesInfo, modeOffset: Int, _ matched: Node) {
    let affected = diagram.and(matched, state.connection.present)
    guard affected != .never else { return }
    func shifted(_ word: SymbolicBytes) -> SymbolicBytes {
      guard modeOffset == 14 else { return word }
      return diagram.shifted(word, left: info.u8(12) != 1, by: min(Int(info.u8(13)), 32))
    }
    let old = state.connection.mark
    switch info.u8(modeOffset) {
    case 0:
      let new = shifted(diagram.replacing(old, keep: ~info.u32(4), flip: info.u32(0)))
      state.connection.mark = diagram.choose(affected, new, old)
    case 1:
      let saved = shifted(diagram.replacing(state.mark, keep: info.u32(8), flip: 0))
      let kept = diagram.replacing(old, keep: ~info.u32(4), flip: 0)
      state.connection.mark = diagram.choose(affected, diagram.exclusiveOr(kept, saved), old)
    case 2:
      let restored = shifted(diagram.replacing(old, keep: info.u32(4), flip: 0))
      let kept = diagram.replacing(state.mark, keep: ~info.u32(8), flip: 0)
      state.mark = diagram.choose(affected, diagram.exclusiveOr(kept, restored), state.mark)
    default:
      break
    }
  }

  /// net/netfilter/xt_set.c: `struct xt_set_info_target_v3`: add_set @0, del_set @4, map_set @8
  /// (each with its index first; 0xffff is none), u32 flags @12. A map may change the mark and the
  /// priority.
  func mapBySet(_ info: XtablesInfo, _ matched: Node) {
    let none: UInt16 = 0xffff
    guard info.u16(8) != none else { return }
    let contains = fact(
      holds: "the ipset with index \(info.u16(8)) maps the packet",
      fails: "the ipset with index \(info.u16(8)) does not map the packet", isLikely: false)
    let mark = unknownBytes("the mark in the ipset with index \(info.u16(8))", count: 4)
    state.mark = diagram.choose(diagram.and(matched, contains), mark, state.mark)
  }

  /// net/netfilter/xt_CT.c: `struct xt_ct_target_info`: u16 flags @0 (1 no tracking), zone @2. It
  /// says nothing to packets that have been seen already.
  fileprivate func attachTemplate(_ info: XtablesInfo, _ matched: Node) {
    if info.u16(0) & 1 != 0 {
      _ = evaluateNotrack(matched)
      return
    }
    let affected = diagram.subtract(matched, state.connection.seen)
    let zone = SymbolicBytes(info.bytes(2, 2))
    state.connection.zone = diagram.choose(affected, zone, state.connection.zone)
  }
}
