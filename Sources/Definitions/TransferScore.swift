/// A measure of how well a trained network would serve as the source of a transfer to a task, without training.
///
/// Greater is better for all of them.
package enum TransferScore: String, CaseIterable, Hashable, Sendable {
  /// The log evidence of the labels, one class against the others, under a Bayesian linear model of the activations, per image
  /// and class (You, Liu, Wang and Long 2021).
  case logme
  /// The mean log likelihood of the labels under the empirical predictor from the network's class probabilities (Nguyen,
  /// Hassner, Seeger and Archambeau 2020).
  case leep
  /// The negative conditional entropy of the labels, given the class that the network predicts (Tran, Nguyen and Hassner
  /// 2019).
  case nce
  /// The trace of the inverse covariance of the activations times the covariance of their class means (Bao et al. 2019).
  case hScore = "h-score"
  /// The coding rate of the activations less the mean coding rate in a class (Huang, Huang, Rong, Yang and Wei 2022).
  case transrate

  /// Whether it reads the scores of the network's last layer, instead of the activations of every layer.
  package var readsScores: Bool { self == .leep || self == .nce }

  /// As publications write it.
  package var title: String {
    switch self {
    case .logme: "LogME"
    case .leep: "LEEP"
    case .nce: "NCE"
    case .hScore: "H-score"
    case .transrate: "TransRate"
    }
  }
}
