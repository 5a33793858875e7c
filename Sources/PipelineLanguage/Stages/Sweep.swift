import Basics
import OrderedCollections

/// `for: {task: [A, B], n: 1..3}`: a stage for every point of the product.
struct Sweep {
  /// Stages of a pipeline, all sweeps expanded.
  static let mostStages = 10_000

  struct Variable {
    var name: String
    var span: SourceSpan
    var values: [Binding]
  }

  /// In the order of the file; none where a stage has no sweep.
  var variables: [Variable] = []

  /// The number of points; `nil` where it exceeds an `Int`.
  var count: Int? {
    var count = 1
    for variable in variables {
      let product = count.multipliedReportingOverflow(by: variable.values.count)
      guard !product.overflow else { return nil }
      count = product.partialValue
    }
    return count
  }

  /// Every point in order, the last variable moving fastest.
  func forEachPoint(_ body: (OrderedDictionary<String, Binding>) -> Void) {
    var point: OrderedDictionary<String, Binding> = [:]
    func descend(_ depth: Int) {
      guard depth < variables.count else { return body(point) }
      for value in variables[depth].values {
        point[variables[depth].name] = value
        descend(depth + 1)
      }
    }
    descend(0)
  }
}

// MARK: - Reading

extension Sweep {
  /// Reads a stage's `for`; `nil` after a mistake.
  static func read(_ field: Field) -> Sweep? {
    guard let entries = field.entries("a mapping from variables to lists or ranges") else {
      return nil
    }
    var sweep = Sweep()
    var isSound = true
    for (key, field) in entries {
      let isNamed = checkName(key, field.context)
      guard let values = field.sweepValues(), isNamed else {
        isSound = false
        continue
      }
      sweep.variables.append(Variable(name: key.text, span: key.span, values: values))
    }
    return isSound ? sweep : nil
  }

  private static func checkName(_ key: ScalarNode, _ context: ReadingContext) -> Bool {
    guard context.check(key.text, .definition, "sweep variable", at: key.span) else {
      return false
    }
    guard let parameter = context.scope.parameters[key.text] else { return true }
    context.diagnostics.report(
      "'\(key.text)' is a parameter: a sweep's variable needs a name of its own", at: key.span,
      notes: [Diagnostic.Note("the parameter is given here", at: parameter.span)])
    return false
  }

  /// Reports a template that lacks a variable: its points would share a name.
  func checkNamed(in template: ScalarNode, _ context: ReadingContext) -> Bool {
    let named = Set(ReferenceText.names(in: template.text))
    let missing = variables.filter { !named.contains($0.name) }
    for variable in missing {
      context.diagnostics.report(
        "the name '\(template.text)' does not contain '${\(variable.name)}', which the stage "
          + "sweeps over", at: template.span,
        notes: [Diagnostic.Note("the variable is here", at: variable.span)])
    }
    return missing.isEmpty
  }
}

extension Field {
  private static let sweepForm = "a list such as [A, B] or a range such as 1..3"

  fileprivate func sweepValues() -> [Binding]? {
    if case .scalar = node { return range() }
    guard let values = list(Field.sweepForm, { $0.binding() }) else { return nil }
    return distinct(values.map { Described($0.text, at: $0.span) }, "value") ? values : nil
  }

  /// `1..3`, both ends included.
  private func range() -> [Binding]? {
    guard let scalar = scalar(Field.sweepForm) else { return nil }
    guard let dots = scalar.text.firstRange(of: ".."),
      case .integer(let first) = CoreScalar.integer(String(scalar.text[..<dots.lowerBound])),
      case .integer(let last) = CoreScalar.integer(String(scalar.text[dots.upperBound...]))
    else {
      mismatch(Field.sweepForm)
      return nil
    }
    guard first <= last else {
      report("the range \(scalar.text) is empty: it counts upwards, from the smaller number")
      return nil
    }
    let (width, overflow) = last.subtractingReportingOverflow(first)
    guard !overflow, width < Sweep.mostStages else {
      report("the range \(scalar.text) has more than \(Sweep.mostStages) values")
      return nil
    }
    return (first...last).map { Binding(value: .integer($0), text: "\($0)", span: span) }
  }
}
