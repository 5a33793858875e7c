import Definitions
import PipelineLanguage
import Testing

@Suite struct CompletePipelineTests {
  @Test func everySectionReachesTheDescription() throws {
    let pipeline = try description(of: Fixture.complete)
    #expect(pipeline.name == "general-to-specific")
    #expect(pipeline.parameters == ["seed": 0, "epochs": 20])
    #expect(pipeline.datasets["photos"]?.content.source == .path("data/cifar10.tar.gz"))
    #expect(
      pipeline.stages.map(\.name) == [
        "base-A", "base-B", "A1B", "A2B", "A3B", "B1B", "B2B", "B3B", "measure-A1B", "measure-A2B",
        "measure-A3B", "measure-B1B", "measure-B2B", "measure-B3B", "summary",
      ])
    #expect(pipeline.warnings.isEmpty)
  }

  @Test func transferTakesWhatItLeavesOutFromItsSource() throws {
    let pipeline = try description(of: Fixture.complete)
    let stage = try #require(pipeline.stages.first { $0.name == "A2B" })
    guard let transfer = stage.work as? TransferDescription else {
      Issue.record("A2B is no transfer")
      return
    }
    #expect(stage.template == "${source}${n}B")
    #expect(stage.variables == ["source": "A", "n": 2])
    #expect(transfer.source?.stage?.content == "base-A")
    #expect(transfer.network.content.layers.map(\.name) == ["conv1", "conv2", "fc3", "fc4"])
    #expect(
      transfer.layers.content == [
        LayerTreatment(layer: "conv1", verb: .freeze),
        LayerTreatment(layer: "conv2", verb: .freeze),
        LayerTreatment(layer: "fc3", verb: .initialize),
        LayerTreatment(layer: "fc4", verb: .initialize),
      ])
    #expect(
      transfer.task.content
        == TaskDefinition(
          dataset: "photos", split: "halves", name: "B",
          classes: .random(seed: 0, task: 1, tasks: 2)))
    #expect(
      transfer.solver
        == SolverDefinition(
          batch: 128, length: .epochs(20), rule: .momentum(0.9), decay: 0.0005,
          rate: RateSchedule(start: 0.01, policy: .step(every: .epochs(8), by: 0.1))))
    #expect(transfer.seed == 0)
  }

  @Test func evaluationTakesTheTaskOfItsNetwork() throws {
    let pipeline = try description(of: Fixture.complete)
    let stage = try #require(pipeline.stages.first { $0.name == "measure-B1B" })
    guard let evaluation = stage.work as? EvaluateDescription else {
      Issue.record("measure-B1B is no evaluation")
      return
    }
    #expect(evaluation.network.content == "B1B")
    #expect(evaluation.task.content.name == "B")
    #expect(evaluation.subset == .test)
  }

  @Test func reportSelectsByPattern() throws {
    let pipeline = try description(of: Fixture.complete)
    guard let report = pipeline.stages.last?.work as? ReportDescription else {
      Issue.record("the last stage is no report")
      return
    }
    #expect(report.evaluations.count == 6)
    #expect(report.evaluations.first?.content == "measure-A1B")
  }
}
