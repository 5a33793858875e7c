/// A drawing with its file name and caption.
package struct Figure: Sendable {
  /// The name of its file, without extension: letters, digits and dashes.
  package var name: String
  package var drawing: Drawing
  /// The caption: marks, intervals, counts, and what is left out.
  package var caption: String

  package init(name: String, drawing: Drawing, caption: String) {
    self.name = name
    self.drawing = drawing
    self.caption = caption
  }

  package var title: String { drawing.title }
}

extension Figure {
  /// A name made safe as part of a file name: letters, digits and dashes.
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

  /// The figures with unique names; duplicates get a number.
  static func uniquelyNamed(_ figures: [Figure]) -> [Figure] {
    var used: Set<String> = []
    return figures.map { figure in
      var figure = figure
      let stem = figure.name
      var number = 2
      // Names that differ only in case would be one file on some systems.
      while !used.insert(figure.name.lowercased()).inserted {
        figure.name = "\(stem)-\(number)"
        number += 1
      }
      return figure
    }
  }
}
