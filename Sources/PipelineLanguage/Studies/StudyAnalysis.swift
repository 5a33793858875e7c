import Basics
import Definitions

/// A stage that analyses a trained network on a task, so that studies can ask for it.
protocol AnalysisDraft: StageDraft {
  /// The key of the stage, which is also the one in a study's `analyses`.
  static var key: String { get }
  /// Reads everything except `network` and `on`, which are the study's.
  static func read(
    _ fields: inout FieldReader, _ reader: inout StageReader, of network: Described<String>
  ) -> Self?
  /// The same analysis of a network on a task.
  func analysing(_ network: Described<String>, on task: Described<TaskDefinition>) -> Self
  /// Distinguishes analyses of one network on one task.
  var identity: String { get }
}

/// What a study analyses, besides evaluating its networks.
struct StudyAnalysis {
  /// The networks that are analysed.
  enum Networks: String, CaseIterable {
    /// Those trained from scratch, each on every task that treatments are trained on.
    case bases
    /// Those, and the network of every treatment on its own task.
    case all
  }

  var draft: any AnalysisDraft
  var networks: Networks
  var span: SourceSpan

  /// The kinds that a study may ask for.
  static let kinds: [any AnalysisDraft.Type] = [ProbeDraft.self, ScoreDraft.self]
}

extension Field {
  /// Reads a study's `analyses`: `{probe: {classifier: logistic}, score: {of: all}}`.
  func studyAnalyses(_ reader: inout StageReader) -> [StudyAnalysis]? {
    guard var fields = FieldReader(self, Subject("'analyses'")) else { return nil }
    var found: [StudyAnalysis] = []
    var isSound = true
    for kind in StudyAnalysis.kinds {
      guard let field = fields.field(kind.key) else { continue }
      guard let analysis = field.studyAnalysis(kind, &reader) else {
        isSound = false
        continue
      }
      found.append(analysis)
    }
    fields.finish()
    return isSound ? found : nil
  }

  private func studyAnalysis(
    _ kind: any AnalysisDraft.Type, _ reader: inout StageReader
  ) -> StudyAnalysis? {
    guard var fields = FieldReader(self, Subject("analysis", name), allowsNothing: true) else {
      return nil
    }
    let networks = fields.optional("of", default: StudyAnalysis.Networks.bases) { $0.choice() }
    let draft = kind.read(&fields, &reader, of: Described("", at: keySpan))
    fields.finish()
    guard let networks, let draft else { return nil }
    return StudyAnalysis(draft: draft, networks: networks, span: keySpan)
  }
}
