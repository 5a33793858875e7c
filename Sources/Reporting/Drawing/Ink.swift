/// The colour of a mark by its role, for light and for dark paper.
///
/// Series use the palette of Okabe and Ito, which readers with any common type of colour vision can distinguish. Some
/// colours are darker on white paper, where their contrast would be below 3 : 1.
package enum Ink: String, Hashable, Sendable, CaseIterable {
  case paper, text, faint, grid
  case blue, vermilion, sky, orange, green, purple, black, red

  /// The colour on white paper, and in viewers without style sheets.
  package var light: String {
    switch self {
    case .paper: "#ffffff"
    case .text: "#1f2328"
    case .faint: "#59636e"
    case .grid: "#dfe3e8"
    case .blue: "#0072b2"
    case .vermilion: "#d55e00"
    case .sky: "#2b8fc7"
    case .orange: "#b87e00"
    case .green: "#009e73"
    case .purple: "#b55d8c"
    case .black: "#40464d"
    case .red: "#b3261e"
    }
  }

  /// The colour on dark paper.
  package var dark: String {
    switch self {
    case .paper: "#14171b"
    case .text: "#e7eaee"
    case .faint: "#a3adb8"
    case .grid: "#333a42"
    case .blue: "#5cb3ec"
    case .vermilion: "#ff8f52"
    case .sky: "#9ad6f7"
    case .orange: "#f2b632"
    case .green: "#3fcfa3"
    case .purple: "#e59cc6"
    case .black: "#c3cad2"
    case .red: "#ff8a80"
    }
  }

  /// Style rules that switch figures to dark colours if the reader's system is dark; printed pages stay white.
  package static let darkRules: String = {
    let rules = allCases.map {
      ".fill-\($0.rawValue){fill:\($0.dark)}.line-\($0.rawValue){stroke:\($0.dark)}"
    }
    return "@media screen and (prefers-color-scheme:dark){\(rules.joined())}"
  }()

  /// Attributes of a shape that is filled with the ink.
  var fill: String { "class=\"fill-\(rawValue)\" fill=\"\(light)\"" }

  /// Attributes of a line in the ink.
  var stroke: String { "class=\"line-\(rawValue)\" stroke=\"\(light)\" fill=\"none\"" }
}
