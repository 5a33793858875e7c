import Basics
import Definitions

/// Checks that a network's last layer has one unit per class of the task it is trained on. With fewer, a class has no
/// score; with more, a unit has no class.
package enum ScoresFit {
  /// - Parameters:
  ///   - scores: the location of the network's last operation.
  ///   - classes: the number of classes of the task.
  /// - Returns: the problem; `nil` if there is none.
  package static func problem(
    _ network: NetworkDefinition, scores: SourceSpan, classes: Int, task: Described<TaskDefinition>
  ) -> Diagnostic? {
    guard let last = network.layers.last, !last.operations.contains(where: \.hasUnitsForClasses),
      let units = try? network.shapes().last?.last?.channels, units != classes
    else { return nil }
    return .error(
      "'\(last.name)' has \(units) \(units == 1 ? "unit" : "units"), but task '\(task.content.title)' "
        + "has \(classes) classes", at: scores,
      notes: [
        Diagnostic.Note("write 'dense: classes': one unit per class of the task trained on"),
        Diagnostic.Note("the task is trained on here", at: task.span),
      ])
  }
}

/// Checks that copied layers with one unit per class have as many units as the target's.
struct CopiedScores {
  let source: TrainedNetwork
  let trained: TrainedNetwork
  let context: ReadingContext

  /// - Parameters:
  ///   - treatments: one for each layer of the network that is trained.
  ///   - span: the location of the layers in the stage.
  ///   - classes: those of the task trained on.
  ///   - sourceClasses: those of the task that the source is trained on.
  func check(
    _ treatments: [LayerTreatment], at span: SourceSpan, classes: Int, sourceClasses: Int
  ) {
    let there = source.network.content, here = trained.network.content
    for (index, treatment) in treatments.enumerated() where treatment.verb.origin == .copied {
      guard let position = there.positions[treatment.layer],
        let (theirs, own) = differingUnits(
          there.parameters[position], here.parameters[index], sourceClasses, classes)
      else { continue }
      context.diagnostics.report(
        "layer '\(treatment.layer)' cannot be copied: it has \(theirs) units for the classes of "
          + "'\(source.task.content.title)', and \(own) for those of '\(trained.task.content.title)'",
        at: span,
        notes: [
          Diagnostic.Note("write '\(treatment.layer): initialize'"),
          Diagnostic.Note("its source is trained here", at: source.task.span),
          Diagnostic.Note("the task is trained on here", at: trained.task.span),
        ])
    }
  }

  /// The units of the first parameter that has another number of them there than here.
  private func differingUnits(
    _ theirs: [ParameterDefinition], _ own: [ParameterDefinition], _ theirClasses: Int,
    _ ownClasses: Int
  ) -> (Int, Int)? {
    let (there, here) = (source.network.content, trained.network.content)
    for (parameter, other) in zip(theirs, own) where parameter.name == other.name {
      let units =
        there.classParameters.contains(parameter.name) ? theirClasses : parameter.shape.first
      let others = here.classParameters.contains(other.name) ? ownClasses : other.shape.first
      if let units, let others, units != others { return (units, others) }
    }
    return nil
  }
}
