import Basics
import Definitions
import OrderedCollections

extension StageKind {
  package static let evaluate = StageKind(rawValue: "evaluate")
}

/// Evaluates a trained network on a subset of a task.
package struct EvaluateWork: StageWork {
  /// Images per batch: large enough for full speed, small enough for the memory of any network. Results do not depend
  /// on it.
  package static let batch = 128
  package static let networkRole = "network"

  /// As it was trained, like the preprocessing; both follow from `trained`.
  package var network: NetworkDefinition
  package var preprocessing: Preprocessing
  /// In the order of the network's scores.
  package var classes: [String]
  package var subset: Portion
  /// The images held out from training; `nil` for none.
  package var holdOut: HoldOut?
  package var score: ScoreRule
  /// The packed images.
  package var data: StageInput
  /// The training run that is evaluated.
  package var trained: StageInput
  /// The network that its layers were copied from, before any phases; `nil` for none. It follows from `trained`.
  package var origin: StageInput?
  /// The number of images to measure.
  package var measuredImages: Int
  /// The network's place in reports. Like the following properties, not part of the fingerprint.
  package var design: ReportEntry
  /// The settings that determine the result beyond its place in the design.
  package var settings: RunSettings
  /// Variables of sweeps and repetitions that the network or the evaluation depends on.
  package var variables: OrderedDictionary<String, Value>

  package init(
    network: NetworkDefinition, preprocessing: Preprocessing, classes: [String], subset: Portion,
    holdOut: HoldOut? = nil, score: ScoreRule = .final, data: StageInput, trained: StageInput,
    origin: StageInput? = nil, measuredImages: Int, design: ReportEntry, settings: RunSettings,
    variables: OrderedDictionary<String, Value> = [:]
  ) {
    self.network = network
    self.preprocessing = preprocessing
    self.classes = classes
    self.subset = subset
    self.holdOut = holdOut
    self.score = score
    self.data = data
    self.trained = trained
    self.origin = origin
    self.measuredImages = measuredImages
    self.design = design
    self.settings = settings
    self.variables = variables
  }

  package var kind: StageKind { .evaluate }
  package var revision: Int { network.revision }
  package var inputs: [StageInput] { [data, trained] }
  package var result: WorkResult { .evaluation(self) }
  package var networkUse: NetworkUse? { NetworkUse(network, batch: EvaluateWork.batch) }

  /// Whether the predicted classes are counted, in a matrix whose memory grows with the square of the classes.
  package var countsConfusion: Bool { classes.count <= EvaluateWork.mostConfusedClasses }

  /// The largest number of classes for which they are.
  package static let mostConfusedClasses = 2048

  /// Bytes for an entry of the matrix: its count, and its value and text while it is written.
  private static let confusionBytes = 80

  package func cost(_ pricing: inout Pricing, after iterations: Int) throws -> StageCost? {
    guard let networkUse else { return nil }
    var cost = try pricing.cost(of: networkUse, among: measuredImages, images: measuredImages)
    cost.disk = SmallFiles.evaluation(classes: classes.count, withConfusion: countsConfusion)
    if countsConfusion {
      cost.memory? += EvaluateWork.confusionBytes * classes.count * classes.count
    }
    return cost
  }

  package func declare(_ settings: inout StageSettings) {
    settings.share(SettingKey.classes, ClassesSetting(classes))
    settings.add(SettingKey.subset, .string(subset.rawValue))
    settings.add("hold-out", holdOut?.value)
    if score != .final { settings.add("score", score.value) }
  }
}
