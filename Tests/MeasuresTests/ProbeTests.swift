import Basics
import Definitions
import Engine
import Kernels
import Measures
import SystemPackage
import Testing

/// Features and what other programs make of them.
struct MeasureFixture {
  let tensors: Weights
  let expected: Value

  init(_ name: String) throws {
    let folder = FilePath(#filePath).removingLastComponent().appending("Fixtures")
    tensors = try Weights(contentsOf: folder.appending("\(name).safetensors"))
    expected = try Value(json: LocalFileSystem().read(folder.appending("\(name).json")))
  }

  func features(_ name: String, labels: String) throws -> LabelledFeatures {
    let labels = try #require(tensors[labels]).values.map { Int($0) }
    return LabelledFeatures(
      try #require(tensors[name]).values, labels: labels, classes: (labels.max() ?? 0) + 1)
  }

  func number(_ set: String, _ key: String) throws -> Double {
    try #require(expected[set]?[key]?.double)
  }
}

func algebra(threads: Int = 2) throws -> LinearAlgebra {
  LinearAlgebra(try BLAS.load(), on: ThreadPool(threads: threads, processors: threads))
}

/// Classifiers on activations.
@Suite struct ProbeTests {
  private static let classifiers: [(key: String, classifier: ProbeClassifier)] =
    [1e-4, 1e-2, 1].flatMap { decay in
      let text = decay == 1 ? "1" : decay == 0.01 ? "0.01" : "0.0001"
      return [
        ("logistic \(text)", ProbeClassifier.logistic(decays: [decay])),
        ("ridge \(text)", .ridge(decays: [decay])),
      ]
    } + [("1 nearest", .nearest(1)), ("5 nearest", .nearest(5))]

  /// The accuracies are scikit-learn's up to 0.3 points: one borderline image among 500, none among 100.
  @Test(arguments: ["tall", "wide"]) func agreesWithScikitLearn(set: String) throws {
    let fixture = try MeasureFixture("scikit_probes")
    let fit = try fixture.features("\(set).train", labels: "\(set).train.labels")
    let measured = try fixture.features("\(set).test", labels: "\(set).test.labels")
    let probe = Probe(try algebra())
    for (key, classifier) in Self.classifiers {
      let outcome = try probe.outcome(of: classifier, fit: fit, heldOut: [], measured: measured)
      let expected = try fixture.number(set, key)
      let accuracy = Double(outcome.correct) / Double(measured.count)
      #expect(outcome.isConverged)
      #expect(100 * (accuracy - expected).magnitude <= 0.3, "\(set), \(key)")
    }
  }

  @Test func theDecayIsThatOfTheHeldOutImages() throws {
    let fixture = try MeasureFixture("scikit_probes")
    let fit = try fixture.features("tall.train", labels: "tall.train.labels")
    let measured = try fixture.features("tall.test", labels: "tall.test.labels")
    let heldOut = Array(stride(from: 0, to: fit.count, by: 5))
    let rest = fit.rows((0..<fit.count).filter { $0 % 5 != 0 })
    let probe = Probe(try algebra())
    for make in [ProbeClassifier.logistic, ProbeClassifier.ridge] {
      let decays = [1e-3, 10, 1e-1]
      let chosen = try probe.outcome(
        of: make(decays), fit: fit, heldOut: heldOut, measured: measured)
      var best: (decay: Double, correct: Int)?
      for decay in decays.sorted(by: >) {
        let alone = try probe.outcome(
          of: make([decay]), fit: rest, heldOut: [], measured: fit.rows(heldOut))
        if best.map({ alone.correct > $0.correct }) ?? true { best = (decay, alone.correct) }
      }
      #expect(chosen.decay == best?.decay && chosen.heldOutCorrect == best?.correct)
      // It is fitted to all images then.
      let whole = try probe.outcome(
        of: make([try #require(chosen.decay)]), fit: fit, heldOut: [], measured: measured)
      #expect((chosen.correct - whole.correct).magnitude <= 1)
    }
  }

  @Test func bitsDoNotDependOnThreads() throws {
    let fixture = try MeasureFixture("scikit_probes")
    let fit = try fixture.features("tall.train", labels: "tall.train.labels")
    let measured = try fixture.features("tall.test", labels: "tall.test.labels")
    let heldOut = Array(stride(from: 0, to: fit.count, by: 7))
    let outcomes = try [1, 2, 3].map { threads in
      let algebra = try algebra(threads: threads)
      let probe = Probe(algebra)
      return (
        try [ProbeClassifier.logistic(decays: [1e-3, 1]), .ridge(decays: [1e-3, 1]), .nearest(3)]
          .map { try probe.outcome(of: $0, fit: fit, heldOut: heldOut, measured: measured) },
        algebra.product(fit.matrix, fit.matrix, transposingFirst: true).values,
        try algebra.eigenvectors(
          of: algebra.product(fit.matrix, fit.matrix, transposingFirst: true)
        ).vectors.values
      )
    }
    for other in outcomes.dropFirst() {
      #expect(other.0 == outcomes[0].0 && other.1 == outcomes[0].1 && other.2 == outcomes[0].2)
    }
  }

  @Test func stopsWhenAsked() throws {
    let fixture = try MeasureFixture("scikit_probes")
    let fit = try fixture.features("tall.train", labels: "tall.train.labels")
    let probe = Probe(try algebra(), unless: StopCheck { true })
    for classifier in [
      ProbeClassifier.logistic(decays: [0.1]), .ridge(decays: [0.1, 1]), .nearest(3),
    ] {
      #expect(throws: Interrupted.self) {
        try probe.outcome(of: classifier, fit: fit, heldOut: [0], measured: fit)
      }
    }
  }

  /// Dead, constant and repeated values say nothing, and break nothing.
  @Test func deadValuesMakeNoDifference() throws {
    let fixture = try MeasureFixture("scikit_probes")
    let fit = try fixture.features("tall.train", labels: "tall.train.labels")
    let dead = DoubleMatrix(rows: fit.count, columns: 3)
    for row in 0..<fit.count { dead[row, 1] = 5 }
    let features = LabelledFeatures(dead, labels: fit.labels, classes: fit.classes)
    let commonest = try #require(features.images.max())
    let probe = Probe(try algebra())
    for classifier in [ProbeClassifier.logistic(decays: [0.1]), .ridge(decays: [0.1])] {
      let outcome = try probe.outcome(
        of: classifier, fit: features, heldOut: [], measured: features)
      #expect(outcome.correct == commonest && outcome.isConverged)
    }
  }
}

/// Scores of transferability.
@Suite struct TransferScoreTests {
  @Test(arguments: ["tall", "wide"], TransferScore.allCases)
  func areThePublishedFormulas(set: String, score: TransferScore) throws {
    let fixture = try MeasureFixture("transfer_scores")
    let features = try fixture.features(
      score.readsScores ? "\(set).scores" : "\(set).features", labels: "\(set).labels")
    let expected = try fixture.number(set, score.rawValue)
    let found = try TransferScores(algebra()).value(of: score, features)
    #expect((found - expected).magnitude <= 1e-6 * max(1, expected.magnitude), "\(found)")
  }

  /// Dead values add nothing, and no score becomes something other than a number.
  @Test func deadValuesBreakNothing() throws {
    let scores = TransferScores(try algebra())
    let dead = LabelledFeatures(
      DoubleMatrix(rows: 6, columns: 4), labels: [0, 0, 1, 1, 2, 2], classes: 3)
    for score in TransferScore.allCases {
      #expect(try scores.value(of: score, dead).isFinite, "\(score)")
    }
    #expect(try scores.value(of: .hScore, dead) == 0)
    #expect(try scores.value(of: .transrate, dead) == 0)
    let even = try scores.value(of: .nce, dead)
    #expect((even + 1.0986122886681098).magnitude < 1e-12)
  }

  /// By hand: two classes that one value tells apart.
  @Test func byHand() throws {
    let scores = TransferScores(try algebra())
    let features = LabelledFeatures(
      DoubleMatrix(rows: 4, columns: 1, values: [-1, -1, 1, 1]), labels: [0, 0, 1, 1], classes: 2)
    // All variance is between the classes.
    #expect((try scores.value(of: .hScore, features) - 1).magnitude < 1e-12)
    // Each class has its label alone.
    let sure = LabelledFeatures(
      DoubleMatrix(rows: 4, columns: 2, values: [9, 0, 9, 0, 0, 9, 0, 9]), labels: [0, 0, 1, 1],
      classes: 2)
    #expect(try scores.value(of: .nce, sure) == 0)
  }
}

@Suite struct PrincipalComponentsTests {
  @Test func areTheDirectionsOfTheLargestVariance() throws {
    let algebra = try algebra()
    // A line with a little beside it, in three dimensions, for more images than values and for fewer.
    for count in [2, 40] {
      let matrix = DoubleMatrix(rows: count, columns: 3)
      for row in 0..<count {
        let along = Double(row) - Double(count - 1) / 2
        let across = row % 2 == 0 ? 0.1 : -0.1
        matrix[row, 0] = 3 * along + 7
        matrix[row, 1] = 4 * along
        matrix[row, 2] = across
      }
      let features = LabelledFeatures(
        matrix, labels: Array(repeating: 0, count: count), classes: 1)
      let found = try PrincipalComponents(of: features, algebra)
      #expect(found.shares[0] > 0.98 && found.shares[0] + found.shares[1] > 0.999)
      let steps = zip(found.places, found.places.dropFirst()).map { ($1 - $0)[0].magnitude }
      #expect(steps.allSatisfy { ($0 - 5).magnitude < 0.05 })
    }
    let none = try PrincipalComponents(
      of: LabelledFeatures(DoubleMatrix(rows: 3, columns: 2), labels: [0, 0, 0], classes: 1),
      algebra)
    #expect(none.places == [.zero, .zero, .zero] && none.shares == .zero)
  }
}
