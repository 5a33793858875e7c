import Basics
import Definitions

/// Checks that a transfer without a source needs none: it copies nothing and names its network.
enum TransferSource {
  /// Why the source is missed, in words; `nil` where it is not.
  ///
  /// - Parameter rules: `nil` where they were reported to be wrong.
  static func missing(
    rules: Described<[LayerRule]>?, network: Described<CheckedNetwork>?
  ) -> String? {
    if let rule = rules?.content.first(where: { $0.verb.origin == .copied }) {
      return "'\(rule.text)' is to be copied, but no source is given"
    }
    return network == nil ? "without it, 'network' is required" : nil
  }
}
