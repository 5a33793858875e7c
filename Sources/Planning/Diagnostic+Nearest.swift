import Basics

extension Diagnostic.Note {
  /// What was probably meant, or else all there is.
  static func nearest(to name: String, among known: [String]) -> [Diagnostic.Note] {
    if let nearest = nearestName(to: name, among: known) {
      return [Diagnostic.Note("did you mean '\(nearest)'?")]
    }
    let shown = known.prefix(20).joined(separator: ", ")
    return [Diagnostic.Note("there are: \(shown)\(known.count > 20 ? ", …" : "")")]
  }
}
