import Basics
import Glibc
import Reporting
import Testing

/// The number of simulated sets of networks is ten times that of studies, if that is given (`make simulate`).
private let requested = getenv("CAMBIUM_SIMULATE_STUDIES").flatMap { Int(String(cString: $0)) }
  .map { 10 * $0 }

/// Intervals of the mean over all pairs of networks, for values with known means.
@Suite struct PairSimulationTests {
  /// How the value of a pair follows from the numbers of its networks, which are standard normal.
  enum Kind: String, CaseIterable {
    case sum = "sum of both networks"
    case noisySum = "sum, and noise of the pair"
    case noise = "noise of the pair alone"
    case product = "product of numbers around one"
    case distance = "distance"

    func value(_ first: Double, _ second: Double, _ noise: Double) -> Double {
      switch self {
      case .sum: first + second
      case .noisySum: first + second + noise
      case .noise: noise
      case .product: (1 + first) * (1 + second)
      case .distance: abs(first - second)
      }
    }

    var mean: Double {
      switch self {
      case .sum, .noisySum, .noise: 0
      case .product: 1
      // Of the absolute value of a normal number with variance 2.
      case .distance: 2 / Double.pi.squareRoot()
      }
    }

    /// What is accepted as coverage: exact for sums, too wide for noise of pairs, approximate for the rest.
    var accepted: ClosedRange<Double> {
      switch self {
      case .sum: 0.94...0.96
      case .noisySum: 0.94...0.98
      case .noise: 0.97...1
      case .product: 0.87...0.96
      case .distance: 0.90...0.96
      }
    }
  }

  @Test(arguments: Kind.allCases) func jackknifeIntervals(_ kind: Kind) {
    var shares: [String] = []
    let draws = requested ?? 500
    for count in requested == nil ? [3, 5, 8] : [3, 4, 5, 8, 16] {
      var normal = NormalNumbers(
        stream: RandomStream(seed: 1969).stream(for: "\(kind.rawValue) \(count)"))
      var covered = 0
      for _ in 0..<draws {
        let networks = (0..<count).map { _ in normal.next() }
        var pairs: [PairedValue<Int>] = []
        for first in 0..<count {
          for second in first + 1..<count {
            pairs.append(
              PairedValue(
                units: [first, second],
                value: kind.value(networks[first], networks[second], normal.next())))
          }
        }
        guard let estimate = Estimate(ofPairs: pairs) else { continue }
        if estimate.low <= kind.mean && kind.mean <= estimate.high { covered += 1 }
      }
      let share = Double(covered) / Double(draws)
      let error = 3.5 * (0.05 * 0.95 / Double(draws)).squareRoot()
      #expect(
        share > kind.accepted.lowerBound - error && share < kind.accepted.upperBound + error,
        "\(count) networks: \(share)")
      shares.append(percent(share))
    }
    if requested != nil {
      print("pairs: | \(kind.rawValue) |", shares.joined(separator: " | "), "|")
    }
  }
}
