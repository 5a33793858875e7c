import Definitions
import Planning
import Reporting

/// A run of the study on halves A and B.
func run(
  _ kind: TreatmentKind, source: String? = nil, target: String = "B", n: Int = 0,
  _ outcome: RunOutcome, halving: UInt64? = 0, seed: UInt64 = 0, split: String = "halves",
  division: ClassDivision? = nil, network: String? = nil, examples: Int? = nil,
  preserved: Int = 0, name: String? = nil
) -> RunResult {
  let design = ReportEntry(
    network: network, split: split,
    division: division ?? halving.map { .random(seed: $0) } ?? .listed, target: target,
    source: source, depth: n, kind: kind, seed: seed, examples: examples, preserved: preserved)
  let own = "\(split)-\(halving ?? 0)-\(source ?? "")\(n)\(target)-\(kind.rawValue)-\(seed)"
  return RunResult(name: name ?? own, design: design, outcome: outcome)
}

extension RunOutcome {
  /// An accuracy, by default on 1,000 images.
  static func top1(_ top1: Double, images: Int? = 1000) -> RunOutcome {
    .measured(Measure(top1: top1, images: images))
  }
}

/// A study of random halvings, all treatments on all tasks.
struct SyntheticStudy {
  var halvings: [UInt64] = [0, 1, 2, 3]
  /// By n, from 1 on.
  var lostCoadaptation: [Double]
  var specificity: [Double]
  /// Of AnB+ and of BnB+ over the base.
  var transferGain: Double?
  var selfferGain: Double?
  var images: Int? = 1000

  var runs: [RunResult] {
    var runs: [RunResult] = []
    for halving in halvings {
      for (target, other) in [("A", "B"), ("B", "A")] {
        // Tasks differ by far more than treatments do; runs differ a little.
        let base = 0.6 + 0.02 * Double(halving % 5) + (target == "A" ? 0.05 : 0)
        var count = 0.0
        func add(_ kind: TreatmentKind, _ source: String?, _ n: Int, _ top1: Double) {
          count += 1
          let noise =
            0.001 * ((Double(halving) * 7 + count * 3).truncatingRemainder(dividingBy: 5) - 2)
          runs.append(
            run(
              kind, source: source, target: target, n: n, .top1(top1 + noise, images: images),
              halving: halving))
        }
        add(.base, nil, 0, base)
        for (index, (lost, specific)) in zip(lostCoadaptation, specificity).enumerated() {
          let n = index + 1
          add(.frozen, target, n, base - lost)
          add(.frozen, other, n, base - lost - specific)
          if let selfferGain { add(.fineTuned, target, n, base + selfferGain) }
          if let transferGain { add(.fineTuned, other, n, base + transferGain) }
        }
      }
    }
    return runs
  }

  var analysis: Analysis { analyse(runs) }
}

func analyse(_ runs: [RunResult], chance: ChanceJudgement = .measured) -> Analysis {
  Analysis(StudyResults(name: "study", origin: "tests", runs: runs, chance: chance))
}
