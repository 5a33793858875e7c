import Basics
import Definitions
import Glibc
import Planning
import Reporting

/// A simulated study of random halvings with known effects, in percentage points: bases of tasks at 60 ± 2, runs
/// around them, n from 1 to 7, the treatments BnB, BnB+, AnB and AnB+.
struct SimulatedStudy {
  /// How runs vary. The raw values key the random numbers.
  enum Scenario: String, CaseIterable {
    /// Every run ± `noise`.
    case equal = "equal variances"
    /// From half of `noise` at n=1 to 3.5 times as much at n=7.
    case growing = "variances growing with n"
    /// Student's t with three degrees of freedom, scaled to `noise`.
    case heavy = "heavy tails"
    /// One to three seeds per task, each with its own base; a fifth of the other runs is missing.
    case unbalanced = "unbalanced"
    /// One base per task, three seeds of everything else.
    case sharedBases = "shared bases"
    /// A transfer inherits half of the noise of the base that its layers come from.
    case inherited = "inherited luck"

    /// As docs/statistics.md calls it.
    var name: String { self == .inherited ? "correlated noise" : rawValue }
  }

  /// True effects, by n starting at 1.
  struct Effects {
    var lostCoadaptation = [Double](repeating: 0, count: 7)
    var specificity = [Double](repeating: 0, count: 7)
    var transferGain = 0.0
    var selfferGain = 0.0

    static let none = Effects()
    /// Close to those of the published runs.
    static let published = Effects(
      lostCoadaptation: [0, 0, 0.2, 1.9, 3.0, 0.4, 0],
      specificity: [0, 0, 0.4, 0.7, 1.7, 4.1, 8.3], transferGain: 1, selfferGain: 1)

    /// Accuracy minus that of the base.
    func value(_ treatment: Treatment, _ n: Int) -> Double {
      switch treatment {
      case .selffer: -lostCoadaptation[n - 1]
      case .transfer: -lostCoadaptation[n - 1] - specificity[n - 1]
      case .transferFineTuned: transferGain
      case .selfferFineTuned: selfferGain
      default: 0
      }
    }

    func difference(_ kind: ContrastKind, _ n: Int) -> Double {
      value(kind.minuend, n) - value(kind.subtrahend, n)
    }
  }

  static let depths = 1...7
  static let treatments: [(treatment: Treatment, kind: TreatmentKind, crosses: Bool)] = [
    (.selffer, .frozen, false), (.selfferFineTuned, .fineTuned, false),
    (.transfer, .frozen, true), (.transferFineTuned, .fineTuned, true),
  ]

  var targets: Int
  var scenario = Scenario.equal
  var effects = Effects.none
  /// The standard deviation of a run.
  var noise = 1.0
  var seed: Int

  var runs: [RunResult] {
    var normal = NormalNumbers(
      stream: RandomStream(seed: 2026).stream(for: "\(scenario.rawValue) \(targets)").stream(seed))
    /// The difference of a run from its expected accuracy.
    func deviation(_ n: Int) -> Double {
      switch scenario {
      case .growing: (n == 0 ? 1 : 0.5 * Double(n)) * noise * normal.next()
      case .heavy: noise * normal.nextOfHeavyTails()
      default: noise * normal.next()
      }
    }
    var runs: [RunResult] = []
    let baseDeviations = (0..<targets + targets % 2).map { _ in deviation(0) }
    for index in 0..<targets {
      let level = 60 + 2 * normal.next()
      let (task, other) = index % 2 == 0 ? ("A", "B") : ("B", "A")
      let halving = UInt64(index / 2)
      func add(_ kind: TreatmentKind, _ source: String?, _ n: Int, _ seed: Int, _ value: Double) {
        runs.append(
          run(
            kind, source: source, target: task, n: n, .top1(value / 100, images: nil),
            halving: halving, seed: UInt64(seed)))
      }
      let seeds =
        switch scenario {
        case .unbalanced: 1 + index % 3
        case .sharedBases: 3
        default: 1
        }
      for seed in 0..<seeds {
        if seed == 0 {
          add(.base, nil, 0, 0, level + baseDeviations[index])
        } else if scenario == .unbalanced {
          add(.base, nil, 0, seed, level + deviation(0))
        }
        for n in SimulatedStudy.depths {
          for (treatment, kind, crosses) in SimulatedStudy.treatments {
            if scenario == .unbalanced, normal.nextUniform() < 0.2 { continue }
            var value = level + effects.value(treatment, n) + deviation(n)
            if scenario == .inherited { value += baseDeviations[crosses ? index ^ 1 : index] / 2 }
            add(kind, crosses ? other : task, n, seed, value)
          }
        }
      }
    }
    return runs
  }

  /// The same as a file that `cambium report --results` reads.
  var csv: String {
    var text = "run,treatment,split,source,target,n,seed,top1\n"
    for (index, run) in runs.enumerated() {
      guard case .random(let halving) = run.design.division, let top1 = run.top1 else { continue }
      text +=
        "r\(index),\(run.design.kind == .base ? "base" : Treatment(run.design).label),random-\(halving),"
      text += "\(run.design.source ?? ""),\(run.design.target),\(run.design.depth),"
      text += "\(run.design.seed),\(top1)\n"
    }
    return text
  }
}
