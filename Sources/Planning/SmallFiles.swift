import Definitions

/// The sizes in bytes of what results contain besides weights and images, as measured: logs of steps, series, load reports,
/// measurements and reports. They matter where a study has thousands of short training runs.
package enum SmallFiles {
  /// The files of a training run that describe its network: the load report, and a mean image of the network's input.
  package static func network(_ network: NetworkDefinition, tensors: Int) -> Int {
    250 * tensors + 4 * network.input.count
  }

  /// The files of a training run that describe its course: 16 bytes per step, and a line for each of at most 200 points.
  package static func course(iterations: Int) -> Int {
    let (steps, isTooLong) = iterations.multipliedReportingOverflow(by: 16)
    return isTooLong ? .max / 2 : steps + 95 * min(iterations, 200)
  }

  /// An evaluation: names and accuracies of classes, and the matrix of confusions.
  package static func evaluation(classes: Int, withConfusion: Bool) -> Int {
    300 + 40 * classes + (withConfusion ? 4 * classes * classes : 0)
  }

  /// The images of features: a label and a position each.
  package static func features(images: Int) -> Int { 300 + 24 * images }

  /// The result of an analysis is in its record.
  package static let analysis = 0

  /// A report's page, figures and tables.
  package static func report(runs: Int) -> Int { 100_000 + 6_000 * runs }
}
