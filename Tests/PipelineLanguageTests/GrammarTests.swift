import Basics
import PipelineLanguage
import Testing

/// A fenced block in a page of the grammar.
struct GrammarExample: CustomTestStringConvertible, Sendable {
  enum Kind: String, Sendable {
    case good, bad, wrapper
  }

  var page: String
  var line: Int
  var kind: Kind
  var text: String

  var testDescription: String { "\(page):\(line)" }

  /// All examples of all pages.
  static func all() throws -> [GrammarExample] {
    try RepositoryFiles.contents(of: "grammar", withExtension: "md").flatMap { page in
      var examples: [GrammarExample] = []
      var current: GrammarExample?
      let lines = page.text.split(separator: "\n", omittingEmptySubsequences: false)
      for (index, line) in lines.enumerated() {
        if line.hasPrefix("```yaml "), let kind = Kind(rawValue: String(line.dropFirst(8))) {
          current = GrammarExample(page: page.name, line: index + 1, kind: kind, text: "")
        } else if line.hasPrefix("```"), let example = current {
          examples.append(example)
          current = nil
        } else {
          current?.text += line + "\n"
        }
      }
      return examples
    }
  }

  /// Files that examples include: `yaml include PATH`.
  static func files() throws -> [String: String] {
    var files: [String: String] = [:]
    for page in try RepositoryFiles.contents(of: "grammar", withExtension: "md") {
      for block in page.text.split(separator: "```yaml include ", omittingEmptySubsequences: false)
        .dropFirst()
      {
        let lines = block.split(separator: "\n", omittingEmptySubsequences: false)
        files[String(lines[0])] =
          lines.dropFirst().prefix { $0 != "```" }.joined(separator: "\n") + "\n"
      }
    }
    return files
  }

  /// The example with the wrapper's line for each top-level key that it lacks.
  func completed(by wrapper: GrammarExample) -> String {
    func keys(_ text: String) -> Set<Substring> {
      Set(
        text.split(separator: "\n").compactMap { line in
          line.firstIndex(of: ":").map { line[..<$0] }
        })
    }
    let own = keys(text)
    let missing = wrapper.text.split(separator: "\n").filter { line in
      line.firstIndex(of: ":").map { !own.contains(line[..<$0]) } ?? false
    }
    return text + missing.joined(separator: "\n") + "\n"
  }
}

@Suite struct GrammarTests {
  private static let examples = (try? GrammarExample.all()) ?? []

  private func completed(_ example: GrammarExample) throws -> String {
    let wrapper = try #require(Self.examples.first { $0.kind == .wrapper })
    return example.completed(by: wrapper)
  }

  @Test func pagesHaveExamples() {
    #expect(Set(Self.examples.map(\.page)).count == 5)
    #expect(Self.examples.count { $0.kind == .good } >= 15)
    #expect(Self.examples.count { $0.kind == .bad } >= 15)
  }

  @Test(arguments: examples.filter { $0.kind == .good })
  func goodExampleIsRead(_ example: GrammarExample) throws {
    let found = problems(of: try completed(example), with: try GrammarExample.files())
    #expect(found.isEmpty, "\(found.map { $0.rendered() })")
  }

  @Test(arguments: examples.filter { $0.kind == .bad })
  func badExampleGivesItsError(_ example: GrammarExample) throws {
    let first = try #require(example.text.split(separator: "\n").first)
    try #require(first.hasPrefix("# error: "))
    let found = problems(of: try completed(example), with: try GrammarExample.files())
    #expect(found.count == 1, "\(found.map { $0.rendered() })")
    #expect(
      found.first?.message.hasPrefix(first.dropFirst("# error: ".count)) == true,
      "\(found.map { $0.rendered() })")
  }

  @Test func everyPipelineOfTheRepositoryIsRead() throws {
    let networks = try RepositoryFiles.contents(of: "pipelines/networks", withExtension: "yaml")
    let files = Dictionary(uniqueKeysWithValues: networks.map { ("networks/\($0.name)", $0.text) })
    let pipelines = try RepositoryFiles.contents(of: "pipelines", withExtension: "yaml")
    for file in pipelines + networks {
      let found = problems(of: file.text, with: files)
      #expect(found.isEmpty, "\(file.name): \(found.map { $0.rendered() })")
    }
  }

  /// Public sets take a line of their own each, and whole pipelines over them few lines.
  @Test func everyPipelineOfAPublicSetIsReadAndShort() throws {
    let networks = try RepositoryFiles.contents(of: "pipelines/networks", withExtension: "yaml")
    let files = Dictionary(
      uniqueKeysWithValues: networks.map { ("../networks/\($0.name)", $0.text) })
    let pipelines = try RepositoryFiles.contents(of: "pipelines/data", withExtension: "yaml")
    #expect(pipelines.count >= 8)
    for file in pipelines {
      let found = problems(of: file.text, with: files)
      #expect(found.isEmpty, "\(file.name): \(found.map { $0.rendered() })")
      #expect(file.text.split(separator: "\n").count { !$0.hasPrefix("#") } <= 15, "\(file.name)")
    }
  }

  /// The gallery: each study fits on a page, and says what to look for.
  @Test func everyStudyIsShortAndSaysWhatToLookFor() throws {
    let networks = try RepositoryFiles.contents(of: "pipelines/networks", withExtension: "yaml")
    let files = Dictionary(
      uniqueKeysWithValues: networks.map { ("../networks/\($0.name)", $0.text) })
    let studies = try RepositoryFiles.contents(of: "pipelines/studies", withExtension: "yaml")
    #expect(studies.count >= 7)
    for file in studies {
      let found = problems(of: file.text, with: files)
      #expect(found.isEmpty, "\(file.name): \(found.map { $0.rendered() })")
      #expect(file.text.split(separator: "\n", omittingEmptySubsequences: false).count <= 41)
      #expect(file.text.contains("\n# Look for: "), "\(file.name)")
      #expect(file.text.contains("data: \"builtin:shapes\""), "\(file.name)")
    }
  }
}
