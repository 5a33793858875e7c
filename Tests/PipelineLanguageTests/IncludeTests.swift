import Basics
import Definitions
import PipelineLanguage
import Testing

@Suite struct IncludeTests {
  private static let network =
    "cambium: 1\nnetworks: {n: {input: [3, 8, 8], layers: {one: [dense: 4], two: [dense: classes]}}}\n"
  private static let solver =
    "cambium: 1\nparams: {rate: 0.1}\nsolvers: {g: {batch: 8, epochs: 1, rate: \"${rate}\"}}\n"

  @Test func definitionsOfOtherFilesAreThere() throws {
    let pipeline = try description(
      of: """
        cambium: 1
        include: [networks/n.yaml, solvers.yaml, data/d.yaml]
        stages: {t: {train: {network: n, on: s.A, solver: g}}}
        """,
      with: [
        "networks/n.yaml": Self.network, "solvers.yaml": Self.solver,
        "data/d.yaml": """
        cambium: 1
        name: data
        datasets: {d: {source: photos.tar}, e: {source: ../more}, f: {source: /all/of/them}}
        splits: {s: {dataset: d, random: {tasks: [A, B]}}}
        """,
      ], settings: [(key: "rate", value: "0.5")])
    #expect(pipeline.name == "test")
    #expect(pipeline.parameters == ["rate": 0.5])
    #expect(
      pipeline.datasets.values.map(\.content.source) == [
        .path("data/photos.tar"), .path("more"), .path("/all/of/them"),
      ])
    guard let train = pipeline.stages.first?.work as? TrainDescription else {
      Issue.record("no train stage")
      return
    }
    #expect(train.solver.rate.start == 0.5)
    #expect(train.network.span.source.name == "lib/networks/n.yaml")
  }

  @Test func whereADefinitionStandsChangesNothing() throws {
    let stages =
      "stages: {t: {train: {network: n, on: d, solver: {batch: 1, epochs: 1, rate: 1}}}}\n"
    let datasets = "datasets: {d: {source: data}}\n"
    func network(_ pipeline: Description) -> Value? {
      guard let train = pipeline.stages.first?.work as? TrainDescription else { return nil }
      return train.network.content.value
    }
    let apart = try description(
      of: "cambium: 1\ninclude: [a/b/n.yaml]\n" + datasets + stages,
      with: ["a/b/n.yaml": Self.network])
    let together = try description(of: Self.network + datasets + stages, with: [:])
    #expect(network(apart) == network(together))
    #expect(network(apart) != nil)
  }

  @Test func pathsStartAtTheIncludingFile() throws {
    let pipeline = try description(
      of: "cambium: 1\ninclude: [a/x.yaml, ./a/../b/y.yaml]\n",
      with: [
        "a/x.yaml": "cambium: 1\ninclude: [../b/y.yaml]\n",
        "b/y.yaml": "cambium: 1\ninclude: [z.yaml]\n",
        "b/z.yaml": "cambium: 1\ndatasets: {d: {source: data}}\n",
      ])
    // Included twice, and read once.
    #expect(pipeline.datasets["d"]?.content.source == .path("b/data"))
  }

  @Test func fileWithoutStagesIsAPipeline() throws {
    #expect(try description(of: Self.network, with: [:]).stages.isEmpty)
  }

  @Test func mistakesAreToldWhereTheyStand() {
    let found = problems(
      of:
        "cambium: 1\ninclude: [x.yaml]\nnmae: a\nstages: {t: {train: {network: n, on: d, solver: g}}}\n",
      with: ["x.yaml": "cambium: 1\nsolvers: {g: {batch: 0, epochs: 1, rate: 1}}\nnets: {}\n"])
    let places = found.map { "\($0.span?.source.name ?? "") \($0.span?.start.line ?? 0)" }
    #expect(
      places == [
        "pipelines/test.yaml 3", "pipelines/test.yaml 4", "pipelines/test.yaml 4", "lib/x.yaml 2",
        "lib/x.yaml 3",
      ], "\(found.map { $0.rendered() })")
    #expect(found.last?.rendered().contains("3 | nets: {}") == true)
  }

  @Test func namesAreDefinedOnce() {
    let found = problems(
      of:
        "cambium: 1\ninclude: [x.yaml]\nparams: {rate: 1}\nsolvers: {g: {batch: 1, epochs: 1, rate: 1}}\n",
      with: ["x.yaml": Self.solver])
    #expect(
      found.map(\.message) == [
        "parameter 'rate' is declared twice", "solver 'g' is defined twice",
      ])
    #expect(found.allSatisfy { $0.span?.source.name == "pipelines/test.yaml" })
    #expect(found.allSatisfy { $0.notes.first?.span?.source.name == "lib/x.yaml" })
  }

  @Test func circlesAreNamed() {
    let circle = problems(
      of: "cambium: 1\ninclude: [x.yaml]\n",
      with: [
        "x.yaml": "cambium: 1\ninclude: [y.yaml]\n", "y.yaml": "cambium: 1\ninclude: [./x.yaml]\n",
      ])
    #expect(
      circle.map(\.message) == [
        "files include each other in a cycle: x.yaml → y.yaml → x.yaml"
      ])
    #expect(circle.first?.span?.source.name == "lib/y.yaml")
    let own = problems(
      of: "cambium: 1\ninclude: [x.yaml]\n", with: ["x.yaml": "cambium: 1\ninclude: [x.yaml]\n"])
    #expect(own.map(\.message) == ["'x.yaml' includes itself"])
    let root = problems(
      of: "cambium: 1\ninclude: [a/x.yaml]\n",
      with: ["a/x.yaml": "cambium: 1\ninclude: [../test.yaml]\n"])
    #expect(
      root.map(\.message) == [
        "files include each other in a cycle: test.yaml → a/x.yaml → test.yaml"
      ])
  }

  @Test func whatCannotBeIncludedIsReportedAlone() {
    // The missing file may have defined anything, so no other error follows.
    let missing = problems(
      of: "cambium: 1\ninclude: [x.yaml]\nstages: {t: {train: {network: n, on: d, solver: g}}}\n",
      with: [:])
    #expect(missing.map(\.message) == ["there is no file 'x.yaml'"])
    #expect(missing.first?.span?.start == SourcePosition(line: 2, column: 11))
    let stages = problems(
      of: "cambium: 1\ninclude: [x.yaml]\n",
      with: ["x.yaml": "cambium: 1\nstages: {r: {report: all}}\n"])
    #expect(
      stages.map(\.message) == [
        "an included file cannot have 'stages': only its definitions are used"
      ])
    let version = problems(of: "cambium: 1\ninclude: [x.yaml]\n", with: ["x.yaml": "cambium: 2\n"])
    #expect(version.first?.message.hasPrefix("the file is written in version 2") == true)
    #expect(version.count == 1)
  }

  @Test func formIsChecked() {
    expect("cambium: 1\ninclude: ⟦x.yaml⟧\n", finds: "'include' must be a list of files")
    expect("cambium: 1\ninclude: [⟦''⟧]\n", finds: "'include' must be a path")
    expect("cambium: 1\ninclude: [x, ⟦x⟧]\n", finds: "file 'x' is listed twice")
  }

  @Test func depthAndNumberAreLimited() {
    var chain: [String: String] = [:]
    for index in 0..<20 { chain["\(index)"] = "cambium: 1\ninclude: [\"\(index + 1)\"]\n" }
    let deep = problems(of: "cambium: 1\ninclude: [\"0\"]\n", with: chain)
    #expect(deep.map(\.message) == ["includes are nested more than 16 deep"])
    let many = (0..<120).map { "f\($0)" }
    let wide = problems(
      of: "cambium: 1\ninclude: [\(many.joined(separator: ", "))]\n",
      with: Dictionary(uniqueKeysWithValues: many.map { ($0, "cambium: 1\n") }))
    #expect(wide.first?.message == "a pipeline may have at most 100 files")
  }

  @Test func studiesRepeatOverIncludedParameters() throws {
    let pipeline = try description(
      of: """
        cambium: 1
        include: [n.yaml, g.yaml]
        datasets: {d: {source: data}}
        studies:
          m: {on: d, network: n, solver: g, treatments: {from: random, to: d, layers: 1}, repeat: {rate: [0.1, 0.5]}}
        """, with: ["n.yaml": Self.network, "g.yaml": Self.solver])
    let rates = pipeline.stages.compactMap { stage -> Double? in
      if let transfer = stage.work as? TransferDescription {
        transfer.solver.rate.start
      } else {
        nil
      }
    }
    #expect(rates == [0.1, 0.5])
  }
}
