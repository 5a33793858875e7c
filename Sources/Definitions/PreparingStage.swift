/// The stage that prepares a dataset is named after it; no other stage may have such a name.
package enum PreparingStage {
  private static let prefix = "prepare-"

  package static func name(of dataset: String) -> String { prefix + dataset }

  /// The dataset that a stage of this name prepares; `nil` for other names.
  package static func dataset(of stage: String) -> String? {
    stage.hasPrefix(prefix) ? String(stage.dropFirst(prefix.count)) : nil
  }
}
