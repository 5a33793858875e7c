import Basics
import Definitions
import PipelineLanguage

/// How a stage measures a network under several sets of weights that it did not end its training with.
package struct Trial: Sendable {
  /// The training run of the network, which decides how images are preprocessed; of several, the first.
  package var training: TrainWork
  /// In the order of the network's scores.
  package var classes: [String]
  package var subset: Portion
  /// The images held out from training; `nil` for none.
  package var holdOut: HoldOut?
  /// How statistics are set; `nil` for a network without batch norms.
  package var statistics: NormMeasurement?
  /// The packed images that are measured.
  package var data: StageInput
  /// The packed images that statistics are measured on; `nil` if they are not.
  package var trainingData: StageInput?
  /// The number of images measured with each set of weights.
  package var measuredImages: Int
  /// The places of the networks in reports, one or two. Not part of the fingerprint.
  package var designs: [ReportEntry]

  package init(
    training: TrainWork, classes: [String], subset: Portion, holdOut: HoldOut?,
    statistics: NormMeasurement?, data: StageInput, trainingData: StageInput?, measuredImages: Int,
    designs: [ReportEntry]
  ) {
    self.training = training
    self.classes = classes
    self.subset = subset
    self.holdOut = holdOut
    self.statistics = statistics
    self.data = data
    self.trainingData = trainingData
    self.measuredImages = measuredImages
    self.designs = designs
  }

  package static let trainingDataRole = "training data"

  package var inputs: [StageInput] { [data] + (trainingData.map { [$0] } ?? []) }

  /// What it says about the networks that these inputs trained, for reports.
  func analysis(of trained: StageInput, and other: StageInput? = nil) -> NetworkAnalysis {
    NetworkAnalysis(
      design: designs[0],
      other: other.map { .network(designs[designs.count - 1], trained: $0.fingerprint) },
      trained: trained.fingerprint, classes: Value.list(classes.map(Value.string)).fingerprint,
      layers: training.network.layers.map(\.name))
  }

  func declare(_ settings: inout StageSettings) {
    settings.share(SettingKey.classes, ClassesSetting(classes))
    settings.add(SettingKey.subset, .string(subset.rawValue))
    settings.add("hold-out", holdOut?.value)
    settings.add("statistics", statistics.map { .string($0.rawValue) })
  }

  var networkUse: NetworkUse {
    // Statistics are measured by the net that was trained, which needs the memory for it.
    statistics == .measured
      ? NetworkUse(
        training.network, states: training.layers.map { _ in .learning },
        learning: training.solver.memory, batch: training.solver.imagesAtOnce,
        precision: training.solver.precision)
      : NetworkUse(training.network, batch: EvaluateWork.batch)
  }

  /// The images that statistics are measured on with each set of weights.
  package var statisticsImages: Int {
    guard statistics == .measured else { return 0 }
    let (images, isTooMany) = training.solver.batch.multipliedReportingOverflow(
      by: NormMeasurement.mostBatches)
    return isTooMany ? training.trainingImages : min(training.trainingImages, images)
  }

  /// The cost of measuring several sets of weights.
  ///
  /// - Parameter disk: bytes of the artifact.
  /// - Throws: as `Pricing.cost`.
  func cost(_ pricing: inout Pricing, trials: Int, disk: Int) throws -> StageCost {
    let each = measuredImages + statisticsImages
    let (images, isTooMany) = each.multipliedReportingOverflow(by: trials)
    var cost = try pricing.cost(
      of: NetworkUse(training.network, batch: EvaluateWork.batch), among: measuredImages,
      images: isTooMany ? nil : images)
    if statistics == .measured {
      cost.memory = try pricing.cost(of: networkUse, among: training.trainingImages, images: 0)
        .memory
    }
    // The weights as read, as changed, and as loaded.
    if let memory = cost.memory, let weights = try? training.network.weightBytes() {
      cost.memory = memory + 3 * weights
    }
    cost.disk = disk
    return cost
  }
}

// MARK: - Drafting

extension PlanDraft {
  /// How networks are measured on a task; `nil`, with a diagnostic, if there is a problem.
  ///
  /// - Parameter networks: the names of trained stages with the same network.
  mutating func trial(
    of networks: [String], on task: Described<TaskDefinition>, _ subset: Portion,
    _ statistics: NormMeasurement
  ) -> Trial? {
    var measured: MeasuredTask?
    var designs: [ReportEntry] = []
    for name in networks {
      guard let found = self.measured(task, subset, by: name) else { return nil }
      // The scores of both have to mean the same classes.
      if let first = measured, first.classes != found.classes {
        diagnostics.append(
          .error(
            "'\(networks[0])' and '\(name)' score their classes in different orders", at: task.span)
        )
        return nil
      }
      measured = measured ?? found
      guard let role = training[name] else { return nil }
      designs.append(reportEntry(for: role, on: task.content, subset, score: .final))
    }
    guard let measured, let name = networks.first, let role = training[name] else { return nil }
    let hasStatistics = role.network.parameters.contains { $0.role == .statistic }
    var trainingData: StageInput?
    if hasStatistics, statistics == .measured {
      trainingData = role.work.data
      trainingData?.role = Trial.trainingDataRole
    }
    return Trial(
      training: role.work, classes: measured.classes, subset: subset, holdOut: measured.holdOut,
      statistics: hasStatistics ? statistics : nil, data: measured.data,
      trainingData: trainingData, measuredImages: measured.images, designs: designs)
  }
}
