import Basics
import Definitions

/// Expands a study's treatments over its depths and preserved layers, within the layers of the network.
struct StudyArms {
  let network: CheckedNetwork
  let context: ReadingContext

  /// - Parameters:
  ///   - layers: the study's depths, `1..3`.
  ///   - preserve: how many layers are copied beyond the frozen ones.
  /// - Returns: each arm once, in the order of the treatments; `nil` after an error was reported.
  func arms(_ treatments: [StudyTreatment], layers: Field?, preserve: Field?) -> [Study.Arm]? {
    guard let depths = depths(treatments, layers),
      let preserved = preserved(treatments, preserve)
    else { return nil }
    var arms: [Study.Arm] = []
    var seen: Set<[Int]> = []
    for treatment in treatments {
      let extents =
        treatment.preserved.map { [$0] } ?? (treatment.mayPreserve ? preserved : [0])
      for beyond in extents {
        for depth in treatment.depth.map({ [$0] }) ?? depths {
          let arm = Study.Arm(
            treatment: treatment, depth: depth, preserved: beyond,
            isSwept: treatment.depth == nil)
          guard fits(arm, layers, preserve) else { return nil }
          guard seen.insert(arm.identity).inserted else { continue }
          arms.append(arm)
          guard arms.count <= Sweep.mostStages else {
            context.diagnostics.report(
              "a pipeline may have \(Sweep.mostStages) stages: the study has more",
              at: treatment.span)
            return nil
          }
        }
      }
    }
    return arms
  }

  private func depths(_ treatments: [StudyTreatment], _ layers: Field?) -> [Int]? {
    let swept = treatments.first { $0.depth == nil }
    guard let layers else {
      guard let swept else { return [] }
      context.diagnostics.report(
        "the study lacks 'layers', the values of n", at: swept.span)
      return nil
    }
    guard swept != nil else {
      context.diagnostics.report(
        "'layers' has no effect: every treatment states its depth", at: layers.keySpan)
      return nil
    }
    return layers.integers(in: StudyLimits.depth)
  }

  private func preserved(_ treatments: [StudyTreatment], _ preserve: Field?) -> [Int]? {
    guard let preserve else { return [0] }
    guard treatments.contains(where: { $0.mayPreserve && $0.preserved == nil }) else {
      context.diagnostics.report(
        "'preserve' has no effect: no treatment freezes copied layers", at: preserve.keySpan)
      return nil
    }
    return preserve.integers(in: StudyLimits.preserved)
  }

  private func fits(_ arm: Study.Arm, _ layers: Field?, _ preserve: Field?) -> Bool {
    let count = network.definition.layers.count
    // The sum could overflow.
    guard arm.depth > count || arm.preserved > count - arm.depth else { return true }
    let place =
      arm.depth > count
      ? (arm.isSwept ? layers?.span : nil)
      : (arm.treatment.preserved == nil ? preserve?.span : nil)
    context.diagnostics.report(
      arm.preserved == 0
        ? "there are fewer than \(arm.depth) layers: the network has \(count)"
        : "there are fewer than \(arm.preserved) layers beyond the first \(arm.depth): the network has "
          + "\(count)", at: place ?? arm.treatment.span)
    return false
  }
}

extension Field {
  /// A number, a range or a list of distinct numbers.
  fileprivate func integers(in range: ClosedRange<Int>) -> [Int]? {
    if case .sequence = node {
      guard
        let values = list(
          "a list of numbers",
          { field in
            field.integer(in: range).map { Described("\($0)", at: field.span) }
          }), distinct(values, "number")
      else { return nil }
      return values.compactMap { Int($0.content) }
    }
    let form = "a number, a range such as 1..3 or a list"
    guard let scalar = scalar(form) else { return nil }
    guard let bounds = integerRange(scalar.text) else {
      if scalar.value == nil, CoreScalar.integer(scalar.text) == .other {
        mismatch(form, scalar)
        return nil
      }
      return integer(in: range).map { [$0] }
    }
    guard let bounds else { return nil }
    guard range.contains(bounds.lowerBound), range.contains(bounds.upperBound) else {
      report("'\(name)' must be between \(range.lowerBound) and \(range.upperBound)")
      return nil
    }
    return Array(bounds)
  }
}
