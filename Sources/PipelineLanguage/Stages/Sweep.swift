import Basics
import OrderedCollections

/// `for: {task: [A, B], n: 1..3}`: a stage, or a definition, for every point of the product.
struct Sweep {
  /// The maximum number of stages of a pipeline, with all sweeps and studies expanded; also of definitions in a
  /// section.
  static let mostStages = 10_000
  /// The maximum number of values repeated by sweeps, in all points together, which bounds the time of reading.
  static let mostValues = 10_000_000

  /// The names that are bound at a point, in the order of the sweep's variables.
  typealias Point = OrderedDictionary<String, Binding>

  struct Variable {
    var name: String
    var span: SourceSpan
    /// What each value binds: the variable's own name or, for an object, a name for each of its fields, `arm.source`;
    /// the same names for every value.
    var values: [Point]

    var boundNames: [String] { values.first.map { Array($0.keys) } ?? [] }
  }

  /// In the order of the file; empty if there is no sweep.
  var variables: [Variable] = []

  /// The number of points; `nil` if it exceeds an `Int`.
  var count: Int? {
    var count = 1
    for variable in variables {
      let product = count.multipliedReportingOverflow(by: variable.values.count)
      guard !product.overflow else { return nil }
      count = product.partialValue
    }
    return count
  }

  /// Every point in order; the last variable varies fastest.
  func forEachPoint(_ body: (Point) -> Void) {
    var point: Point = [:]
    func descend(_ depth: Int) {
      guard depth < variables.count else { return body(point) }
      for value in variables[depth].values {
        for (name, binding) in value { point[name] = binding }
        descend(depth + 1)
      }
    }
    descend(0)
  }
}

extension Sweep.Point {
  /// `task = A, n = 3`
  var text: String { map { "\($0.key) = \($0.value.text)" }.joined(separator: ", ") }
}

// MARK: - Reading

extension Sweep {
  /// Reads `{task: [A, B], n: 1..3}`; `nil` after an error.
  ///
  /// - Parameter mayRebind: whether variables may have the names of parameters, and replace them.
  static func read(_ field: Field, mayRebind: Bool = false) -> Sweep? {
    guard let entries = field.entries("a mapping from variables to lists or ranges") else {
      return nil
    }
    var sweep = Sweep()
    var isSound = true
    for (key, field) in entries {
      let isNamed = checkName(key, field.context, mayRebind: mayRebind)
      guard let values = field.sweepValues(), isNamed else {
        isSound = false
        continue
      }
      sweep.variables.append(Variable(name: key.text, span: key.span, values: values))
    }
    return isSound ? sweep : nil
  }

  /// Whether a variable may have a name; reports why not.
  static func checkName(
    _ key: ScalarNode, _ context: ReadingContext, mayRebind: Bool
  ) -> Bool {
    guard context.check(key.text, .definition, "sweep variable", at: key.span) else {
      return false
    }
    guard !mayRebind, let parameter = context.scope.parameters[key.text] else { return true }
    context.diagnostics.report(
      "'\(key.text)' is a parameter: a sweep variable needs a different name", at: key.span,
      notes: [Diagnostic.Note("the parameter is given here", at: parameter.span)])
    return false
  }

  /// Reports a template that lacks a variable, since its points would share a name.
  fileprivate func checkNamed(in template: ScalarNode, _ context: ReadingContext) -> Bool {
    let named = Set(ReferenceText.names(in: template.text))
    let missing = variables.filter { named.isDisjoint(with: $0.boundNames) }
    for variable in missing {
      let forms = variable.boundNames.map { "'${\($0)}'" }.joined(separator: " or ")
      context.diagnostics.report(
        "the name '\(template.text)' does not contain \(forms), which it is swept over",
        at: template.span, notes: [Diagnostic.Note("the variable is here", at: variable.span)])
    }
    return missing.isEmpty
  }
}

extension Field {
  static let sweepKey = "for"

  /// Whether there is a `for`.
  var isSwept: Bool {
    guard case .mapping(let mapping) = node else { return false }
    return mapping.entries.contains { $0.key.text == Field.sweepKey }
  }

  /// The sweep of the definition that `template` names: its `for`, or a single point without variables if it has
  /// none; `nil` after an error.
  func sweep(of template: ScalarNode) -> Sweep? {
    guard case .mapping(let mapping) = node,
      let entry = mapping.entries.first(where: { $0.key.text == Field.sweepKey })
    else { return Sweep() }
    let field = Field(
      name: Field.sweepKey, node: entry.value, keySpan: entry.key.span, context: context)
    guard let sweep = Sweep.read(field), sweep.checkNamed(in: template, context) else {
      return nil
    }
    return sweep
  }

  /// Whether a sweep with this number of points may be read; reports why not.
  ///
  /// - Parameter repeated: the number of values repeated before; those of this field are added.
  func mayRepeat(_ points: Int, _ template: ScalarNode, _ repeated: inout Int) -> Bool {
    guard points > 1 else { return true }
    let size = node.size
    repeated += points * size
    guard repeated > Sweep.mostValues else { return true }
    context.diagnostics.report(
      "'\(template.text)' repeats \(size) values \(points) times: sweeps may repeat "
        + "\(Sweep.mostValues) in all", at: template.span)
    return false
  }

  /// The same without its `for`, which has been read.
  var withoutSweep: Field {
    guard case .mapping(var mapping) = node else { return self }
    mapping.entries.removeAll { $0.key.text == Field.sweepKey }
    return Field(name: name, node: .mapping(mapping), keySpan: keySpan, context: context)
  }

  /// The same at a point of a sweep.
  func at(_ point: Sweep.Point) -> Field {
    if point.isEmpty { return self }
    var context = context
    var scope = context.scope
    if scope.variables.isEmpty {
      scope.variables = point
    } else {
      for (name, binding) in point { scope.variables[name] = binding }
    }
    context.scope = scope
    return Field(name: name, node: node, keySpan: keySpan, context: context)
  }
}
