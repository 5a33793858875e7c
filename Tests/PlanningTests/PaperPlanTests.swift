import Basics
import Definitions
import PipelineLanguage
import Planning
import SystemPackage
import TestSupport
import Testing

/// The files of `pipelines/`, as the program reads them.
private struct PipelineFolder: PipelineFiles {
  static let path = FilePath(#filePath).removingLastComponent().removingLastComponent()
    .removingLastComponent().appending("pipelines")

  func text(at path: String) throws(DiagnosticError) -> SourceText {
    try SourceText.decoding(
      LocalFileSystem().read(PipelineFolder.path.pushing(FilePath(path))), name: path)
  }

  func bytes(at path: String) throws -> [UInt8] {
    try LocalFileSystem().read(PipelineFolder.path.pushing(FilePath(path)))
  }

  func plan(_ name: String, lists: [String] = []) throws -> Plan {
    let description = try describe(text(at: name), fileName: "pipeline", including: self)
    var catalog = FakeCatalog(isEmpty: true)
    for list in lists { catalog.lists[list] = String(decoding: try bytes(at: list), as: UTF8.self) }
    return try Planner(description: description, catalog: catalog, history: FakeHistory())
      .plan(assumingData: true)
  }
}

/// One training run of the paper's table.
private struct Run: Hashable, CustomStringConvertible {
  /// The classes of the base network that layers are copied from; `nil` if there are none.
  var source: String?
  var target: String
  /// The verb of each layer.
  var layers: [LayerVerb]
  /// Of the solver: start, step, length.
  var solver: [Double]
  var examples: Int?

  var description: String {
    let verbs = layers.map(\.rawValue).joined(separator: " ")
    return "\(source ?? "-")→\(target) [\(verbs)] \(solver) \(examples ?? 0)"
  }

  static let main: [Double] = [0.01, 100_000, 450_000]
  static let reduced: [Double] = [0.0125, 64_000, 200_000]

  /// The run whose first n layers get one verb.
  init(
    _ source: String?, _ target: String, first n: Int = 0, _ verb: LayerVerb = .initialize,
    solver: [Double] = Run.main, examples: Int? = nil
  ) {
    self.source = source
    self.target = target
    layers =
      Array(repeating: verb, count: n) + Array(repeating: .initialize, count: 8 - n)
    self.solver = solver
    self.examples = examples
  }

  /// The table of the paper's experiments, run by run.
  static let table: [Run] = {
    var runs = [Run(nil, "all"), Run(nil, "natural"), Run(nil, "man-made")]
    for seed in 0..<4 {
      runs += ["A\(seed)", "B\(seed)"].map { Run(nil, $0) }
      for (source, target) in [("A", "A"), ("A", "B"), ("B", "A")] {
        for n in 1...7 {
          runs.append(Run("\(source)\(seed)", "\(target)\(seed)", first: n, .freeze))
          if seed < 2 {
            runs.append(Run("\(source)\(seed)", "\(target)\(seed)", first: n, .fineTune))
          }
        }
      }
    }
    for n in 1...7 {
      runs.append(Run("natural", "man-made", first: n, .freeze))
      runs.append(Run("man-made", "natural", first: n, .freeze))
      runs.append(Run(nil, "all", first: n, .random))
    }
    for examples in [1300, 1000, 750, 500, 250, 100, 50, 25, 10, 5, 2, 1] {
      // No class has more than 1300 images, so this limit leaves out nothing.
      runs.append(
        Run(nil, "all", solver: reduced, examples: examples == 1300 ? nil : examples))
    }
    return runs
  }()
}

/// `pipelines/paper.yaml` compared with the table of the paper's 170 training runs.
@Suite struct PaperPlanTests {
  private static let lists = ["imagenet/natural.txt", "imagenet/man-made.txt"]

  private func plan() throws -> Plan {
    try PipelineFolder().plan("paper.yaml", lists: Self.lists)
  }

  /// The name of each set of classes that a run of the table is trained on.
  private func namesOfClasses(in plan: Plan) throws -> [[String]: String] {
    let all = try #require(
      plan.stages.compactMap { stage -> [String]? in
        guard let work = stage.work as? TrainWork, work.classes.count == 1000 else { return nil }
        return work.classes
      }.first)
    var names = [all: "all"]
    for seed: UInt64 in 0..<4 {
      for (task, letter) in ["A", "B"].enumerated() {
        let half = ClassSelection.random(seed: seed, task: task, tasks: 2)
        names[try half.classes(of: all)] = "\(letter)\(seed)"
      }
    }
    for (list, name) in zip(Self.lists, ["natural", "man-made"]) {
      let lines = String(decoding: try PipelineFolder().bytes(at: list), as: UTF8.self)
        .split(separator: "\n")
      names[lines.compactMap { Int($0) }.sorted().map { all[$0] }] = name
    }
    return names
  }

  private func run(
    _ stage: PlannedStage, _ work: TrainWork, in plan: Plan, _ names: [[String]: String]
  ) throws -> Run {
    var source: String?
    if let input = stage.inputs.first(where: { $0.role == "source" }) {
      let base = try #require(plan.stage(input.stage))
      guard let baseWork = base.work as? TrainWork, base.kind == .train else {
        throw DiagnosticError("'\(stage.name)' is not copied from a base network")
      }
      #expect(!base.inputs.contains { $0.role == "source" })
      source = names[baseWork.classes]
    }
    guard case .step(.iterations(let every), let by) = work.solver.rate.policy,
      case .iterations(let length) = work.solver.length
    else { throw DiagnosticError("'\(stage.name)' has another solver") }
    #expect(by == 0.1 && work.solver.batch == 256)
    #expect(work.solver.rule == .momentum(0.9) && work.solver.decay == 0.0005)
    #expect(work.layers.allSatisfy { $0.rate == 1 })
    #expect(
      work.network.layers.map(\.name) == [
        "conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8",
      ])
    #expect(work.network.input == Shape(channels: 3, height: 227, width: 227))
    var run = Run(
      source, try #require(names[work.classes]),
      solver: [work.solver.rate.start, Double(every), Double(length)],
      examples: work.limit?.perClass)
    run.layers = work.layers.map(\.verb)
    return run
  }

  @Test func planHasExactlyTheRunsOfTheTable() throws {
    let plan = try plan()
    let names = try namesOfClasses(in: plan)
    var found: [Run] = []
    for stage in plan.stages {
      if let work = stage.work as? TrainWork {
        found.append(try run(stage, work, in: plan, names))
      }
    }
    #expect(Run.table.count == 170)
    #expect(found.count == 170)
    let missing = Set(Run.table).subtracting(found), surplus = Set(found).subtracting(Run.table)
    #expect(missing.isEmpty && surplus.isEmpty, "missing: \(missing), surplus: \(surplus)")
    #expect(Set(found).count == found.count)
  }

  @Test func nothingIsDoneTwice() throws {
    let plan = try plan()
    let fingerprints = plan.stages.map(\.fingerprint)
    #expect(Set(fingerprints).count == fingerprints.count)
    let measured = plan.stages.filter { $0.kind == .evaluate }.compactMap { stage in
      stage.inputs.first { $0.role == "network" }?.stage
    }
    #expect(measured.count == 170)
    #expect(Set(measured).count == 170)
    #expect(plan.assumed == ["imagenet"])
  }

  @Test func fileIsShortEnoughToBeRead() throws {
    let lines = try PipelineFolder().text(at: "paper.yaml").text.split(
      separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count <= 150)
  }
}
