import Basics
import Definitions
import PipelineLanguage
import Testing

/// Declarations of datasets, and classes from files.
@Suite struct DeclarationTests {
  private func dataset(_ keys: String) -> String {
    "cambium: 1\ndatasets: {d: {source: data, \(keys)}}\n"
  }

  private func declaration(_ keys: String) throws -> DatasetDeclaration? {
    try description(of: dataset(keys)).datasets["d"]?.content.declaration
  }

  @Test func allFormsAreRead() throws {
    #expect(try declaration("size: 8") == DatasetDeclaration())
    #expect(try declaration("classes: [no, b]")?.classes == .listed(["no", "b"]))
    #expect(try declaration("classes: 1000")?.classes == .count(1000))
    #expect(try declaration("classes: {file: a.txt}")?.classes == .file("a.txt"))
    #expect(
      try declaration("images: {train: 12, test: {per-class: 3}}")
        == DatasetDeclaration(train: .total(12), test: .perClass(3)))
  }

  @Test func mistakesAreReported() {
    expect(dataset("classes: ⟦1⟧"), finds: "'classes' must be at least 2")
    expect(dataset("classes: [a, ⟦a⟧]"), finds: "class 'a' is listed twice")
    expect(dataset("classes: ⟦[]⟧"), finds: "'classes' is empty")
    expect(dataset("⟦classes⟧: {}"), finds: "'classes' lacks 'file'")
    expect(dataset("⟦classes⟧: "), finds: "'classes' has no value")
    expect(dataset("images: {train: ⟦-1⟧}"), finds: "'train' must be at least 1")
    expect(dataset("images: {⟦validation⟧: 1}"), finds: "'images' has no 'validation'")
    expect(
      dataset("images: {⟦train⟧: {each: 1}}").replacing("each", with: "⟦each⟧"),
      finds: "the number of images lacks 'per-class'", "the number of images has no 'each'")
  }

  private func split(_ classes: String) -> String {
    "cambium: 1\ndatasets: {d: {source: data}}\nsplits: {s: {dataset: d, classes: \(classes)}}\n"
      + "networks: {n: {input: [3, 8, 8], layers: {one: [dense: classes]}}}\n"
      + "solvers: {g: {batch: 8, epochs: 1, rate: 0.1}}\n"
      + "stages: {t: {train: {network: n, on: s.A, solver: g}}}\n"
  }

  @Test func tasksMayBeListedInFiles() throws {
    let names = try training(in: split("{A: {file: a.txt}, B: [x, y]}"))
    #expect(names.task.content.classes == .listed(ClassFile(path: "a.txt", lists: .names)))
    let indices = try training(in: split("{A: {file: a.txt, lists: indices}}"))
    #expect(indices.task.content.classes == .listed(ClassFile(path: "a.txt", lists: .indices)))
  }

  @Test func wrongListsAreReported() {
    expect(split("{A: {file: ⟦\"\"⟧}}"), finds: "'file' must be a path")
    expect(split("{⟦A⟧: {}}"), finds: "a list of classes lacks 'file'")
    expect(split("{A: {file: a, lists: ⟦numbers⟧}}"), finds: "'lists' must be names or indices")
    expect(split("{A: ⟦a.txt⟧}"), finds: "'A' must be a list of classes, or {file: path}")
  }
}
