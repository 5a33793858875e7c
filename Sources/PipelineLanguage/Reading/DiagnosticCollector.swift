import Basics

/// Collects the problems of a file, so that all of them are reported together.
///
/// A class, since every reader of a file shares it.
final class DiagnosticCollector {
  /// The maximum number of problems of one file.
  private static let most = 200
  /// The maximum number of problems at one location, since all points of a sweep can fail there.
  private static let mostAtOnePlace = 3

  private struct Key: Hashable {
    var span: SourceSpan?
    var message: String
  }

  private(set) var diagnostics: [Diagnostic] = []
  private var seen: Set<Key> = []
  private var countAt: [SourceSpan: Int] = [:]
  private var dropped = 0
  /// The current point of a sweep; `nil` outside sweeps.
  var point: Sweep.Point?

  /// Whether any problem prevents the file from being used.
  var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

  /// Adds an error; duplicates at the same location are dropped.
  ///
  /// `notes` is evaluated only if the error is kept, so it may search for a nearest name.
  func report(
    _ message: String, at span: SourceSpan, notes: @autoclosure () -> [Diagnostic.Note] = []
  ) {
    add(.error(message, at: span), notes: notes)
  }

  func warn(_ message: String, at span: SourceSpan, notes: [Diagnostic.Note] = []) {
    add(Diagnostic(.warning, message, at: span), notes: { notes })
  }

  func report(_ diagnostic: Diagnostic) { add(diagnostic, notes: { diagnostic.notes }) }

  private func add(_ diagnostic: Diagnostic, notes: () -> [Diagnostic.Note]) {
    guard diagnostics.count < DiagnosticCollector.most else {
      dropped += 1
      return
    }
    guard seen.insert(Key(span: diagnostic.span, message: diagnostic.message)).inserted else {
      return
    }
    if let span = diagnostic.span {
      countAt[span, default: 0] += 1
      guard countAt[span, default: 0] <= DiagnosticCollector.mostAtOnePlace else { return }
    }
    var kept = diagnostic
    kept.notes = notes()
    if let point { kept.notes.append(Diagnostic.Note("where \(point.text)")) }
    diagnostics.append(kept)
  }

  /// All problems: first those of the command line, then by file and location.
  func sorted(files: [SourceText]) -> [Diagnostic] {
    var result = diagnostics.enumerated().sorted { left, right in
      key(left.element, files, left.offset) < key(right.element, files, right.offset)
    }.map(\.element)
    if dropped > 0 {
      result.append(.error("\(dropped) further problems are not shown"))
    }
    return result
  }

  private func key(
    _ diagnostic: Diagnostic, _ files: [SourceText], _ offset: Int
  ) -> (Int, SourcePosition, SourcePosition, Int) {
    guard let span = diagnostic.span,
      let file = files.firstIndex(where: { $0 === span.source })
    else {
      let start = SourcePosition(line: 1, column: 1)
      return (0, start, start, offset)
    }
    return (1 + file, span.start, span.end, offset)
  }
}

extension Diagnostic.Note {
  /// The nearest of the permitted names, or all of them if they are few.
  static func allowed(
    _ names: [String], insteadOf name: String, as kind: String
  ) -> [Diagnostic.Note] {
    let list: Diagnostic.Note =
      switch names.count {
      case 0: Diagnostic.Note("there are no \(kind)")
      case 1: Diagnostic.Note("the only \(singular(kind)) is \(names[0])")
      case ...16: Diagnostic.Note("the \(kind) are \(listed(names, atMost: 16))")
      default: Diagnostic.Note("the \(names.count) \(kind) are \(listed(names, atMost: 12))")
      }
    let own = OtherTools.word(for: name, among: names).map {
      [Diagnostic.Note("here it is called '\($0)'")]
    }
    return (own ?? nearest(to: name, among: names)) + [list]
  }

  /// `task of 'halves'` for `tasks of 'halves'`.
  private static func singular(_ kind: String) -> String {
    let places = [" of ", " defined "].compactMap { kind.firstRange(of: $0)?.lowerBound }
    let end = places.min() ?? kind.endIndex
    let noun = kind[..<end]
    let ending = noun.hasSuffix("classes") ? 2 : noun.hasSuffix("s") ? 1 : 0
    return String(noun.dropLast(ending) + kind[end...])
  }
}
