import Basics

extension NamePattern {
  /// The names that a stage's template may expand to.
  init(template: String) {
    guard let pieces = try? ReferenceText.pieces(of: template) else {
      self.init("*")
      return
    }
    self.init(pieces.map { if case .text(let text) = $0 { text } else { "*" } }.joined())
  }
}
