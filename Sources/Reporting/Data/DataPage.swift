import Basics
import Definitions

/// What is in a dataset, as one HTML file, without network access or scripts.
package struct DataPage {
  private let title: String
  private let origin: String
  private let survey: DatasetSurvey
  private let figure: Figure?
  private let sheetProblem: String?

  /// - Parameters:
  ///   - origin: where the dataset is, and where its pixels come from.
  ///   - figure: the contact sheet.
  ///   - sheetProblem: why there is none.
  package init(
    title: String, origin: String, survey: DatasetSurvey, figure: Figure?, sheetProblem: String?
  ) {
    self.title = title
    self.origin = origin
    self.survey = survey
    self.figure = figure
    self.sheetProblem = sheetProblem
  }

  /// Longer lists make the page slow; the JSON output has more.
  private static let most = 200

  /// The file, which is also well-formed XML.
  package var html: String {
    var html = HTML()
    html.raw(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\n"
        + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
        + "<meta name=\"color-scheme\" content=\"light dark\"/>\n")
    html.element("title", title)
    html.raw(
      "<style>\n\(PageStyle.rules)\n.sheet figure{max-width:none}\n</style></head>\n<body>\n")
    html.nested("header") { html in
      html.element("h1", title)
      html.element("p", "\(origin).", "class=\"origin\"")
    }
    html.raw("<main>\n")
    writeSheet(&html)
    writeClasses(&html)
    writeSizes(&html)
    writeValues(&html)
    writeDuplicates(&html)
    writeFiles(&html)
    html.raw("</main>\n</body></html>\n")
    return html.text
  }

  private func writeSheet(_ html: inout HTML) {
    guard let figure else {
      if let sheetProblem { html.element("p", "There is no contact sheet: \(sheetProblem).") }
      return
    }
    html.nested("div", "class=\"sheet\"") { html in
      html.raw("<figure>\n\(figure.drawing.element)<figcaption>")
      html.raw("<b>\(escapedMarkup(figure.title)).</b> \(escapedMarkup(figure.caption))")
      html.raw("</figcaption></figure>\n")
    }
  }

  private func writeClasses(_ html: inout HTML) {
    html.element("h2", "Classes", "id=\"classes\"")
    let hasValidation = survey.classes.contains { $0.validation > 0 }
    let shown = survey.classes.prefix(5 * DataPage.most)
    html.table(
      "Images of each class",
      heading: ["class", "training"] + (hasValidation ? ["validation"] : []) + ["test"],
      rows: shown.map {
        [escapedMarkup($0.name), grouped($0.train)]
          + (hasValidation ? [grouped($0.validation)] : []) + [grouped($0.test)]
      })
    if shown.count < survey.classes.count {
      html.element(
        "p", "The first \(grouped(shown.count)) of \(grouped(survey.classes.count)) classes.",
        "class=\"note\"")
    }
  }

  private func writeSizes(_ html: inout HTML) {
    html.element("h2", "Sizes", "id=\"sizes\"")
    if let size = survey.packedSize {
      html.element("p", "Packed images are \(survey.channels)×\(size.text).")
    }
    guard let sizes = survey.sizes, let height = sizes.height, let width = sizes.width else {
      html.element("p", "The sizes in the files are not known, since the files do not exist.")
      return
    }
    html.element(
      "p",
      "In the files, heights are \(height.least) to \(height.largest) (median \(height.median)) and widths "
        + "\(width.least) to \(width.largest) (median \(width.median)).")
    let entries = sizes.entries
    html.table(
      "The most frequent sizes", heading: ["height×width", "images"],
      rows: entries.prefix(20).map { [$0.size.text, grouped($0.count)] })
    if entries.count > 20 {
      html.element("p", "There are \(grouped(entries.count)) sizes.", "class=\"note\"")
    }
  }

  private func writeValues(_ html: inout HTML) {
    html.element("h2", "Values", "id=\"values\"")
    guard let statistics = survey.statistics else {
      html.element("p", "No training image can be read.")
      return
    }
    let names = statistics.mean.count == 3 ? ["red", "green", "blue"] : ["grey"]
    html.table(
      "Means and deviations", heading: ["channel", "mean", "deviation"],
      rows: names.indices.map {
        [
          names[$0], fixed(statistics.mean[$0], decimals: 4),
          fixed(statistics.deviation[$0], decimals: 4),
        ]
      })
    html.element(
      "p",
      "Of pixel / 255 of \(counted(statistics.images, "training image")), as packed. In the dataset:"
    )
    html.raw("<p><code>\(escapedMarkup(statistics.setting))</code></p>\n")
  }

  private func writeDuplicates(_ html: inout HTML) {
    html.element("h2", "Duplicates", "id=\"duplicates\"")
    let found = survey.duplicates
    guard found.groupCount > 0 else {
      html.element("p", "No two images have the same pixels.")
      return
    }
    html.table(
      "Duplicates", heading: ["", "images"],
      rows: [
        ["test images that are training images as well", grouped(found.testInTraining)],
        ["images in several classes", grouped(found.contradictory)],
        ["training images that repeat another", grouped(found.repeatedInTraining)],
        ["test images that repeat another", grouped(found.repeatedInTest)],
      ])
    html.details("Groups of equal images") { html in
      html.raw("<ul>\n")
      for group in found.groups.prefix(DataPage.most) {
        let names = group.files.prefix(10).joined(separator: " = ")
        html.element("li", group.files.count > 10 ? names + " = …" : names)
      }
      html.raw("</ul>\n")
    }
  }

  private func writeFiles(_ html: inout HTML) {
    html.element("h2", "Files that deserve a look", "id=\"files\"")
    var isEmpty = true
    func write(_ title: String, _ files: FileList) {
      guard files.count > 0 else { return }
      isEmpty = false
      guard !files.first.isEmpty else {
        html.element("p", title)
        return
      }
      html.details(title) { html in
        html.raw("<ul>\n")
        for file in files.first.prefix(DataPage.most) {
          html.element("li", file.reason.map { "\(file.name): \($0)" } ?? file.name)
        }
        if files.count > DataPage.most { html.element("li", "…") }
        html.raw("</ul>\n")
      }
    }
    write("\(counted(survey.unreadable.count, "image")) that cannot be read", survey.unreadable)
    for (kind, files) in survey.unusual { write(kind.remark(files.count), files) }
    write(
      counted(
        survey.passedOver.count, "system file or note that is ignored",
        plural: "system files and notes that are ignored"), survey.passedOver)
    if isEmpty { html.element("p", "There are none.") }
  }
}
