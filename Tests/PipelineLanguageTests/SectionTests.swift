import Basics
import Definitions
import PipelineLanguage
import TestSupport
import Testing

@Suite struct TopLevelTests {
  @Test func versionIsRequired() {
    expect("⟦⟧name: x\n", finds: "the file does not state the version of the grammar")
  }

  @Test func otherVersionIsTheOnlyError() {
    expect("cambium: ⟦2⟧\nnonsense: 1\n", finds: "the file is written in version 2")
  }

  @Test func unknownKeySuggestsTheNearest() {
    let text = "cambium: 1\n⟦datsets⟧: {}\n"
    expect(text, finds: "the pipeline has no 'datsets'")
    let notes = problems(of: MarkedText(text).text).first?.notes.map(\.message)
    #expect(
      notes == [
        "did you mean 'datasets'?",
        "the possible keys are cambium, include, params, name, datasets, splits, networks, solvers, stages, "
          + "studies",
      ])
  }

  @Test func nameComesFromTheFile() throws {
    let source = SourceText(name: "x/a b.yaml", text: "cambium: 1\n")
    #expect(try describe(source, fileName: "a b").name == "a-b")
    #expect(try describe(source, fileName: "..").name == "pipeline")
    #expect(try description(of: "cambium: 1\nname: other\n").name == "other")
  }

  @Test func namesAreSafe() {
    expect("cambium: 1\nname: ⟦a/b⟧\n", finds: "'a/b' cannot be the name of a pipeline")
    expect("cambium: 1\nname: ⟦.a⟧\n", finds: "'.a' cannot be the name of a pipeline")
    expect(
      "cambium: 1\ndatasets: {⟦a.b⟧: {source: x}}\n", finds: "'a.b' cannot be the name of a dataset"
    )
    let long = String(repeating: "a", count: 101)
    expect("cambium: 1\nname: ⟦\(long)⟧\n", finds: "'\(long)' cannot be the name")
  }

  @Test func independentProblemsAreReportedTogetherInOrder() {
    expect(
      """
      cambium: 1
      solvers:
        ⟦s⟧: {batch: ⟦0⟧, epochs: 1, ⟦ratte⟧: 0.1}
      datasets:
        d: {source: a, fit: ⟦strech⟧, channels: ⟦2⟧}
      splits:
        ⟦p⟧: {dataset: ⟦e⟧}

      """,
      finds: "solver 's' lacks 'rate'", "'batch' must be at least 1", "solver 's' has no 'ratte'",
      "'fit' must be stretch or crop", "'channels' must be 3 or 1",
      "split 'p' needs one of 'random', 'classes'", "there is no 'e' among the datasets")
  }
}

@Suite struct DatasetTests {
  private func dataset(_ settings: String) throws -> DatasetDefinition {
    let pipeline = try description(of: "cambium: 1\ndatasets:\n  d: {\(settings)}\n")
    return try #require(pipeline.datasets["d"]?.content)
  }

  private func expectDataset(
    _ settings: String, finds message: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expect(
      "cambium: 1\ndatasets:\n  d: {\(settings)}\n", finds: message,
      sourceLocation: sourceLocation)
  }

  @Test func everySettingIsRead() throws {
    #expect(
      try dataset(
        "source: a.tar, size: [8, 16], fit: crop, channels: 1, unreadable: skip, "
          + "orientation: ignore, mean: color, "
          + "scale: 0.5, augment: {mirror: true, crop: random, padding: 4}")
        == DatasetDefinition(
          source: .path("a.tar"), size: .init(height: 8, width: 16), fit: .crop, channels: 1,
          unreadable: .skip, orientation: .ignore,
          preprocessing: Preprocessing(
            .centered(.color, scale: 0.5), augmentation: [Mirror(), RandomCrop(), Padding(4)])))
  }

  @Test func defaultsSpelledOutChangeNothing() throws {
    #expect(
      try dataset("source: a")
        == dataset(
          "source: a, fit: stretch, channels: 3, unreadable: error, orientation: apply, mean: image, scale: 0.015625, "
            + "augment: {mirror: false, crop: center, padding: 0}"))
    #expect(
      try dataset("source: 'builtin:shapes'")
        == dataset("source: builtin:shapes, seed: 0, examples: {train: 500, test: 100}"))
    #expect(try dataset("source: a, size: 8") == dataset("source: a, size: [8, 8]"))
  }

  @Test func listedViewsAreTheShortForm() throws {
    func value(_ augment: String) throws -> Value {
      try dataset("source: a, augment: \(augment)").preprocessing.value
    }
    let short = try value("{mirror: true, crop: random, padding: 4}")
    #expect(try value("[mirror, random-crop: {padding: 4}]") == short)
    #expect(try value("[random-crop: {padding: 4}, mirror]") == short)
    #expect(try value("[random-crop: {padding: 0}]") == value("{crop: random}"))
    #expect(try value("[mirror, random-crop]") != short)
    #expect(try value("[mirror, rotate: 9]") != value("[rotate: 9, mirror]"))
  }

  @Test func defaultsOfStepsSpelledOutChangeNothing() throws {
    func steps(_ augment: String) throws -> Preprocessing {
      try dataset("source: a, augment: [\(augment)]").preprocessing
    }
    #expect(
      try steps("random-resized-crop, grayscale, rand-augment, color-jitter: {hue: 0.1}")
        == steps(
          "random-resized-crop: {scale: [0.08, 1], ratio: [3/4, 4/3]}, grayscale: 0.1, "
            + "rand-augment: {operations: 2, magnitude: 9}, "
            + "color-jitter: {brightness: 0, contrast: 0, saturation: 0, hue: 0.1}"))
    #expect(try steps("mixup, cutmix") == steps("mixup: 1, cutmix: 1"))
  }

  @Test func aMeanFromAFile() throws {
    for file in ["data/mean.binaryproto", "mean.safetensors"] {
      #expect(
        try dataset("source: a, mean: \(file), scale: 1").preprocessing.normalization
          == .given(MeanFile(path: file), scale: 1))
    }
  }

  @Test func builtinDataset() throws {
    #expect(
      try dataset("source: builtin:shapes, seed: 7, examples: {train: 3}").source
        == .shapes(seed: 7, train: 3, test: 100))
  }

  @Test func mistakesAreReported() {
    expect("cambium: 1\ndatasets: {⟦d⟧: {size: 3}}\n", finds: "dataset 'd' lacks 'source'")
    expectDataset("source: ⟦\"\"⟧", finds: "'source' must be a path")
    expectDataset("source: ⟦builtin:shape⟧", finds: "there is no built-in dataset 'builtin:shape'")
    expectDataset("source: a, ⟦seed⟧: 1", finds: "dataset 'd' is read from files: 'seed'")
    expectDataset("source: a, ⟦examples⟧: {}", finds: "dataset 'd' is read from files: 'examples'")
    expectDataset("source: a, size: ⟦[1, 2, 3]⟧", finds: "'size' must be one number")
    expectDataset("source: a, size: ⟦0⟧", finds: "'size' must be at least 1")
    expectDataset("source: a, scale: ⟦0⟧", finds: "'scale' must be a positive number")
    expectDataset(
      "source: a, mean: ⟦colour⟧",
      finds: "'mean' must be image, color, none or a file (.binaryproto, .safetensors)")
    expectDataset(
      "source: a, orientation: ⟦upright⟧", finds: "'orientation' must be apply or ignore")
    expectDataset("source: a, augment: {⟦flip⟧: true}", finds: "'augment' has no 'flip'")
    expectDataset("source: a, augment: {padding: ⟦-1⟧}", finds: "'padding' must be at least 0")
  }
}

@Suite struct SplitTests {
  private func expectSplit(
    _ settings: String, finds messages: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expect(
      "cambium: 1\ndatasets: {d: {source: a}}\nsplits: {s: {dataset: d, \(settings)}}\n",
      finds: messages, sourceLocation: sourceLocation)
  }

  @Test func randomNeedsTwoDifferentTasks() {
    expectSplit("random: {tasks: ⟦[A]⟧}", finds: "a random split needs at least two tasks")
    expectSplit("random: {tasks: [A, ⟦A⟧]}", finds: "task 'A' is listed twice")
    expectSplit("⟦random⟧: {seed: 1}", finds: "'random' lacks 'tasks'")
  }

  @Test func classIsInOneTask() {
    expectSplit(
      "classes: {A: [x, y], B: [z, ⟦x⟧]}", finds: "class 'x' is listed in task 'B' and in task 'A'")
    expectSplit("classes: {A: [x, ⟦x⟧]}", finds: "class 'x' is listed twice in task 'A'")
    expectSplit("classes: {A: ⟦[]⟧}", finds: "'A' is empty")
    expectSplit("classes: ⟦{}⟧", finds: "'classes' is empty")
  }

  @Test func oneDivisionOnly() {
    expectSplit(
      "random: {tasks: [A, B]}, ⟦classes⟧: {A: [x]}", finds: "split 's' has 'classes' and")
  }

  @Test func brokenDatasetCausesNoFurtherErrors() {
    expect(
      """
      cambium: 1
      datasets: {d: {source: a, size: ⟦x⟧}}
      splits: {s: {dataset: d, random: {tasks: [A, B]}}}
      networks: {n: {input: [3, 8, 8], layers: {fc: [dense: classes]}}}
      solvers: {g: {batch: 8, epochs: 1, rate: 0.1}}
      stages:
        t: {train: {network: n, on: s.A, solver: g}}
        u: {train: {network: n, on: d, solver: g}}
        v: {evaluate: {network: t}}
        w: {report: all}

      """, finds: "'size' must be a whole number")
  }
}

@Suite struct SolverTests {
  private func solver(_ settings: String) throws -> SolverDefinition {
    try training(
      in: Fixture.stages("  t: {train: {network: n, on: d, solver: {\(settings)}}}\n")
    ).solver
  }

  private func schedule(_ rate: String) throws -> RateSchedule {
    try solver("batch: 8, epochs: 1, rate: {\(rate)}").rate
  }

  private func expectSolver(
    _ settings: String, finds message: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expect(
      "cambium: 1\nsolvers: {s: {\(settings)}}\n", finds: message, sourceLocation: sourceLocation)
  }

  @Test func everyPolicyIsRead() throws {
    #expect(try schedule("start: 1").policy == .fixed)
    #expect(try schedule("start: 1, fixed").policy == .fixed)
    #expect(try schedule("start: 1, fixed: {}").policy == .fixed)
    #expect(
      try schedule("start: 1, step: {every: 1 epoch, by: 0.1}").policy
        == .step(every: .epochs(1), by: 0.1))
    #expect(
      try schedule("start: 1, multistep: {at: [2 iterations, 5 iterations], by: 0.5}").policy
        == .multistep(at: [.iterations(2), .iterations(5)], by: 0.5))
    #expect(try schedule("start: 1, polynomial: {power: 2}").policy == .polynomial(power: 2))
    #expect(try schedule("start: 1, exponential: {by: 0.9}").policy == .exponential(by: 0.9))
    #expect(try schedule("start: 1, cosine").policy == .cosine(end: 0))
    #expect(try schedule("start: 1, cosine: {end: 0.1}").policy == .cosine(end: 0.1))
    #expect(try schedule("start: 1, warm-up: 500 iterations").warmUp == .iterations(500))
  }

  @Test func defaultsSpelledOutChangeNothing() throws {
    #expect(
      try solver("batch: 8, epochs: 1, rate: 0.1").value
        == solver("rate: {start: 0.1, fixed}, decay: 0, momentum: 0, epochs: 1, batch: 8").value)
    #expect(
      try schedule("start: 1, cosine").value == schedule("cosine: {end: 0}, start: 1").value)
  }

  @Test func mistakesAreReported() {
    let rest = "batch: 8, epochs: 1"
    expectSolver("batch: 8, epochs: 1, ⟦iterations⟧: 1, rate: 1", finds: "solver 's' has 'iter")
    expectSolver("\(rest), rate: ⟦0⟧", finds: "'rate' must be a positive number")
    expectSolver("\(rest), rate: 1, momentum: ⟦1⟧", finds: "'momentum' must be a number from 0")
    expectSolver("\(rest), rate: 1, decay: ⟦-1⟧", finds: "'decay' must be")
    expectSolver("\(rest), ⟦rate⟧: {fixed: {}}", finds: "'rate' lacks 'start'")
    expectSolver(
      "\(rest), rate: {start: 1, fixed: {}, ⟦cosine⟧: {}}", finds: "'rate' has 'cosine' and")
    expectSolver("\(rest), rate: {start: 1, ⟦linear⟧: {}}", finds: "'rate' has no 'linear'")
    expectSolver("\(rest), rate: {start: 1, ⟦step⟧: }", finds: "'step' has no value")
    for length in ["8", "8 days", "0 epochs", "1.5 epochs", "epochs", "8 epochs more"] {
      expectSolver(
        "\(rest), rate: {start: 1, warm-up: ⟦\(length)⟧}", finds: "'warm-up' must be a length")
    }
    expectSolver(
      "\(rest), rate: {start: 1, multistep: {at: ⟦[2 epochs, 2 epochs]⟧, by: 1}}",
      finds: "'at' must be ascending lengths")
    expectSolver(
      "\(rest), rate: {start: 1, multistep: {at: ⟦[1 epochs, 2 iterations]⟧, by: 1}}",
      finds: "'at' must be ascending lengths")
    expect("cambium: 1\nsolvers: {⟦s⟧: {batch: 1, rate: 1}}\n", finds: "solver 's' needs one of")
  }
}
