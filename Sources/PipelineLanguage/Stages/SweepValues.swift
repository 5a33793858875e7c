import Basics
import OrderedCollections

extension Field {
  private static let sweepForm = "a list such as [A, B] or a range such as 1..3"

  /// The bindings of each value of a sweep variable, for `[A, B]`, `1..3` or `[{source: A, n: 1}]`.
  func sweepValues() -> [Sweep.Point]? {
    if case .scalar = node { return range()?.map { [name: $0] } }
    if case .sequence(let sequence) = node, case .mapping? = sequence.elements.first {
      return objects()
    }
    guard let values = list(Field.sweepForm, { $0.binding() }) else { return nil }
    return distinct(values.map { Described($0.text, at: $0.span) }, "value")
      ? values.map { [name: $0] } : nil
  }

  /// `1..3`, both ends included.
  private func range() -> [Binding]? {
    guard let scalar = scalar(Field.sweepForm) else { return nil }
    guard let range = integerRange(scalar.text) else {
      mismatch(Field.sweepForm)
      return nil
    }
    return range.map { $0.map { Binding(value: .integer($0), text: "\($0)", span: span) } }
  }

  /// The numbers of `1..3`; inner `nil` after reporting that there are none or too many, outer `nil` for any other
  /// text.
  func integerRange(_ text: String) -> ClosedRange<Int>?? {
    guard let dots = text.firstRange(of: ".."),
      case .integer(let first) = CoreScalar.integer(String(text[..<dots.lowerBound])),
      case .integer(let last) = CoreScalar.integer(String(text[dots.upperBound...]))
    else { return nil }
    guard first <= last else {
      report("the range \(text) is empty: ranges are ascending")
      return .some(nil)
    }
    let (width, overflow) = last.subtractingReportingOverflow(first)
    guard !overflow, width < Sweep.mostStages else {
      report("the range \(text) has more than \(Sweep.mostStages) values")
      return .some(nil)
    }
    return first...last
  }

  /// Objects with the same fields, each field bound as `variable.field`.
  private func objects() -> [Sweep.Point]? {
    guard let elements = elements(Field.sweepForm) else { return nil }
    let points = elements.map { $0.object(of: name) }
    guard !points.contains(where: { $0 == nil }) else { return nil }
    let values = points.compactMap { $0 }
    guard haveSameFields(values, elements) else { return nil }
    let texts = zip(values, elements).map { point, element in
      Described(
        point.map { "\($0.key) = \($0.value.text)" }.sorted().joined(separator: ", "),
        at: element.span)
    }
    return distinct(texts, "value") ? values : nil
  }

  /// Reads `{source: A, n: 1}`.
  private func object(of variable: String) -> Sweep.Point? {
    guard let entries = entries("a mapping from names to values, as the first element is") else {
      return nil
    }
    var point: Sweep.Point = [:]
    var isSound = true
    for (key, field) in entries {
      let isNamed = context.check(key.text, .definition, "sweep variable's field", at: key.span)
      guard let binding = field.binding(), isNamed else {
        isSound = false
        continue
      }
      point["\(variable).\(key.text)"] = binding
    }
    return isSound ? point : nil
  }

  private func haveSameFields(_ values: [Sweep.Point], _ elements: [Field]) -> Bool {
    guard let first = values.first else { return true }
    var isSound = true
    for (value, element) in zip(values, elements) where Set(value.keys) != Set(first.keys) {
      isSound = false
      let fields = first.keys.map { $0.dropFirst(name.count + 1) }.joined(separator: ", ")
      element.report(
        "every element of '\(name)' must have the same fields: \(fields)",
        notes: [Diagnostic.Note("the first element is here", at: elements[0].span)])
    }
    return isSound
  }
}
