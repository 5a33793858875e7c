import Basics
import Definitions
import PipelineLanguage
import Planning
import SystemPackage
import Testing

/// Classes from files, in plans.
@Suite struct ClassListTests {
  private static let text = sample.replacing(
    "random: {tasks: [A, B], seed: 1}", with: "classes: {A: {file: a.txt}, B: {file: b.txt}}")

  private func catalog(_ a: String, _ b: String = "dog\nfrog\nship\n") -> FakeCatalog {
    FakeCatalog(lists: ["a.txt": a, "b.txt": b])
  }

  private func classes(_ stage: String, _ plan: Plan) -> [String]? {
    guard let work = plan.stage(stage)?.work as? TrainWork else { return nil }
    return work.classes
  }

  private func problem(_ catalog: FakeCatalog, _ text: String = Self.text) throws -> Diagnostic {
    let error = try #require(throws: DiagnosticError.self) { try plan(text, catalog: catalog) }
    #expect(error.diagnostics.count == 1, "\(error)")
    return try #require(error.diagnostics.first)
  }

  @Test(arguments: [
    "deer\nbird\ncat\n", "\n bird \r\ncat\r\n\tdeer", "\u{FEFF}bird\ncat\ndeer\n\n",
  ])
  func namesAreReadLineByLine(list: String) throws {
    #expect(
      try classes("base-A", plan(Self.text, catalog: catalog(list))) == ["bird", "cat", "deer"])
  }

  @Test func filesCountByTheClassesTheyComeTo() throws {
    let listed = sample.replacing(
      "random: {tasks: [A, B], seed: 1}",
      with: "classes: {A: [bird, cat, deer], B: [dog, frog, ship]}")
    let history = FakeHistory(after: try plan(listed))
    #expect(
      try plan(Self.text, catalog: catalog("deer\ncat\nbird"), history: history).toRun == [])
    let indices = Self.text.replacing("{file: a.txt}", with: "{file: a.txt, lists: indices}")
    #expect(try plan(indices, catalog: catalog("2\n0\n1\n"), history: history).toRun == [])
    let other = try plan(Self.text, catalog: catalog("cat\nbird"), history: history)
    #expect(other.toRun.contains("base-A") && !other.toRun.contains("base-B"))
  }

  @Test func unknownClassesShowFileAndLine() throws {
    let found = try problem(catalog("bird\n\n  cta\n"))
    #expect(found.message == "dataset 'photos' has no class 'cta'")
    #expect(found.span?.source.name == "a.txt")
    #expect(found.span?.start == SourcePosition(line: 3, column: 3))
    #expect(found.span?.end == SourcePosition(line: 3, column: 6))
    #expect(found.notes.first?.message == "did you mean 'cat'?")
  }

  @Test(arguments: ["6", "-1", "x", "1.0", "99999999999999999999"])
  func indicesMustBeOfTheDataset(index: String) throws {
    let text = Self.text.replacing("{file: a.txt}", with: "{file: a.txt, lists: indices}")
    let found = try problem(catalog("0\n\(index)\n"), text)
    #expect(found.message == "'\(index)' is not a class of dataset 'photos': positions are 0 to 5")
    #expect(found.span?.start.line == 2)
  }

  @Test func classesBelongToOneTask() throws {
    let twice = try problem(catalog("bird\ncat\nbird\n"))
    #expect(twice.message == "'bird' is listed twice")
    #expect(twice.span?.start.line == 3 && twice.notes.first?.span?.start.line == 1)
    let both = try problem(catalog("bird\ncat\n", "dog\ncat\n"))
    #expect(both.message == "class 'cat' is listed in task 'B' and in task 'A'")
    #expect(both.span?.source.name == "b.txt" && both.notes.first?.span?.source.name == "a.txt")
    let same = Self.text.replacing("b.txt", with: "a.txt")
    let all = try #require(throws: DiagnosticError.self) {
      try plan(same, catalog: catalog("bird\ncat\n"))
    }
    #expect(all.diagnostics.count == 2)
    let inline = Self.text.replacing("B: {file: b.txt}", with: "B: [dog, cat]")
    #expect(
      try problem(catalog("bird\ncat\n"), inline).message.hasPrefix("class 'cat' is listed in task")
    )
  }

  /// A study on the split 'halves', repeated over a parameter.
  private func study(_ text: String, repeating parameter: String, _ first: String, _ second: String)
    -> String
  {
    text.replacing("{momentum: 0.9}", with: "{momentum: 0.9, \(parameter): \(first)}")
      + """

      studies:
        main:
          {split: halves, network: net, solver: sgd, layers: 1, treatments: [BnB, AnB],
           repeat: {\(parameter): [\(first), \(second)]}}
      """
  }

  @Test func repetitionsMayChangeTheDatasetOfASplit() throws {
    let mirrored = { (text: String) in
      self.study(
        text.replacing("photos.tar}", with: "photos.tar, augment: {mirror: \"${m}\"}}"),
        repeating: "m", "true", "false")
    }
    let inline = sample.replacing(
      "random: {tasks: [A, B], seed: 1}",
      with: "classes: {A: [bird, cat, deer], B: [dog, frog, ship]}")
    #expect(try plan(mirrored(inline)).stages.count { $0.kind == .prepare } == 2)
    let listed = try plan(mirrored(Self.text), catalog: catalog("bird\ncat\n"))
    #expect(listed.stages.count { $0.kind == .prepare } == 2)
    // Both versions of the split are checked.
    let error = try #require(throws: DiagnosticError.self) {
      try plan(mirrored(Self.text), catalog: catalog("bird\ndog\n"))
    }
    #expect(
      Set(error.diagnostics.map(\.message)) == ["class 'dog' is listed in task 'B' and in task 'A'"]
    )
  }

  @Test func repetitionsMayChangeTheClassesOfASplit() throws {
    let inline = study(
      sample.replacing(
        "random: {tasks: [A, B], seed: 1}",
        with: "classes: {A: [\"${first}\", cat, deer], B: [dog, frog]}"),
      repeating: "first", "bird", "ship")
    #expect(try classes("main.base-A.first-ship", plan(inline)) == ["cat", "deer", "ship"])
    let text = study(
      Self.text.replacing("a.txt", with: "\"${draw}-a.txt\"")
        .replacing("b.txt", with: "\"${draw}-b.txt\""),
      repeating: "draw", "one", "two")
    let lists = [
      "one-a.txt": "bird\ncat\n", "one-b.txt": "dog\nfrog\n", "two-a.txt": "dog\ncat\n",
      "two-b.txt": "bird\nship\n",
    ]
    #expect(
      try classes("main.base-A.draw-two", plan(text, catalog: FakeCatalog(lists: lists)))
        == ["cat", "dog"])
    var overlapping = lists
    overlapping["two-b.txt"] = "cat\nship\n"
    let found = try problem(FakeCatalog(lists: overlapping), text)
    #expect(found.message == "class 'cat' is listed in task 'B' and in task 'A'")
    #expect(found.span?.source.name == "two-b.txt")
  }

  @Test func emptyAndMissingFilesAreReported() throws {
    #expect(try problem(catalog(" \n\n")).message == "'a.txt' lists no class")
    let missing = try problem(FakeCatalog(lists: ["b.txt": "dog\nfrog\n"]))
    #expect(missing.message == "'a.txt' does not exist")
    #expect(missing.span?.source.name == "sample.yaml")
  }

  @Test func relativePathsStartAtThePipelineFile() throws {
    let text = Self.text.replacing("photos.tar", with: "photos.tar, classes: {file: ../all.txt}")
    let description = try describe(text).resolvingPaths(from: "x/studies")
    #expect(description.datasets["photos"]?.content.declaration.classes == .file("x/all.txt"))
    guard let train = description.stages.first?.work as? TrainDescription,
      case .listed(let file) = train.task.content.classes
    else {
      Issue.record("base-A is trained on a listed task")
      return
    }
    #expect(file.path == "x/studies/a.txt")
  }
}

/// The order of a dataset's classes, and its declaration.
@Suite struct DeclaredOrderTests {
  private func text(_ keys: String) -> String {
    sample.replacing("photos.tar", with: "photos.tar, \(keys)")
      .replacing(
        "random: {tasks: [A, B], seed: 1}", with: "classes: {A: [cat, bird], B: [dog, ship]}")
  }

  private func classes(_ text: String, _ catalog: FakeCatalog = FakeCatalog()) throws -> [String]? {
    guard let work = try plan(text, catalog: catalog).stage("base-A")?.work as? TrainWork else {
      return nil
    }
    return work.classes
  }

  @Test func aListOrAFileGivesTheOrderOfTheLabels() throws {
    #expect(try classes(text("size: 8")) == ["bird", "cat"])
    #expect(try classes(text("classes: [ship, frog, dog, deer, cat, bird]")) == ["cat", "bird"])
    let file = FakeCatalog(lists: [
      "all.txt": "cat\ndeer D, e\ndog\tx\nfrog\nship\nbird small bird\n"
    ])
    #expect(try classes(text("classes: {file: all.txt}"), file) == ["cat", "bird"])
    #expect(try classes(text("classes: 6")) == ["bird", "cat"])
  }

  @Test(arguments: [
    ("classes: 7", "dataset 'photos' declares 7 classes, but has 6"),
    (
      "classes: [bird, cat]",
      "dataset 'photos' does not declare all of its classes: 'deer' is missing"
    ),
    (
      "classes: [bird, cat, deer, dog, frog, shop]",
      "dataset 'photos' declares class 'shop', but has none of that name"
    ),
    (
      "images: {train: 601}",
      "dataset 'photos' declares 601 as its number of training images, but has 600"
    ),
    (
      "images: {test: {per-class: 11}}",
      "dataset 'photos' declares 11 of each class as its number of test images, but class 'bird' has 10, and 5 more "
        + "classes have other numbers"
    ),
  ])
  func dataMustBeAsDeclared(keys: String, message: String) throws {
    // With a split of the two classes that are always declared.
    let text = text(keys).replacing("B: [dog, ship]", with: "B: [deer]")
      .replacing("A: [cat, bird], B: [deer]", with: "A: [cat, bird]")
      .replacing("for: {task: [A, B]}", with: "for: {task: [A]}")
      .replacing("on: halves.B", with: "on: halves.A")
      .replacing("[base-B, A1B, A1B+]", with: "[A1B, A1B+]")
    let error = try #require(throws: DiagnosticError.self) { try plan(text) }
    #expect(error.diagnostics.map(\.message) == [message])
  }

  @Test func whatIsTrueChangesNothing() throws {
    let history = FakeHistory(after: try plan(text("size: 8")))
    let declared = text(
      "size: 8, classes: [bird, cat, deer, dog, frog, ship], images: {train: 600, test: {per-class: 10}}"
    )
    #expect(try plan(declared, history: history).toRun == [])
  }
}
