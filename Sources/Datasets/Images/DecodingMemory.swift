import Basics

/// The memory that images take while they are decoded, shared by all threads of all stages that pack: photographs side
/// by side, and one of the largest by itself.
package final class DecodingMemory: Sendable {
  /// What images may take together, however much there is.
  package static let most = 1 << 30

  /// Bytes that one image may take; `nil` for any.
  private let limit: Int?
  private let total: Int
  private let free: Monitor<Int>

  /// - Parameter limit: bytes that there are; `nil` for as many as are needed.
  package init(limit: Int? = nil) {
    self.limit = limit
    total = min(max(1, limit ?? DecodingMemory.most), DecodingMemory.most)
    free = Monitor(total)
  }

  /// Does work that takes so many bytes; waits until they are free. More than all count as all.
  package func with<Result>(_ bytes: Int, _ body: () throws -> Result) rethrows -> Result {
    let share = min(max(0, bytes), total)
    free.wait(until: { $0 >= share }, then: { $0 -= share })
    defer { free.wait(then: { $0 += share }) }
    return try body()
  }

  /// Makes sure that an image may be decoded at all. Not a matter of skipping it: what is packed must not depend on
  /// the memory that there is.
  ///
  /// - Throws: `DiagnosticError`, where it takes more than there is.
  func check(_ bytes: Int, for name: String, _ size: (height: Int, width: Int)) throws {
    guard let limit, bytes > limit else { return }
    throw DiagnosticError(
      "decoding '\(name)' (\(size.height)×\(size.width) pixels) takes \(bytes >> 20) MiB, more than the "
        + "\(max(0, limit) >> 20) MiB available ('--memory')",
      notes: [.init("allow more, or make the image smaller")])
  }
}
