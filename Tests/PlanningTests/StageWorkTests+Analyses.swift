import Basics
import Definitions
import OrderedCollections
import Planning
import Testing

// Comparisons, features, probes, scores and reports.
extension StageWorkTests {
  private var observation: Observation {
    Observation(
      network: training.network, preprocessing: preprocessing, classes: ["cat", "dog"],
      subset: .validation, holdOut: holdOut, examples: ExampleLimit(perClass: 5, seed: 3),
      layers: ["conv1"], pooling: .average, data: input("data"), trained: input("network"),
      images: 20, design: entry([:]))
  }

  /// The fields of what a stage observes.
  private func observation<Work>(
    _ fields: inout FieldWalk<Work>, _ name: String, _ field: WritableKeyPath<Work, Observation>
  ) {
    fields.decides("\(name).classes", field.appending(path: \.classes), ["dog", "cat"])
    fields.decides("\(name).subset", field.appending(path: \.subset), .train)
    fields.decides("\(name).holdOut.amount.fraction") {
      $0[keyPath: field].holdOut?.amount = .fraction(0.2)
    }
    fields.decides("\(name).holdOut.seed") { $0[keyPath: field].holdOut?.seed = 6 }
    fields.decides("\(name).holdOut") { $0[keyPath: field].holdOut = nil }
    fields.decides("\(name).examples.perClass") { $0[keyPath: field].examples?.perClass = 4 }
    fields.decides("\(name).examples.seed") { $0[keyPath: field].examples?.seed = 4 }
    fields.decides("\(name).examples") { $0[keyPath: field].examples = nil }
    fields.decides("\(name).layers", field.appending(path: \.layers), ["conv1", "fc2"])
    fields.decides("\(name).pooling", field.appending(path: \.pooling), .max)
    walk(&fields, "\(name).data", field.appending(path: \.data))
    walk(&fields, "\(name).trained", field.appending(path: \.trained))
    fields.isFree("\(name).network", because: "it is the trained stage's") {
      $0[keyPath: field].network.input = Shape(channels: 1, height: 32, width: 32)
    }
    fields.isFree("\(name).preprocessing", because: "it is the trained stage's") {
      $0[keyPath: field].preprocessing.normalization = .imageNet
    }
    fields.isFree("\(name).images", because: "it follows from data, classes, subset and limits") {
      $0[keyPath: field].images = 19
    }
    fields.isFree("\(name).design", because: "only reports say it") {
      $0[keyPath: field].design.depth = 1
    }
  }

  @Test func everyFieldOfAComparison() {
    var other = observation
    other.trained = input("second")
    other.layers = ["fc2"]
    var fields = FieldWalk(
      CompareWork(network: observation, other: .network(other), measures: [.cka]))
    observation(&fields, "network", \.network)
    func change(_ change: @escaping (inout Observation) -> Void) -> (inout CompareWork) -> Void {
      { work in
        guard case .network(var observation) = work.other else { return }
        change(&observation)
        work.other = .network(observation)
      }
    }
    fields.decides("other.network.layers", change { $0.layers = ["conv1", "fc2"] })
    fields.decides("other.network.trained.role", change { $0.trained.role = "other" })
    fields.decides(
      "other.network.trained.fingerprint",
      change { $0.trained.fingerprint = Fingerprint(of: "other") })
    fields.isFree(
      "other.network.trained.stage", because: "a rename reruns nothing",
      change { $0.trained.stage = "other" })
    fields.isFree(
      "other.network.trained.isAssumed", because: "it says that the fingerprint may be another",
      change { $0.trained.isAssumed = true })
    for (field, other) in [
      ("network", { $0.network.input = Shape(channels: 1, height: 32, width: 32) }),
      ("preprocessing", { $0.preprocessing.normalization = .imageNet }),
      ("classes", { $0.classes = ["dog", "cat"] }), ("subset", { $0.subset = .train }),
      ("holdOut", { $0.holdOut = nil }), ("examples", { $0.examples = nil }),
      ("pooling", { $0.pooling = .max }), ("data", { $0.data.stage = "other" }),
      ("images", { $0.images = 19 }), ("design", { $0.design.depth = 1 }),
    ] as [(String, (inout Observation) -> Void)] {
      fields.isFree(
        "other.network.\(field)", because: "it is the network's, or the first one's", change(other))
    }
    fields.decides("measures", \.measures, [.cka, .weights])
    fields.check()
  }

  @Test func everyFieldOfAComparisonWithTheBeginning() {
    var fields = FieldWalk(
      CompareWork(
        network: observation, other: .beginning(of: training, copied: input("source")),
        measures: [.weights]))
    observation(&fields, "network", \.network)
    func copied(_ change: @escaping (inout StageInput) -> Void) -> (inout CompareWork) -> Void {
      { work in
        guard case .beginning(let training, var copied?) = work.other else { return }
        change(&copied)
        work.other = .beginning(of: training, copied: copied)
      }
    }
    fields.decides("other.beginning.copied.role", copied { $0.role = "other" })
    fields.decides(
      "other.beginning.copied.fingerprint", copied { $0.fingerprint = Fingerprint(of: "other") })
    fields.isFree(
      "other.beginning.copied.stage", because: "a rename reruns nothing",
      copied { $0.stage = "other" })
    fields.isFree(
      "other.beginning.copied.isAssumed", because: "it says that the fingerprint may be another",
      copied { $0.isAssumed = true })
    fields.isFree("other.beginning.of", because: "it is the trained stage's, which is an input") {
      guard case .beginning(var training, let copied) = $0.other else { return }
      training.seed = 9
      $0.other = .beginning(of: training, copied: copied)
    }
    fields.decides("measures", \.measures, [.cka])
    fields.check()
  }

  @Test func everyFieldOfFeatures() {
    var fields = FieldWalk(FeaturesWork(observation))
    observation(&fields, "observation", \.observation)
    fields.check()
  }

  @Test func everyFieldOfPictures() {
    var fields = FieldWalk(PicturesWork(observation, units: 8, images: 9))
    observation(&fields, "observation", \.observation)
    fields.decides("units", \.units, 7)
    fields.decides("images", \.images, 8)
    fields.check()
  }

  @Test func everyFieldOfAProbe() {
    var fields = FieldWalk(
      ProbeWork(
        classifiers: [.logistic(decays: [0.1, 1]), .nearest(5)],
        holdOut: HoldOut(amount: .fraction(0.2), seed: 3), fit: input("fit"),
        measured: input("measured"), fitted: observation, shown: observation))
    fields.decides("classifiers[0].logistic.decays") {
      $0.classifiers[0] = .logistic(decays: [0.1])
    }
    fields.decides("classifiers[0]") { $0.classifiers[0] = .ridge(decays: [0.1, 1]) }
    fields.decides("classifiers[1].nearest") { $0.classifiers[1] = .nearest(3) }
    fields.decides("classifiers") { $0.classifiers.removeLast() }
    fields.decides("holdOut.amount.fraction") { $0.holdOut?.amount = .fraction(0.1) }
    fields.decides("holdOut.seed") { $0.holdOut?.seed = 4 }
    fields.decides("holdOut") { $0.holdOut = nil }
    walk(&fields, "fit", \.fit)
    walk(&fields, "measured", \.measured)
    fields.isFree("fitted", because: "its features are an input") { $0.fitted.layers = ["fc2"] }
    fields.isFree("shown", because: "its features are an input") { $0.shown.layers = ["fc2"] }
    fields.check()
  }

  @Test func everyFieldOfAScore() {
    var fields = FieldWalk(
      ScoreWork(
        measures: [.logme], layers: ["conv1"], features: input("features"),
        observation: observation))
    fields.decides("measures", \.measures, [.logme, .leep])
    fields.decides("layers", \.layers, ["fc2"])
    walk(&fields, "features", \.features)
    fields.isFree("observation", because: "its features are an input") {
      $0.observation.layers = ["fc2"]
    }
    fields.check()
  }

  private var analysis: ReportWork.Analysis {
    ReportWork.Analysis(
      network: NetworkAnalysis(
        design: entry([:]), trained: Fingerprint(of: "trained"),
        classes: Fingerprint(of: "classes"), layers: ["conv1"]), result: input("analysis 0"))
  }

  @Test func everyFieldOfAnAnalysisInAReport() {
    let fingerprint = DraftedStage("s", ReportWork(runs: [], analyses: [analysis])).fingerprint
    for change in [
      { (work: inout ReportWork) in work.analyses[0].network.design.depth = 1 },
      { $0.analyses[0].network.other = .beginning },
      { $0.analyses[0].network.other = .network(entry([:]), trained: Fingerprint(of: "other")) },
      { $0.analyses[0].result.fingerprint = Fingerprint(of: "other") },
      { $0.analyses = [] },
    ] {
      var work = ReportWork(runs: [], analyses: [analysis])
      change(&work)
      #expect(DraftedStage("s", work).fingerprint != fingerprint)
    }
    for change in [
      { (work: inout ReportWork) in work.analyses[0].network.layers = ["fc2"] },
      { $0.analyses[0].network.trained = Fingerprint(of: "other") },
      { $0.analyses[0].result.stage = "other" },
    ] {
      var work = ReportWork(runs: [], analyses: [analysis])
      change(&work)
      #expect(DraftedStage("s", work).fingerprint == fingerprint)
    }
  }

  @Test func everyFieldOfAReport() {
    let run = ReportWork.Run(
      entry: entry(["rate": RunVariable(.number(0.1))]), evaluation: input("evaluation 0"),
      network: input("network 0"))
    var fields = FieldWalk(ReportWork(runs: [run]))
    // Its fields: everyFieldOfAnAnalysisInAReport.
    fields.decides("analyses") { $0.analyses = [analysis] }
    fields.decides("runs[0].entry.network", \.runs[0].entry.network, "other")
    fields.decides("runs[0].entry.split", \.runs[0].entry.split, "other")
    fields.decides(
      "runs[0].entry.division.random.seed", \.runs[0].entry.division, .random(seed: 2))
    fields.decides("runs[0].entry.division", \.runs[0].entry.division, .whole)
    fields.decides("runs[0].entry.target", \.runs[0].entry.target, "A")
    fields.decides("runs[0].entry.source", \.runs[0].entry.source, "B")
    fields.decides("runs[0].entry.depth", \.runs[0].entry.depth, 1)
    fields.decides("runs[0].entry.kind", \.runs[0].entry.kind, .other)
    fields.decides("runs[0].entry.seed", \.runs[0].entry.seed, 4)
    fields.decides("runs[0].entry.examples", \.runs[0].entry.examples, 40)
    fields.decides("runs[0].entry.preserved", \.runs[0].entry.preserved, 2)
    fields.decides("runs[0].entry.phases", \.runs[0].entry.phases, nil)
    fields.decides("runs[0].entry.measuredOn", \.runs[0].entry.measuredOn, nil)
    fields.decides("runs[0].entry.score", \.runs[0].entry.score, "mean of last 2")
    fields.decides(
      "runs[0].entry.variables", \.runs[0].entry.variables, ["rate": RunVariable(.number(0.2))])
    fields.decides(
      "runs[0].entry.variables", \.runs[0].entry.variables,
      ["rate": RunVariable(.number(0.1), role: .replicate)])
    fields.isFree("runs[0].entry.classes", because: "they are the network's, which is an input") {
      $0.runs[0].entry.classes = nil
    }
    fields.isFree("runs[0].entry.isSeedStated", because: "what is planned states its seed") {
      $0.runs[0].entry.isSeedStated = false
    }
    walk(&fields, "runs[0].evaluation", \.runs[0].evaluation)
    walk(&fields, "runs[0].network", \.runs[0].network)
    fields.isFree("runs[0].origin", because: "it follows from the network") {
      $0.runs[0].origin = input("other")
    }
    fields.isFree("runs[0].entry.variables", because: "labels are names, which decide nothing") {
      $0.runs[0].entry.variables["n"] = RunVariable(.number(2), role: .label)
    }
    fields.check()
  }
}
