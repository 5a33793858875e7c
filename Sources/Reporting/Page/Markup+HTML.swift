/// HTML under construction, which is also well-formed XML.
struct HTML {
  private(set) var text = ""

  /// Unescaped markup.
  mutating func raw(_ markup: String) { text += markup }

  /// An element that contains text.
  mutating func element(_ name: String, _ content: String, _ attributes: String = "") {
    text +=
      "<\(name)\(attributes.isEmpty ? "" : " " + attributes)>\(escapedMarkup(content))</\(name)>\n"
  }

  /// An element that contains markup.
  mutating func nested(
    _ name: String, _ attributes: String = "", _ content: (inout HTML) -> Void
  ) {
    text += "<\(name)\(attributes.isEmpty ? "" : " " + attributes)>\n"
    content(&self)
    text += "</\(name)>\n"
  }

  /// A collapsed section.
  mutating func details(_ summary: String, _ content: (inout HTML) -> Void) {
    text += "<details><summary>\(escapedMarkup(summary))</summary>\n"
    content(&self)
    text += "</details>\n"
  }

  /// A scrollable table. On narrow pages, the cells of a row wrap below its heading, each under its column heading.
  ///
  /// - Parameters:
  ///   - label: a description for readers who cannot see the table.
  ///   - rows: the markup of cells; the first cell of each row is its heading.
  mutating func table(
    _ label: String, heading: [String], rows: [[String]], isPlain: Bool = false
  ) {
    raw(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"\(escapedMarkup(label))\">\n<table>\n<thead><tr>"
    )
    for cell in heading { raw("<th scope=\"col\">\(cell)</th>") }
    raw("</tr></thead>\n<tbody>\n")
    let openings = heading.enumerated().map { index, column in
      index == 0 && !isPlain ? "<th scope=\"row\">" : "<td data-column=\"\(column)\">"
    }
    for row in rows {
      raw("<tr>")
      for (index, cell) in row.prefix(heading.count).enumerated() {
        raw(openings[index])
        raw(cell)
        raw(index == 0 && !isPlain ? "</th>" : "</td>")
      }
      raw("</tr>\n")
    }
    raw("</tbody></table></div>\n")
  }

  mutating func figures(_ figures: [Figure]) {
    guard !figures.isEmpty else { return }
    raw("<div class=\"figures\">\n")
    for figure in figures {
      raw("<figure>\n\(figure.drawing.element)<figcaption>")
      raw("<b>\(escapedMarkup(figure.title)).</b> \(escapedMarkup(figure.caption))")
      raw("</figcaption></figure>\n")
    }
    raw("</div>\n")
  }
}
