import Basics

/// The memory for decoding images, shared by all threads of all stages that pack: enough for several photographs in
/// parallel, or one of the largest images.
package final class DecodingMemory: Sendable {
  /// The maximum total memory, even if more is available.
  package static let most = 1 << 30

  /// The maximum memory for one image in bytes; `nil` for no limit.
  private let limit: Int?
  private let total: Int
  private let free: Monitor<Int>

  /// - Parameter limit: the available memory in bytes; `nil` for no limit.
  package init(limit: Int? = nil) {
    self.limit = limit
    total = min(max(1, limit ?? DecodingMemory.most), DecodingMemory.most)
    free = Monitor(total)
  }

  /// Runs `body`, which uses this many bytes, once they are free. Requests for more than the total count as the
  /// total.
  package func with<Result>(_ bytes: Int, _ body: () throws -> Result) rethrows -> Result {
    let share = min(max(0, bytes), total)
    free.wait(until: { $0 >= share }, then: { $0 -= share })
    defer { free.wait(then: { $0 += share }) }
    return try body()
  }

  /// Checks that an image can be decoded at all. It is an error rather than a reason to skip the image: the packed
  /// images must not depend on the available memory.
  ///
  /// - Throws: `DiagnosticError` if it takes more than is available.
  func check(_ bytes: Int, for name: String, _ size: (height: Int, width: Int)) throws {
    guard let limit, bytes > limit else { return }
    throw DiagnosticError(
      "decoding '\(name)' (\(size.height)×\(size.width) pixels) takes \(bytes >> 20) MiB, more than the "
        + "\(max(0, limit) >> 20) MiB available ('--memory')",
      notes: [.init("allow more, or make the image smaller")])
  }
}
