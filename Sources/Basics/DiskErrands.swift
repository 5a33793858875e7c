/// Calls that wait for the disk, made side by side: a disk brings several to an end in the time of one, and a file system
/// writes its journal once for all who wait.
enum DiskErrands {
  /// The number of threads of the process that help others wait. More bring nothing: the disk is busy then.
  private static let mostHelpers = 24
  private static let helping = Guarded(0)

  /// Calls a function for every element, not in order.
  ///
  /// - Throws: the error of the first element, in order, for which `body` throws; later ones may have been left out.
  static func perform<Element: Sendable>(
    _ elements: [Element], _ body: @escaping @Sendable (Element) throws(DiagnosticError) -> Void
  ) throws(DiagnosticError) {
    let errors = errors(ofPositions: elements, stopping: true, body)
    if let first = errors.min(by: { $0.key < $1.key }) { throw first.value }
  }

  /// The same, whatever fails.
  ///
  /// - Returns: the errors by element.
  static func errors<Element: Hashable & Sendable>(
    of elements: [Element], _ body: @escaping @Sendable (Element) throws(DiagnosticError) -> Void
  ) -> [Element: DiagnosticError] {
    let errors = errors(ofPositions: elements, stopping: false, body)
    return Dictionary(errors.map { (elements[$0.key], $0.value) }) { first, _ in first }
  }

  private static func errors<Element: Sendable>(
    ofPositions elements: [Element], stopping: Bool,
    _ body: @escaping @Sendable (Element) throws(DiagnosticError) -> Void
  ) -> [Int: DiagnosticError] {
    let errands = Errands(elements, stopping: stopping, body)
    let helpers = takeHelpers(elements.count - 1)
    defer { helping.withLock { $0 -= helpers } }
    var threads: [JoinableThread] = []
    for _ in 0..<helpers {
      // Without a thread it only takes longer.
      guard let thread = try? JoinableThread(stack: .small, running: { errands.doAll() }) else {
        break
      }
      threads.append(thread)
    }
    errands.doAll()
    for thread in threads { thread.dismiss() }
    return errands.errors
  }

  private static func takeHelpers(_ wanted: Int) -> Int {
    helping.withLock { helping in
      let taken = max(0, min(wanted, mostHelpers - helping))
      helping += taken
      return taken
    }
  }
}

/// Elements that several threads take one by one.
private final class Errands<Element: Sendable>: Sendable {
  private struct State: Sendable {
    var taken = 0
    var errors: [Int: DiagnosticError] = [:]
  }

  private let elements: [Element]
  /// Whether the rest is left out after an error.
  private let stopping: Bool
  private let body: @Sendable (Element) throws(DiagnosticError) -> Void
  private let state = Guarded(State())

  init(
    _ elements: [Element], stopping: Bool,
    _ body: @escaping @Sendable (Element) throws(DiagnosticError) -> Void
  ) {
    self.elements = elements
    self.stopping = stopping
    self.body = body
  }

  /// The errors by position.
  var errors: [Int: DiagnosticError] { state.withLock { $0.errors } }

  func doAll() {
    while let position = next() {
      do throws(DiagnosticError) { try body(elements[position]) } catch {
        state.withLock { $0.errors[position] = error }
      }
    }
  }

  private func next() -> Int? {
    state.withLock { state in
      guard state.taken < elements.count, !stopping || state.errors.isEmpty else { return nil }
      defer { state.taken += 1 }
      return state.taken
    }
  }
}
