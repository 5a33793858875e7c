/// A stage's name as written in the file, with references to the variables of the sweep.
package enum NameTemplate {
  /// The template with other text in place of each reference: `A${n}B` becomes `A{1..3}B`.
  package static func text(of template: String, _ replacement: (String) -> String) -> String {
    guard let pieces = try? ReferenceText.pieces(of: template) else { return template }
    return pieces.map { piece in
      switch piece {
      case .text(let text): text
      case .reference(let name, _): replacement(name)
      }
    }.joined()
  }
}
