import Basics
import Definitions

extension StageSyntax {
  package static let probe = StageSyntax(ProbeDraft.key, ProbeDraft.self)
}

/// `probe: {network: …, on: …, classifier: …}`: classifiers fitted to the activations of training images, and measured on those
/// of others. Both are features stages of their own.
package struct ProbeDescription: Sendable {
  /// The features stages of the images that classifiers are fitted to, and of those they are measured on.
  package var fit: String
  package var measured: String
  package var classifiers: [ProbeClassifier]
  /// Which of the images fitted to choose among decays.
  package var holdOut: HoldOut
}

extension ProbeDescription: WorkDescription {
  package var stagesRead: [String] { [fit, measured] }
}

extension ProbeDraft: AnalysisDraft {
  static var key: String { "probe" }

  static func read(
    _ fields: inout FieldReader, _ reader: inout StageReader, of network: Described<String>
  ) -> ProbeDraft? {
    let observation = fields.observedLayers(of: network, subset: .train)
    return fields.probe(observation)
  }

  func analysing(_ network: Described<String>, on task: Described<TaskDefinition>) -> ProbeDraft {
    var draft = self
    draft.observation = observation.observing(network, on: task)
    return draft
  }

  var identity: String {
    "\(observation.identity) \(subset.rawValue) \(classifiers.map(\.content.value)) \(holdOut.value)"
  }
}

// MARK: - Reading

struct ProbeDraft {
  /// Of the training images; on others, the classifiers are measured.
  var observation: ObservationDraft
  var subset: Portion
  var classifiers: [Described<ProbeClassifier>]
  var holdOut: HoldOut
  /// The names of the features stages; empty until the stage has a name.
  var fit = ""
  var measured = ""
}

extension ProbeDraft: StageDraft {
  static var title: String { "a probe stage" }
  static var isReportable: Bool { true }

  var networkRead: Described<String>? { observation.network }

  static func read(_ field: Field, _ reader: inout StageReader) -> ProbeDraft? {
    guard var fields = FieldReader(field, Subject("'probe'")) else { return nil }
    let observation = fields.observation(&reader, subset: .train)
    let draft = fields.probe(observation)
    fields.finish()
    return draft
  }

  func stages(named name: String) -> [(name: String, draft: any StageDraft)] {
    var draft = self
    draft.fit = "\(name).\(Portion.train.rawValue)"
    draft.measured = "\(name).\(subset.rawValue)"
    return [
      (draft.fit, draft.fitFeatures), (draft.measured, draft.measuredFeatures), (name, draft),
    ]
  }

  /// The features stage of the images that classifiers are fitted to.
  var fitFeatures: FeaturesDraft { FeaturesDraft(observation: observation) }

  var measuredFeatures: FeaturesDraft {
    var observation = observation
    observation.subset = subset
    observation.task?.content.examples = nil
    return FeaturesDraft(observation: observation)
  }

  func resolve(_ resolver: inout StageResolver, at position: Int) -> (any WorkDescription)? {
    guard let trained = resolver.network(readBy: position) else { return nil }
    let task = (observation.task ?? trained.task.withAllExamples).content
    if let images = resolver.fit.knownImages(of: task, .train) {
      for classifier in classifiers {
        guard case .nearest(let count) = classifier.content, count > images else { continue }
        resolver.context.diagnostics.report(
          ProbeDraft.tooFew(images, for: count), at: classifier.span)
        return nil
      }
    }
    return ProbeDescription(
      fit: fit, measured: measured, classifiers: classifiers.map(\.content), holdOut: holdOut)
  }

  /// The problem of more neighbours than images.
  static func tooFew(_ images: Int, for neighbours: Int) -> String {
    "there are \(counted(images, "training image")), fewer than \(neighbours) neighbours"
  }
}

extension ProbeDescription {
  /// The problem of a classifier that needs more images than there are to fit it to; `nil` if they suffice.
  package func shortage(of images: Int) -> String? {
    for classifier in classifiers {
      if case .nearest(let count) = classifier, count > images {
        return ProbeDraft.tooFew(images, for: count)
      }
    }
    return nil
  }
}

extension FieldReader {
  /// Reads `classifier`, `subset`, `hold-out` and `seed`.
  mutating func probe(_ observation: ObservationDraft?) -> ProbeDraft? {
    let subset = optional("subset", default: Portion.test) { field in
      field.word([Portion.test.rawValue, Portion.validation.rawValue])
        .flatMap(Portion.init(rawValue:))
    }
    let usual = [
      Described(ProbeClassifier.logistic(decays: ProbeClassifier.usualDecays), at: owner)
    ]
    let classifiers = optional("classifier", default: usual) { $0.classifiers() }
    let fraction = optional("hold-out", default: ProbeDraft.usualHoldOut) { $0.number(.share) }
    let seed = optional("seed", default: 0) { $0.seed() }
    guard let observation, let subset, let classifiers, let fraction, let seed else { return nil }
    return ProbeDraft(
      observation: observation, subset: subset, classifiers: classifiers,
      holdOut: HoldOut(amount: .fraction(fraction), seed: seed))
  }
}

extension ProbeDraft {
  /// The share of the training images that choose among decays, where the file states none.
  fileprivate static let usualHoldOut = 0.2
}

extension Field {
  /// One classifier, or a list of them.
  fileprivate func classifiers() -> [Described<ProbeClassifier>]? {
    let found: [Described<ProbeClassifier>]?
    if case .sequence = node {
      found = list("a list of classifiers") { $0.classifier() }
    } else {
      found = classifier().map { [$0] }
    }
    guard let found, distinct(found.map { Described($0.content.name, at: $0.span) }, "classifier")
    else { return nil }
    return found
  }

  /// Reads `logistic`, `{ridge: {decay: 0.1}}`, `{nearest: 5}`.
  private func classifier() -> Described<ProbeClassifier>? {
    let words = ["logistic", "ridge", "nearest"]
    guard case .mapping = node else {
      return word(words, orElse: ["{nearest: 5}"]).map { word in
        let classifier: ProbeClassifier =
          switch word {
          case "logistic": .logistic(decays: ProbeClassifier.usualDecays)
          case "ridge": .ridge(decays: ProbeClassifier.usualDecays)
          default: .nearest(ProbeClassifier.usualNeighbours)
          }
        return Described(classifier, at: span)
      }
    }
    guard var reader = FieldReader(self, Subject("'classifier'")) else { return nil }
    let chosen = reader.one(of: words)
    reader.finish()
    guard let chosen else { return nil }
    if chosen.name == "nearest" {
      return chosen.integer(in: 1...10_000).map { Described(.nearest($0), at: chosen.span) }
    }
    guard var settings = FieldReader(chosen, Subject("classifier", chosen.name)) else {
      return nil
    }
    let decays = settings.required("decay") { $0.decays() }
    settings.finish()
    return decays.map {
      Described(
        chosen.name == "logistic" ? .logistic(decays: $0) : .ridge(decays: $0), at: chosen.span)
    }
  }

  /// A positive number, or a list of them.
  private func decays() -> [Double]? {
    guard case .sequence = node else { return number(.positive).map { [$0] } }
    guard
      let decays = list(
        "a list of numbers",
        { field in field.number(.positive).map { Described($0, at: field.span) } }),
      distinct(decays.map { Described("\($0.content)", at: $0.span) }, "number")
    else { return nil }
    return decays.map(\.content)
  }
}

extension NumberLimits {
  fileprivate static let share = NumberLimits(description: "a number between 0 and 1") {
    0 < $0 && $0 < 1
  }
}
