/// A drawing with its place in a report.
package struct Figure: Sendable {
  /// The name of its file, without ending: letters, digits and dashes.
  package var name: String
  package var drawing: Drawing
  /// What is shown, in sentences: marks, intervals, counts, what is left out.
  package var caption: String

  package init(name: String, drawing: Drawing, caption: String) {
    self.name = name
    self.drawing = drawing
    self.caption = caption
  }

  package var title: String { drawing.title }
}

extension Figure {
  /// A name as part of a file's: letters, digits and dashes.
  package static func fileName(_ text: String) -> String {
    var name = ""
    for scalar in text.unicodeScalars.prefix(200) {
      switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9", "_", ".", "+": name.unicodeScalars.append(scalar)
      default: if name.last != "-" { name += "-" }
      }
    }
    while name.first == "-" || name.first == "." { name.removeFirst() }
    while name.last == "-" || name.last == "." { name.removeLast() }
    return name.isEmpty ? "unnamed" : String(name.prefix(60))
  }

  /// The figures with names of which no two are the same: later ones get a number.
  static func uniquelyNamed(_ figures: [Figure]) -> [Figure] {
    var used: Set<String> = []
    return figures.map { figure in
      var figure = figure
      let stem = figure.name
      var number = 2
      // Names that differ in case alone would be one file on some systems.
      while !used.insert(figure.name.lowercased()).inserted {
        figure.name = "\(stem)-\(number)"
        number += 1
      }
      return figure
    }
  }
}
