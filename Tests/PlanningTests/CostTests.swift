import Basics
import Definitions
import Planning
import Testing

/// Speeds that hold for every network.
private struct FakeSpeeds: SpeedBook {
  var all: [MeasuredSpeed]
  func speeds(of network: NetworkDefinition) -> [MeasuredSpeed] { all }
}

private let learning = [LayerState.learning, .learning]

@Suite struct CostTests {
  // The sample's layers: 2·144·27 and 2·144·3 multiplications and additions an image.
  private let conv = 7776.0
  private let dense = 864.0
  /// A load report of four tensors, a mean image of 3×8×8, and 60 steps of 16 bytes and a line each.
  private let small = 4 * 250 + 4 * 192 + 60 * (16 + 95)

  @Test func trainingCountsForwardAndTheGradientsThatAreNeeded() throws {
    let plan = try plan(sample)
    func flops(_ stage: String) -> Double? { plan.stage(stage)?.cost?.flops }
    // Two epochs of three classes of 100 images. The first layer's input needs no gradient.
    #expect(flops("base-A") == 600 * (2 * conv + 3 * dense))
    // Above a frozen layer neither its weights nor its output need one.
    #expect(flops("A1B") == 600 * (conv + 2 * dense))
    #expect(flops("test-A1B") == 30 * (conv + dense))
    #expect(plan.stage("base-A")?.cost?.parameters == 4 * 27 + 4 + 3 * 144 + 3)
    // Weights, and as much momentum of the layers that learn.
    let (own, dense) = (4 * 27 + 4, 3 * 144 + 3)
    #expect(plan.stage("base-A")?.cost?.disk == 4 * 2 * (own + dense) + small)
    #expect(plan.stage("A1B")?.cost?.disk == 4 * (own + 2 * dense) + small)
    #expect(plan.cost?.flops == plan.stages.compactMap { $0.cost?.flops }.reduce(0, +))
  }

  @Test func aFrozenLayerTakesLessMemory() throws {
    let plan = try plan(sample)
    let whole = try #require(plan.stage("A1B+")?.cost?.memory)
    let frozen = try #require(plan.stage("A1B")?.cost?.memory)
    // Momentum of 112 parameters, and 108 weights in another form, with its gradient.
    #expect(whole - frozen == 4 * (112 + 8 * 108))
    // An evaluation takes more images at a time.
    #expect(plan.cost?.memory == plan.stages.compactMap { $0.cost?.memory }.max())
  }

  @Test func theMatrixOfAnEvaluationIsPartOfItsMemory() throws {
    func work(_ classes: Int) throws -> EvaluateWork {
      var work = try #require(plan(sample).stage("test-A1B")?.work as? EvaluateWork)
      work.classes = (0..<classes).map { "c\($0)" }
      return work
    }
    func memory(_ classes: Int) throws -> Int {
      let work = try work(classes)
      let stage = DraftedStage("test", work)
      var plan = Plan(pipeline: "p", stages: [PlannedStage(stage, status: .run(.neverRun))])
      try plan.price(by: nil)
      return try #require(plan.stages[0].cost?.memory)
    }
    #expect(try work(2048).countsConfusion && !work(2049).countsConfusion)
    #expect(try memory(2048) - memory(2049) > 100 << 20)
    #expect(try memory(1000) - memory(2049) > 8 * 1000 * 1000)
  }

  @Test func limitedExamplesCostLess() throws {
    let limited = sample.replacing(
      "\"base-${task}\":\n    for: {task: [A, B]}\n    train: {network: net, on: \"halves.${task}\"",
      with: "\"base-${task}\":\n    for: {task: [A, B]}\n    train: {network: net, on: {task: "
        + "\"halves.${task}\", examples: 7}")
    let plan = try plan(limited)
    // 21 images are two batches of ten and one of one.
    #expect(plan.stage("base-A")?.cost?.images == 42)
    #expect(plan.stage("A1B")?.cost?.images == 600)
  }

  @Test func trainingByStepsCountsItsImages() throws {
    var solver = SolverDefinition(batch: 10, length: .iterations(5), rate: RateSchedule(start: 1))
    #expect(solver.images(of: 25) == 25 + 20)
    solver.length = .epochs(3)
    #expect(solver.images(of: 25) == 75)
    #expect(solver.images(of: 0) == 0)
    // After an epoch of three batches and one more batch, 40 of 75 are left.
    #expect(solver.images(of: 25, after: 4) == 40)
    #expect(solver.images(of: 25, after: 9) == 0)
  }

  @Test func timeComesFromTheSpeedOfTheSameWork() throws {
    let speeds = FakeSpeeds(all: [
      MeasuredSpeed(states: learning, batch: 10, imagesPerSecond: 100, threads: 1),
      MeasuredSpeed(
        states: [.frozen, .learning], batch: 10, imagesPerSecond: 300, threads: 1),
      MeasuredSpeed(states: [], batch: 128, imagesPerSecond: 1000, threads: 1),
    ])
    let plan = try plan(sample, speeds: speeds)
    #expect(plan.stage("base-A")?.cost?.seconds == 6)
    #expect(plan.stage("A1B")?.cost?.seconds == 2)
    #expect(plan.stage("test-A1B")?.cost?.seconds == 0.03)
    // base-A, A1B+ and its test, one after the other.
    #expect(plan.cost?.criticalPath == 12.03)
    #expect(abs((plan.cost?.seconds ?? 0) - 20.09) < 1e-9)
    #expect(
      plan.text.contains(
        "20 s at the speed measured here plus 1 stage of unknown time, longest chain at least 12 s\n"
      ))
    #expect(plan.text.contains("TIME"))
  }

  @Test func unlikeWorkIsReckonedByItsFlops() throws {
    let speeds = FakeSpeeds(all: [
      MeasuredSpeed(states: learning, batch: 10, imagesPerSecond: 100, threads: 1)
    ])
    let plan = try plan(sample, speeds: speeds)
    let ratio = (2 * conv + 3 * dense) / (conv + 2 * dense)
    let seconds = try #require(plan.stage("A1B")?.cost?.seconds)
    #expect(abs(seconds - 6 / ratio) < 1e-9)
  }

  @Test func anotherBatchSizeTellsNothing() throws {
    let speeds = FakeSpeeds(all: [
      MeasuredSpeed(states: learning, batch: 20, imagesPerSecond: 100, threads: 1)
    ])
    let plan = try plan(sample, speeds: speeds)
    #expect(plan.stage("base-A")?.cost?.seconds == nil)
    #expect(plan.cost?.timedStages == 3)
    #expect(plan.text.contains(" plus 5 stages of unknown time, longest chain at least "))
  }

  @Test func anotherPrecisionTellsNothing() throws {
    let speeds = FakeSpeeds(all: [
      MeasuredSpeed(
        states: learning, batch: 10, imagesPerSecond: 100, threads: 1, precision: .bfloat16)
    ])
    #expect(try plan(sample, speeds: speeds).stage("base-A")?.cost?.seconds == nil)
  }

  @Test func preparingHasAPriceInMemoryAndOnTheDisk() throws {
    let unknown = try plan(sample)
    let dataset = try #require(unknown.stages.first { $0.kind == .prepare }?.name)
    #expect(unknown.stage(dataset)?.cost?.disk == nil)
    #expect(unknown.cost?.unknownSizes == 1)
    #expect(unknown.text.contains("and the packed images, whose size is not known yet, "))
    #expect(try #require(unknown.stage(dataset)?.cost?.memory) > 100 << 20)
    var catalog = FakeCatalog()
    catalog.imageSize = .init(height: 20, width: 30)
    let known = try plan(sample, catalog: catalog)
    let images = try #require((known.stage(dataset)?.work as? PrepareWork)?.allImages)
    #expect(known.stage(dataset)?.cost?.disk == images * 20 * 30 * 3)
    #expect(known.cost?.disk == (unknown.cost?.disk ?? 0) + images * 20 * 30 * 3)
    #expect(!known.text.contains("not known yet"))
    // It decides nothing but the price.
    #expect(known.stages.map(\.fingerprint) == unknown.stages.map(\.fingerprint))
    // No size is too large to be counted.
    let shapes = DatasetDefinition(source: .path("x"))
    #expect(shapes.packedBytes(images: 1 << 40, of: .init(height: 1 << 16, width: 1 << 16)) == .max)
  }

  /// Which the plan's disk space contains, although no network is used.
  @Test func reportsTakeSpaceAndNoTime() throws {
    let speeds = FakeSpeeds(all: [])
    let plan = try plan(sample, speeds: speeds)
    let report = try #require(plan.stage("table")?.cost)
    #expect(report.disk == 118_000 && !report.takesTime)
    #expect(plan.cost?.untimedStages == 8 && plan.stages.count == 9)
    #expect(SmallFiles.course(iterations: .max) > 1 << 60)
  }

  @Test func cachedStagesCostNothingMore() throws {
    let history = FakeHistory(after: try plan(sample))
    let plan = try plan(sample, history: history)
    #expect(plan.cost?.flops == 0 && plan.cost?.networkStages == 0 && plan.cost?.disk == 0)
    #expect(plan.stage("base-A")?.cost?.flops != nil)
    #expect(!plan.text.contains("to run:"))
  }

  @Test func totalsAreInTheJSON() throws {
    let value = try plan(sample).value
    #expect(value["cost"]?["network-stages"] == 7)
    #expect(value["cost"]?["timed-stages"] == 0)
    // Three evaluations of three classes, and a report of three runs.
    let results = 3 * (300 + 3 * 40 + 9 * 4) + 100_000 + 3 * 6000
    #expect(
      value["cost"]?["disk"]?.asInteger == 4 * (3 * 2 * 547 + 547 + 435) + 4 * small + results)
  }
}
