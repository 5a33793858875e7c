import Foundation
import FoundationXML
import Reporting
import Testing

/// The elements of an XML document in document order.
struct MarkupElement {
  var name: String
  var attributes: [String: String]
  /// Its own text, including that of nested elements.
  var text: String
  /// The names of the enclosing elements, the outermost first.
  var path: [String]

  func number(_ attribute: String) -> Double? { attributes[attribute].flatMap { Double($0) } }
}

/// Parses well-formed XML.
///
/// - Throws: a `MalformedMarkup` for anything else.
func elements(of document: String) throws -> [MarkupElement] {
  let reader = MarkupReader()
  let parser = XMLParser(data: Data(document.utf8))
  parser.delegate = reader
  guard parser.parse() else {
    throw MalformedMarkup(
      description:
        "line \(parser.lineNumber): \(parser.parserError.map { "\($0)" } ?? "unknown error")")
  }
  return reader.elements
}

struct MalformedMarkup: Error, CustomStringConvertible {
  var description: String
}

private final class MarkupReader: NSObject, XMLParserDelegate {
  var elements: [MarkupElement] = []
  private var open: [Int] = []

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    elements.append(
      MarkupElement(
        name: name, attributes: attributes, text: "", path: open.map { elements[$0].name }))
    open.append(elements.count - 1)
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    open.removeLast()
  }

  func parser(_ parser: XMLParser, foundCharacters text: String) {
    for index in open { elements[index].text += text }
  }
}

/// The first coordinates of a path: `M12 3.5L…`.
func start(ofPath path: String) -> (x: Double, y: Double)? {
  let numbers = path.dropFirst().prefix { !"LMahZ".contains($0) }.split(separator: " ")
  guard path.first == "M", numbers.count == 2, let x = Double(numbers[0]),
    let y = Double(numbers[1])
  else { return nil }
  return (x, y)
}

extension Figure {
  /// Marks with a title, and their starting points: the left edge of a circle, the top of a square.
  func titledMarks() throws -> [(title: String, start: (x: Double, y: Double))] {
    let all = try elements(of: drawing.document)
    return all.indices.dropLast().compactMap { index in
      let element = all[index], title = all[index + 1]
      guard element.name == "path", title.name == "title", title.path.last == "path",
        let start = element.attributes["d"].flatMap({ start(ofPath: $0) })
      else { return nil }
      return (title.text, start)
    }
  }

  /// The number of pairs of texts that overlap, by estimated widths.
  var overlappingTexts: Int {
    let boxes = drawing.textBoxes
    var count = 0
    for (index, box) in boxes.enumerated() {
      count += boxes[(index + 1)...].count { box.overlaps($0) }
    }
    return count
  }

  /// Texts that extend beyond the drawing.
  var cutTexts: [Box] {
    let whole = Box(left: 0, top: 0, right: drawing.width, bottom: drawing.height)
    return drawing.textBoxes.filter { !whole.contains($0) }
  }

  /// Expects a well-formed document, and labels that neither overlap nor are cut off.
  func expectSound(_ location: SourceLocation = #_sourceLocation) throws {
    _ = try elements(of: drawing.document)
    _ = try elements(of: drawing.element)
    #expect(overlappingTexts == 0, "texts overlap in \(name)", sourceLocation: location)
    #expect(cutTexts.isEmpty, "texts are cut in \(name)", sourceLocation: location)
    #expect(!caption.isEmpty && !title.isEmpty, sourceLocation: location)
  }
}
