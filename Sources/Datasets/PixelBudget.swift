import Basics

/// How many pixels are decoded at the same time, whatever the number of threads: photographs side by side, and
/// one image of the largest size by itself.
package final class PixelBudget: Sendable {
  static let shared = PixelBudget(ImageDecoder.mostPixels)

  private let total: Int
  private let free: Monitor<Int>

  package init(_ total: Int) {
    self.total = total
    free = Monitor(total)
  }

  /// Does work with so many pixels; waits until there is room for them. More than all count as all.
  package func with<Result>(_ pixels: Int, _ body: () throws -> Result) rethrows -> Result {
    let share = min(max(0, pixels), total)
    free.wait(until: { $0 >= share }, then: { $0 -= share })
    defer { free.wait(then: { $0 += share }) }
    return try body()
  }
}
