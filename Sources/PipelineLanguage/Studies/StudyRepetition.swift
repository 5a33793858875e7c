import Basics
import OrderedCollections

/// `repeat: {seed: [0, 1, 2], split: [halves, thirds]}`: the points at which a study is repeated.
///
/// A variable with the name of a parameter replaces it in everything the study refers to.
struct StudyRepetition {
  private var sweep = Sweep()
  private let parameters: OrderedDictionary<String, Parameter>

  /// Reads a study's `repeat`; a single point if it has none, `nil` after an error.
  init?(_ study: Field, parameters: OrderedDictionary<String, Parameter>) {
    self.parameters = parameters
    guard case .mapping(let mapping) = study.node,
      let entry = mapping.entries.first(where: { $0.key.text == StudyReader.repeatKey })
    else { return }
    let field = Field(
      name: StudyReader.repeatKey, node: entry.value, keySpan: entry.key.span,
      context: study.context)
    guard let sweep = Sweep.read(field, mayRebind: true) else { return nil }
    self.sweep = sweep
    let used = mapping.entries.filter { $0.key.text != StudyReader.repeatKey }
      .reduce(into: Set<String>()) { $0.formUnion($1.value.references) }
    let hasOwnSeed = mapping.entries.contains { $0.key.text == StudyReader.seedKey }
    let areUseful = checkUse(used, hasOwnSeed: hasOwnSeed, field.context)
    guard rebind(field.context), areUseful else { return nil }
    guard let count = sweep.count, count <= Sweep.mostStages else {
      field.report("a study can be repeated \(Sweep.mostStages) times at most")
      return nil
    }
  }

  /// The number of points.
  var count: Int { sweep.count ?? .max }

  /// The parameters that the repetition replaces.
  var reboundNames: Set<String> {
    Set(sweep.variables.flatMap(\.boundNames)).intersection(parameters.keys)
  }

  func forEachPoint(_ body: (Sweep.Point) -> Void) { sweep.forEachPoint(body) }

  /// Reports names without effect, since all repetitions would be the same.
  private func checkUse(
    _ used: Set<String>, hasOwnSeed: Bool, _ context: ReadingContext
  ) -> Bool {
    var isSound = true
    for variable in sweep.variables {
      if variable.name == StudyReader.depthName {
        isSound = false
        context.diagnostics.report(
          "'\(variable.name)' is the depth of a study's treatments: 'layers' lists its values",
          at: variable.span)
        continue
      }
      if variable.boundNames.contains(where: {
        used.contains($0) || parameters[$0] != nil || StudyReader.repeatable.contains($0)
          || $0 == StudyReader.seedKey && !hasOwnSeed
      }) {
        continue
      }
      isSound = false
      context.diagnostics.report(
        "repeating over '\(variable.name)' changes nothing: it is not a parameter, a key of the study, "
          + "and nothing refers to it", at: variable.span,
        notes: Diagnostic.Note.nearest(
          to: variable.name, among: Array(parameters.keys) + StudyReader.repeatable))
    }
    return isSound
  }

  /// Converts values that replace a parameter to its type, and checks its limits.
  private mutating func rebind(_ context: ReadingContext) -> Bool {
    var isSound = true
    for (position, variable) in sweep.variables.enumerated() {
      guard let parameter = parameters[variable.name] else { continue }
      if parameter.isSet {
        context.diagnostics.warn(
          "'\(parameter.binding.span.source.name)' changes nothing in this study, which repeats "
            + "'\(variable.name)' over values of its own", at: variable.span)
      }
      for (index, value) in variable.values.enumerated() {
        guard let binding = value[variable.name] else { continue }
        switch parameter.rule.value(of: binding.text) {
        case .success(let value):
          sweep.variables[position].values[index][variable.name] = Binding(
            value: value, text: binding.text, span: binding.span)
        case .failure(let complaint):
          isSound = false
          context.diagnostics.report(
            "'\(variable.name)' must be \(complaint.expected), not '\(binding.text)'",
            at: binding.span, notes: [complaint.note(for: parameter)])
        }
      }
    }
    return isSound
  }

  /// The parameters that a point replaces.
  func overrides(at point: Sweep.Point) -> [String: Binding] {
    var overrides: [String: Binding] = [:]
    for (name, binding) in point where parameters[name] != nil { overrides[name] = binding }
    return overrides
  }
}
