import CKernels

/// What is read after a product, which fetches it into cache meanwhile. It changes no result.
package struct ReadAhead {
  let settings: ck_ahead

  /// Nothing.
  package init() { settings = ck_ahead() }

  /// Two arrays of floats.
  package init(
    _ first: UnsafePointer<Float>, count firstCount: Int, _ second: UnsafePointer<Float>,
    count secondCount: Int
  ) {
    settings = ck_ahead(
      first: first, second: second, first_lines: (firstCount + 15) / 16,
      second_lines: (secondCount + 15) / 16)
  }
}
