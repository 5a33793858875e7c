import Basics
import Definitions

/// Checks that a transfer without a source does not need one: it copies nothing and names its network.
enum TransferSource {
  /// Why the source is needed, in words; `nil` if it is not.
  ///
  /// - Parameter rules: `nil` if errors in them were reported.
  static func missing(
    rules: Described<[LayerRule]>?, network: Described<CheckedNetwork>?
  ) -> String? {
    for rule in rules?.content ?? [] {
      if rule.action.verb.origin == .copied {
        return "'\(rule.text)' is to be copied, but no source is given"
      }
      if rule.action.distribution == .source {
        return "'\(rule.text)' is to be drawn like the source's, but no source is given"
      }
    }
    return network == nil ? "without it, 'network' is required" : nil
  }
}
