import Basics
import Planning
import Testing

/// Visits every field of a stage's work, down to single numbers and words, and checks its effect on the fingerprint:
/// no field can be added to a work, or to anything in it, without a decision.
struct FieldWalk<Work: StageWork> {
  /// Has a value in every field.
  let sample: Work
  private var changes: [Change] = []

  private struct Change {
    var path: String
    /// Why the field is not part of the fingerprint; `nil` if it is.
    var exemption: String?
    var change: (inout Work) -> Void
  }

  init(_ sample: Work) { self.sample = sample }

  /// A field that determines the result.
  mutating func decides(_ path: String, _ change: @escaping (inout Work) -> Void) {
    changes.append(Change(path: path, change: change))
  }

  /// A field that determines the result, and another value for it.
  mutating func decides<Field>(
    _ path: String, _ field: WritableKeyPath<Work, Field>, _ other: Field
  ) {
    decides(path) { $0[keyPath: field] = other }
  }

  /// A field that must not change the fingerprint, including everything below it.
  mutating func isFree(
    _ path: String, because reason: String, _ change: @escaping (inout Work) -> Void
  ) {
    changes.append(Change(path: path, exemption: reason, change: change))
  }

  /// Checks that each change has the stated effect, and that every field has one.
  func check() {
    let fields = leaves(of: sample)
    let fingerprint = DraftedStage("sample", sample).fingerprint
    for change in changes {
      var other = sample
      change.change(&other)
      let found = leaves(of: other)
      let changed = Set(fields.keys).union(found.keys).filter { fields[$0] != found[$0] }
      #expect(!changed.isEmpty, "\(change.path): nothing was changed")
      #expect(
        changed.allSatisfy { $0.isAt(or: change.path) },
        "\(change.path): \(changed.sorted()) were changed")
      let isSame = DraftedStage("sample", other).fingerprint == fingerprint
      #expect(
        isSame == (change.exemption != nil),
        "\(change.path) \(isSame ? "changes nothing" : "changes the fingerprint")")
    }
    let decided = Set(changes.filter { $0.exemption == nil }.map(\.path))
    let free = changes.filter { $0.exemption != nil }.map(\.path)
    for (path, content) in fields.sorted(by: { $0.key < $1.key }) {
      #expect(
        decided.contains(path) || free.contains { path.isAt(or: $0) },
        "nothing is known of field '\(path)' of \(Work.self)")
      #expect(
        content != "nil" || free.contains { path.isAt(or: $0) },
        "the sample says nothing in field '\(path)'")
    }
  }

  private func leaves(of work: Work) -> [String: String] {
    var leaves: [String: String] = [:]
    collect(work, at: "", into: &leaves)
    return leaves
  }

  private func collect(_ field: Any, at path: String, into leaves: inout [String: String]) {
    let mirror = Mirror(reflecting: field)
    func below(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
    switch mirror.displayStyle {
    case .optional:
      if let content = mirror.children.first {
        return collect(content.value, at: path, into: &leaves)
      }
    case .collection
    where mirror.children.contains { !Mirror(reflecting: $0.value).children.isEmpty }:
      for (index, element) in mirror.children.enumerated() {
        collect(element.value, at: "\(path)[\(index)]", into: &leaves)
      }
      return
    case .struct, .enum, .tuple:
      if field is Fingerprint || field is RunSettings || mirror.children.isEmpty { break }
      for child in mirror.children {
        // Tuples name members without labels '.0', '.1'.
        let name = (child.label ?? "").drop { $0 == "." }
        collect(child.value, at: below(String(name)), into: &leaves)
      }
      return
    default: break
    }
    leaves[path] = "\(field)"
  }
}

extension String {
  /// Whether this is the path of a field, or of one in it.
  fileprivate func isAt(or path: String) -> Bool {
    self == path || hasPrefix(path + ".") || hasPrefix(path + "[")
  }
}
