import Basics
import Definitions
import PipelineLanguage
import Planning
import Testing

/// Mismatches that depend on the data.
@Suite struct FitTests {
  private func problems(_ text: String, catalog: any DatasetCatalog) -> [Diagnostic] {
    do {
      _ = try Planner(description: describe(text), catalog: catalog, history: FakeHistory()).plan()
      return []
    } catch let error as DiagnosticError {
      return error.diagnostics
    } catch {
      return [.error("\(error)")]
    }
  }

  /// Datasets by path, with their classes and the number of images per class.
  private struct Catalog: DatasetCatalog {
    var classes: [String: [String]]
    var test = 10

    func facts(of dataset: DatasetDefinition) throws -> Learned<DatasetFacts> {
      guard case .path(let path) = dataset.source, let classes = classes[path] else {
        throw DiagnosticError("the dataset does not exist")
      }
      return Learned(
        DatasetFacts(
          digest: Fingerprint(of: path), classes: classes, trainingImages: classes.map { _ in 20 },
          testImages: classes.map { _ in test }))
    }
    func knows(_ dataset: DatasetDefinition) -> Bool { true }
    func contents(ofList path: String) throws -> Learned<[UInt8]> {
      throw DiagnosticError("no list")
    }
    func weights(at path: String) throws -> Learned<WeightsFacts> {
      throw DiagnosticError("no weights")
    }
  }

  private func pipeline(units: String, stages: String) -> String {
    """
    cambium: 1
    datasets: {d: {source: d, hold-out: 0.01}, e: {source: e}}
    networks: {net: {input: [3, 8, 8], layers: {one: [dense: 4, relu], two: [dense: \(units)]}}}
    solvers: {sgd: {batch: 10, epochs: 2, rate: 0.1}}
    stages:
    \(stages)

    """
  }

  private let base = "  base: {train: {network: net, on: d, solver: sgd}}\n"
  private let catalog = Catalog(classes: ["d": ["cat", "dog", "fox"], "e": ["fox", "cat", "dog"]])

  /// Sixty images: the last batch of 59, and the last part of a batch, is one image.
  @Test(arguments: [
    ("batch: 59", "the last batch of an epoch, of one image"),
    ("batch: 58", nil), ("batch: 60, steps-of: 59", "the last part of a batch, of one image"),
    ("batch: 60, steps-of: 20", nil),
    ("batch: 30, steps-of: 1", "batches of one image reach"),
  ])
  func oneImageLeavesANormNothing(_ batch: String, _ warning: String?) throws {
    let text = pipeline(units: "classes", stages: base)
      .replacing("d: {source: d, hold-out: 0.01}", with: "d: {source: d}")
      .replacing("one: [dense: 4, relu]", with: "one: [dense: 4, batch-norm, relu]")
      .replacing("batch: 10", with: batch)
    let description = try describe(text)
    let plan = try Planner(description: description, catalog: catalog, history: FakeHistory())
      .plan()
    let found = (plan.warnings + description.warnings).map(\.message).filter {
      $0.contains("shift alone")
    }
    #expect(found.count == (warning == nil ? 0 : 1), "\(found)")
    if let warning { #expect(found.first?.hasPrefix(warning) == true, "\(found)") }
  }

  @Test(arguments: ["2", "4"])
  func unitsMustBeAsManyAsClasses(_ units: String) throws {
    let found = problems(pipeline(units: units, stages: base), catalog: catalog)
    #expect(found.map(\.message) == ["'two' has \(units) units, but task 'd' has 3 classes"])
    let problem = try #require(found.first)
    #expect(problem.span?.start == SourcePosition(line: 3, column: 74))
    #expect(problem.notes.contains { $0.message.contains("dense: classes") })
    #expect(problem.notes.contains { $0.span?.start == SourcePosition(line: 6, column: 36) })
    #expect(problems(pipeline(units: "3", stages: base), catalog: catalog).isEmpty)
  }

  @Test func evaluationOnOtherClassesIsRefused() throws {
    var catalog = catalog
    catalog.classes["e"] = ["cat", "dog", "owl"]
    let text = pipeline(
      units: "classes", stages: base + "  it: {evaluate: {network: base, on: e}}")
    let found = problems(text, catalog: catalog)
    #expect(
      found.map(\.message) == [
        "'base' cannot be measured on 'e': it distinguishes the classes of 'd', and 'owl' is none of them"
      ])
    #expect(found.first?.span?.start.line == 7)
    #expect(found.first?.notes.first?.span?.start.line == 6)
  }

  /// The network's scores are in the order of the classes that it was trained on.
  @Test func classesInAnotherOrderAreLabelledByName() throws {
    let text = pipeline(
      units: "classes", stages: base + "  it: {evaluate: {network: base, on: e}}")
    let plan = try Planner(
      description: describe(text), catalog: catalog, history: FakeHistory()
    ).plan()
    guard let work = plan.stage("it")?.work as? EvaluateWork else {
      Issue.record("there is no evaluation")
      return
    }
    #expect(work.classes == ["cat", "dog", "fox"])
  }

  @Test func subsetsWithoutImagesAreFound() {
    let measured = pipeline(
      units: "classes", stages: base + "  it: {evaluate: {network: base, subset: validation}}")
    #expect(
      problems(measured, catalog: catalog).map(\.message)
        == ["task 'd' has no validation images of its classes"])
    var catalog = catalog
    catalog.test = 0
    let validated = pipeline(
      units: "classes",
      stages:
        "  base: {train: {network: net, on: d, solver: sgd, validate: {every: 1 epoch, subset: test}}}"
    )
    #expect(
      problems(validated, catalog: catalog).map(\.message)
        == ["task 'd' has no test images of its classes"])
  }

  @Test func scoresNeedTheirMeasurements() {
    let text = pipeline(
      units: "classes",
      stages: """
          base: {train: {network: net, on: d, solver: sgd, validate: {every: 7 iterations, subset: test}}}
          it: {evaluate: {network: base, score: {mean-of-last: 3}}}
        """)
    // Two epochs of six steps: after 7 and 12.
    #expect(
      problems(text, catalog: catalog).map(\.message)
        == ["the score 'mean of last 3' needs 3 measurements, but 'base' makes 2"])
    #expect(
      problems(text.replacing("mean-of-last: 3", with: "mean-of-last: 2"), catalog: catalog).isEmpty
    )
  }

  /// Sixty images in batches of 59: only the data tells that the last batch has one.
  @Test func aLastBatchOfOneImageIsAWarning() throws {
    func warnings(batch: Int) throws -> [String] {
      let text = pipeline(units: "classes", stages: base)
        .replacing("batch: 10", with: "batch: \(batch)")
        .replacing(
          "[dense: classes]", with: "[dense: 7, batch-norm, relu], three: [dense: classes]")
      return try Planner(description: describe(text), catalog: catalog, history: FakeHistory())
        .plan().warnings.map(\.message)
    }
    #expect(
      try warnings(batch: 59).contains {
        $0.hasPrefix("the last batch of an epoch, of one image, reaches the batch norm of layer ")
      })
    #expect(try warnings(batch: 58).isEmpty)
  }

  @Test func memoryIsThatOfTheImagesThatThereAre() throws {
    let few = pipeline(units: "classes", stages: base)
    let many = few.replacing("batch: 10", with: "batch: 1000000")
    func memory(_ text: String) throws -> Int? {
      try Planner(description: describe(text), catalog: catalog, history: FakeHistory()).plan()
        .stage("base")?.cost?.memory
    }
    // Sixty images do not fill a batch of a million.
    let sixty = few.replacing("batch: 10", with: "batch: 60")
    #expect(try memory(many) == memory(sixty))
  }
}
