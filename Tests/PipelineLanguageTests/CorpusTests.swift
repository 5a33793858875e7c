import Basics
import PipelineLanguage
import Testing

/// A file of the corpus: a short pipeline about a single aspect.
struct CorpusFile: CustomTestStringConvertible, Sendable {
  /// How a file is treated; the name of its folder.
  enum Kind: String, CaseIterable, Sendable {
    /// Read without problems, and valid by the schema.
    case good
    /// Rejected by the language and by the schema.
    case structure
    /// Rejected only by the language: no schema can find the problem.
    case meaning
    /// Not a document that could be validated by a schema.
    case yaml
    /// Read with one warning, and valid by the schema.
    case warning
  }

  var kind: Kind
  var name: String
  var text: String

  var testDescription: String { "\(kind.rawValue)/\(name)" }

  /// All files of a folder.
  static func all(_ kind: Kind) throws -> [CorpusFile] {
    try RepositoryFiles.contents(of: "\(folder)/\(kind.rawValue)", withExtension: "yaml")
      .map { CorpusFile(kind: kind, name: $0.name, text: $0.text) }
  }

  /// Files included by those of the corpus, by the path they use.
  static func included() throws -> [String: String] {
    let files = try RepositoryFiles.contents(of: "\(folder)/lib", withExtension: "yaml")
    return Dictionary(uniqueKeysWithValues: files.map { ("../lib/\($0.name)", $0.text) })
  }

  private static let folder = "Tests/PipelineLanguageTests/Corpus"
}

/// The problem stated in the first line: `# error: 3:14: there is no stage 'bsae'`, or a warning.
private struct ExpectedProblem {
  var place: SourcePosition
  /// The beginning of the message.
  var message: Substring

  init?(_ text: String, _ severity: Diagnostic.Severity) {
    let parts = text.prefix { $0 != "\n" && $0 != "\r\n" }.split(separator: ":", maxSplits: 3)
    guard parts.count == 4, parts[0] == "# \(severity.rawValue)",
      let line = Int(parts[1].dropFirst()),
      let column = Int(parts[2])
    else { return nil }
    place = SourcePosition(line: line, column: column)
    message = parts[3].dropFirst()
  }
}

/// The language and the JSON Schema for editors, tested with the same files.
@Suite struct CorpusTests {
  private static func files(_ kind: CorpusFile.Kind) -> [CorpusFile] {
    (try? CorpusFile.all(kind)) ?? []
  }

  /// The schema in `grammar/`.
  static func pipelineSchema() throws -> JSONSchema { try schema.get() }

  private static let schema = Result {
    let file = try RepositoryFiles.contents(of: "grammar", withExtension: "json")
    return try JSONSchema(try #require(file.first { $0.name == "pipeline.schema.json" }).text)
  }

  private func violations(_ text: String) throws -> [String] {
    try Self.schema.get().violations(of: SourceText(name: "test.yaml", text: text).plainValue())
  }

  private func expectOneProblem(_ file: CorpusFile) throws {
    try expectOne(.error, problems(of: file.text, with: try CorpusFile.included()), in: file)
  }

  private func expectOne(
    _ severity: Diagnostic.Severity, _ found: [Diagnostic], in file: CorpusFile
  ) throws {
    let expected = try #require(
      ExpectedProblem(file.text, severity), "the first line does not say what is expected")
    let rendered = found.map { $0.rendered() }.joined(separator: "\n")
    #expect(found.map(\.severity) == [severity], "\(rendered)")
    #expect(found.first?.message.hasPrefix(expected.message) == true, "\(rendered)")
    #expect(found.first?.span?.start == expected.place, "\(rendered)")
  }

  @Test func corpusIsLarge() {
    let counts = CorpusFile.Kind.allCases.map { Self.files($0).count }
    #expect(counts.reduce(0, +) >= 215, "\(counts)")
    #expect(counts.allSatisfy { $0 >= 6 }, "\(counts)")
  }

  @Test(arguments: files(.good))
  func goodFileIsReadAndFitsTheSchema(_ file: CorpusFile) throws {
    let found = problems(of: file.text, with: try CorpusFile.included())
    #expect(found.isEmpty, "\(found.map { $0.rendered() })")
    #expect(try violations(file.text).isEmpty)
  }

  @Test(arguments: files(.structure))
  func languageAndSchemaRefuse(_ file: CorpusFile) throws {
    try expectOneProblem(file)
    #expect(try !violations(file.text).isEmpty)
  }

  @Test(arguments: files(.meaning))
  func languageRefusesWhatTheSchemaCannotSee(_ file: CorpusFile) throws {
    try expectOneProblem(file)
    #expect(try violations(file.text).isEmpty)
  }

  @Test(arguments: files(.warning))
  func languageWarnsAndTheSchemaAgrees(_ file: CorpusFile) throws {
    try expectOne(.warning, description(of: file.text).warnings, in: file)
    #expect(try violations(file.text).isEmpty)
  }

  @Test(arguments: files(.yaml))
  func textThatIsNoDocumentIsRefused(_ file: CorpusFile) throws {
    try expectOneProblem(file)
    #expect(throws: DiagnosticError.self) { try violations(file.text) }
  }

  @Test func examplesAndPipelinesFitTheSchema() throws {
    let examples = try GrammarExample.all()
    let wrapper = try #require(examples.first { $0.kind == .wrapper })
    var texts = examples.filter { $0.kind == .good }
      .map { ($0.testDescription, $0.completed(by: wrapper)) }
    texts += try GrammarExample.files().map { ($0.key, $0.value) }
    let folders = ["pipelines", "pipelines/data", "pipelines/networks", "pipelines/studies"]
    for folder in folders {
      texts += try RepositoryFiles.contents(of: folder, withExtension: "yaml")
        .map { ("\(folder)/\($0.name)", $0.text) }
    }
    for (name, text) in texts {
      let found = try violations(text)
      #expect(found.isEmpty, "\(name): \(found)")
    }
  }
}
