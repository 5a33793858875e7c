import Basics
import Definitions

/// Checks that the layers a transfer copies exist in its source's network, with parameters of the same shapes; and that
/// those drawn like the source's exist there, with parameters of the same names.
///
/// Numbers of units that depend on the classes are checked by planning, which knows the classes.
struct CopiedShapes {
  let source: CheckedNetwork
  let network: CheckedNetwork
  let context: ReadingContext

  func check(_ treatments: [LayerTreatment], at span: SourceSpan) -> Bool {
    var isSound = true
    let dependent = source.classParameters.union(network.classParameters)
    for (index, treatment) in treatments.enumerated() where treatment.readsSource {
      guard let position = source.positions[treatment.layer] else {
        let how = treatment.imitatesSource ? "drawn like the source's" : "copied"
        context.diagnostics.report(
          "layer '\(treatment.layer)' is to be \(how), but the source's network has none of that "
            + "name", at: span,
          notes: Diagnostic.Note.allowed(
            source.layerNames, insteadOf: treatment.layer, as: "source's layers"))
        isSound = false
        continue
      }
      if treatment.imitatesSource {
        // Distributions have no shape.
        let names = Set(source.parameters[position].map(\.name))
        if let other = network.parameters[index].first(where: {
          $0.role != .statistic && !names.contains($0.name)
        }) {
          context.diagnostics.report(
            "layer '\(treatment.layer)' cannot be drawn like the source's, which has no '\(other.name)'",
            at: span)
          isSound = false
        }
        continue
      }
      if let difference = difference(
        source.parameters[position], network.parameters[index], dependent)
      {
        context.diagnostics.report(
          "layer '\(treatment.layer)' cannot be copied: \(difference)", at: span)
        isSound = false
      }
    }
    return isSound
  }

  private func difference(
    _ from: [ParameterDefinition], _ to: [ParameterDefinition], _ dependent: Set<String>
  ) -> String? {
    for parameter in to where !from.contains(where: { $0.name == parameter.name }) {
      return "the source has no '\(parameter.name)'"
    }
    for parameter in from {
      guard let target = to.first(where: { $0.name == parameter.name }) else {
        return "the source also has '\(parameter.name)'"
      }
      let dependsOnClasses = dependent.contains(parameter.name)
      let ignored = dependsOnClasses ? 1 : 0
      if parameter.shape.count != target.shape.count
        || parameter.shape.dropFirst(ignored) != target.shape.dropFirst(ignored)
      {
        return "'\(parameter.name)' is \(text(parameter, dependsOnClasses)) in the source and "
          + "\(text(target, dependsOnClasses)) here"
      }
    }
    return nil
  }

  private func text(_ parameter: ParameterDefinition, _ dependsOnClasses: Bool) -> String {
    var extents = parameter.shape.map(String.init)
    if dependsOnClasses, !extents.isEmpty { extents[0] = "classes" }
    return extents.joined(separator: "×")
  }
}
