import Basics
import Glibc
import Planning
import Reporting
import Testing

/// The number of simulated studies for each number of targets; few unless more are requested (`make simulate`).
private let studies: Int? = getenv("CAMBIUM_SIMULATE_STUDIES").flatMap { Int(String(cString: $0)) }

/// The promises of reports, tested with studies whose true effects are known. The long version prints the tables of
/// docs/statistics.md.
@Suite struct SimulationTests {
  static let targets = [2, 3, 4, 5, 8, 16]

  /// How far a share of this number of studies may be from 5 or 95 %: two points, or the sampling error of few
  /// studies. Each study counts once, since its runs share their levels.
  static func slack(_ studies: Int) -> Double {
    max(0.02, 3.5 * (0.05 * 0.95 / Double(studies)).squareRoot())
  }

  /// 95 % intervals contain the true value in 95 % of studies, whatever the runs' distribution.
  @Test(arguments: SimulatedStudy.Scenario.allCases)
  func intervalsCover(scenario: SimulatedStudy.Scenario) {
    var lines: [String] = []
    for targets in SimulationTests.targets {
      let coverage = Coverage(
        scenario, targets: targets, studies: studies ?? (targets > 8 ? 20 : 50))
      lines.append(coverage.line)
      for (what, share) in coverage.shares {
        let slack = SimulationTests.slack(coverage.studies)
        // Noise shared with a target's partner makes their differences opposed, and intervals too wide.
        let high = scenario == .inherited ? 0.99 : 0.95 + slack
        #expect(
          share > 0.95 - slack && share < max(high, 0.95 + slack), "\(targets) \(what): \(share)")
      }
    }
    if studies != nil { print("coverage:", lines.joined(separator: "\ncoverage: ")) }
  }

  /// Without any effect, a verdict makes a claim in at most one study out of twenty. Read from results files, as by
  /// `cambium report --results`.
  @Test func aStudyInWhichNothingDiffersSeldomGetsAClaim() throws {
    for targets in SimulationTests.targets {
      let count = studies ?? (targets > 8 ? 30 : 60)
      var starred = 0
      var differences = 0
      var subjects: [Claim.Subject: Int] = [:]
      var claiming = 0
      for seed in 0..<count {
        let analysis = try read(SimulatedStudy(targets: targets, seed: seed))
        let experiment = analysis.experiments[0]
        for estimate in experiment.contrasts.flatMap(\.points).compactMap(\.estimate) {
          differences += 1
          if estimate.isAboveZero || estimate.isBelowZero { starred += 1 }
        }
        let held = Set(experiment.verdict.claims.filter(\.holds).map(\.subject))
        for subject in held { subjects[subject, default: 0] += 1 }
        if !held.isEmpty { claiming += 1 }
      }
      let stars = Double(starred) / Double(differences)
      let claims = Double(claiming) / Double(count)
      let slack = SimulationTests.slack(count)
      #expect(abs(stars - 0.05) < slack, "\(targets): \(stars)")
      // At most a percentage point above the level, if there are enough studies to detect it.
      #expect(claims < 0.06 + max(0, slack - 0.02), "\(targets): \(claims)")
      if studies != nil {
        let parts = [Claim.Subject.cost, .gain, .fineTuning, .otherTask, .dominance].map {
          percent(Double(subjects[$0] ?? 0) / Double(count))
        }
        print(
          "null: | \(targets) | \(percent(stars)) | \(percent(claims)) |",
          parts.joined(separator: " | "), "|")
      }
    }
  }

  /// The published effects are found with the spread of the published runs, and large ones with a larger spread.
  @Test(arguments: [0.25, 1])
  func publishedEffectsAreFound(noise: Double) {
    for targets in SimulationTests.targets {
      let count = studies ?? 20
      let found = Power(
        SimulatedStudy(targets: targets, effects: .published, noise: noise, seed: 0), studies: count
      )
      if studies != nil {
        print("published: | \(fixed(noise, decimals: 2)) | \(targets) |", found.line)
      }
      if targets >= 4 {
        #expect(found.share(of: .cost, at: 7) > 0.95)
        if noise < 1 { #expect(found.share(of: .fineTuning, at: nil) > 0.7) }
      }
      if targets >= 8, noise < 1 {
        #expect(found.share(of: .cost, at: 4) > 0.95)
        #expect(found.share(of: .dominance, at: 7) > 0.95)
      }
    }
  }

  /// How often an effect of one, two and four points is starred, and claimed at the deepest n.
  @Test(.enabled(if: studies != nil, "only the long form shows power"))
  func power() {
    for targets in SimulationTests.targets {
      for points in [1.0, 2, 4] {
        let effects = SimulatedStudy.Effects(
          specificity: Array(repeating: points, count: 7), transferGain: points)
        let found = Power(
          SimulatedStudy(targets: targets, effects: effects, seed: 0), studies: studies ?? 0)
        print(
          "power: | \(targets) | \(fixed(points, decimals: 0)) | \(percent(found.starred)) |",
          "\(percent(found.share(of: .cost, at: 7))) | \(percent(found.share(of: .cost, at: 1))) |",
          "\(percent(found.share(of: .fineTuning, at: nil))) |",
          "\(percent(found.share(of: .otherTask, at: nil))) |")
      }
    }
  }

  private func read(_ study: SimulatedStudy) throws -> Analysis {
    Analysis(
      try ResultsFile(SourceText(name: "null.csv", text: study.csv), name: "null").results)
  }
}

/// How often the intervals of a report contain the true value.
private struct Coverage {
  private enum Kind: String, CaseIterable {
    case differences, means, boosts
  }

  let studies: Int
  private let targets: Int
  private let scenario: SimulatedStudy.Scenario
  private var covered: [Kind: Int] = [:]
  private var all: [Kind: Int] = [:]
  private var byDepth: [Int: (covered: Int, all: Int)] = [:]

  init(_ scenario: SimulatedStudy.Scenario, targets: Int, studies: Int) {
    self.studies = studies
    self.targets = targets
    self.scenario = scenario
    let effects = SimulatedStudy.Effects.published
    for seed in 0..<studies {
      let study = SimulatedStudy(
        targets: targets, scenario: scenario, effects: effects, seed: seed)
      let experiment = analyse(study.runs).experiments[0]
      for contrast in experiment.contrasts {
        for point in contrast.points {
          add(
            .differences, point.estimate, effects.difference(contrast.kind, point.depth),
            point.depth)
        }
      }
      add(.means, experiment.base?.estimate, 60, nil)
      for series in experiment.series {
        for point in series.points {
          add(.means, point.estimate, 60 + effects.value(series.treatment, point.depth), nil)
        }
      }
      for boost in experiment.boosts {
        add(.boosts, boost.paired, effects.difference(boost.kind, 1), nil)
      }
    }
  }

  private mutating func add(_ kind: Kind, _ estimate: Estimate?, _ truth: Double, _ depth: Int?) {
    guard let estimate, estimate.method == .student else { return }
    let isCovered = estimate.low <= truth / 100 && truth / 100 <= estimate.high
    all[kind, default: 0] += 1
    covered[kind, default: 0] += isCovered ? 1 : 0
    guard let depth else { return }
    let known = byDepth[depth] ?? (0, 0)
    byDepth[depth] = (known.covered + (isCovered ? 1 : 0), known.all + 1)
  }

  var shares: [(String, Double)] {
    Kind.allCases.compactMap { kind in
      guard let all = all[kind], all > 0 else { return nil }
      return (kind.rawValue, Double(covered[kind] ?? 0) / Double(all))
    }
  }

  var line: String {
    let depths = byDepth.values.map { Double($0.covered) / Double($0.all) }.sorted()
    return "| \(scenario.name) | \(targets) | "
      + shares.map { percent($0.1) }.joined(separator: " | ")
      + " | \(percent(depths.first ?? 0))–\(percent(depths.last ?? 0)) |"
  }
}

/// How often the effects of a study are found.
private struct Power {
  private let studies: Int
  private var claims: [[Claim]] = []
  /// The share of differences base − AnB that are starred.
  private(set) var starred = 0.0

  init(_ study: SimulatedStudy, studies: Int) {
    self.studies = studies
    var stars = 0
    var all = 0
    for seed in 0..<studies {
      var study = study
      study.seed = seed
      let experiment = analyse(study.runs).experiments[0]
      claims.append(experiment.verdict.claims.filter(\.holds))
      for point in experiment.contrast(.transferCost)?.points ?? [] {
        all += 1
        if point.estimate?.isAboveZero == true { stars += 1 }
      }
    }
    starred = Double(stars) / Double(max(all, 1))
  }

  func share(of subject: Claim.Subject, at depth: Int?) -> Double {
    Double(claims.count { $0.contains { $0.subject == subject && $0.depth == depth } })
      / Double(studies)
  }

  /// Costs by n, fine-tuning, the larger part at n=7.
  var line: String {
    (SimulatedStudy.depths.map { share(of: .cost, at: $0) }
      + [share(of: .fineTuning, at: nil), share(of: .dominance, at: 7)])
      .map { percent($0, decimals: 0) }.joined(separator: " | ") + " |"
  }
}
