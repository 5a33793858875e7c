import Basics

extension ResultWarning: CustomStringConvertible {
  /// One or two sentences.
  package var description: String {
    switch self {
    case .unbalanced(let experiment, let gaps):
      return "unbalanced design in \(experiment): "
        + gaps.map(\.description).joined(separator: "; ")
        + ". Means of these treatments also compare targets; the paired differences do not"
    case .selectedOnTestData(let rule, let runs):
      return
        "\(counted(runs, "score")) (\(rule)) \(runs == 1 ? "is" : "are") taken from the measurements "
        + "that were best on the reported images themselves: expect lower accuracy on new images"
    case .didNotTrain(let runs):
      return "\(counted(runs.count, "run")) did not train, ended at chance and "
        + "\(runs.count == 1 ? "is" : "are") left out of means: \(listed(runs))"
    case .diverged(let runs, let reasons):
      let reason = Set(reasons).count == 1 ? " (\(reasons[0]))" : ""
      return "\(counted(runs.count, "run")) diverged and \(runs.count == 1 ? "has" : "have") no "
        + "score\(reason): \(listed(runs))"
    case .missing(let runs):
      return
        "\(counted(runs.count, "run")) \(runs.count == 1 ? "is" : "are") missing: \(listed(runs))"
    case .missingAnalyses(let stages, let reasons):
      let reason = Set(reasons).count == 1 ? " (\(reasons[0]))" : ""
      return "\(counted(stages.count, "analysis", plural: "analyses")) of networks "
        + "\(stages.count == 1 ? "is" : "are") missing\(reason): \(listed(stages))"
    case .notConverged(let classifiers):
      return "\(counted(classifiers.count, "classifier")) did not converge, so that "
        + "\(classifiers.count == 1 ? "its accuracy is" : "their accuracies are") lower than it could be: "
        + listed(classifiers)
    case .singleReplicate(let experiments):
      return
        "each treatment has a single run at each n in \(listed(experiments, by: "; ")): intervals reflect "
        + "which images were measured, not the variation between training runs"
    case .indistinguishable(let experiment, let runs, let haveSeeds):
      return
        "\(runs.count) runs of \(experiment) share task, seed and settings with another run, as far as "
        + "is known: differences compare the means of such runs, as one pair"
        + (haveSeeds
          ? "" : " (a column 'seed' that numbers training runs would say which belong together)")
        + ": \(listed(runs))"
    case .repeatedTasks(let experiment, let tasks):
      return
        "random divisions of \(experiment) drew the same classes more than once; such tasks count as one "
        + "independent unit: "
        + listed(tasks.map { $0.joined(separator: " = ") })
    case .mixedNetworks(let networks):
      return "results of \(networks.count) networks are shown separately and never pooled: "
        + listed(networks)
    case .mixedScores(let rules):
      return
        "scores of \(rules.count) kinds are shown separately and never pooled: \(listed(rules))"
    case .chanceUnknown(let limit):
      return
        "the number of classes is not known, so the lowest scores decide which runs did not train: "
        + (limit.map {
          "those within a quarter above the lowest of their target, where that is below a twentieth of the "
            + "best (up to \(fixed($0, decimals: 4)))"
        } ?? "none is below a twentieth of the best of its target")
    }
  }

  /// A readable number of names, and how many more there are.
  private func listed(_ names: [String], by separator: String = ", ") -> String {
    let shown = names.prefix(12).joined(separator: separator)
    return names.count > 12 ? "\(shown) and \(names.count - 12) more" : shown
  }
}

extension DesignGap: CustomStringConvertible {
  /// `AnB+ was measured on 0B, 1B, not on 0A, 1A (but not on 1B at n=1, 5–7)`
  package var description: String {
    guard !measured.isEmpty else { return "\(treatment) was measured on no target" }
    var text = "\(treatment) was measured on \(shortened(measured))"
    if !absent.isEmpty { text += ", not on \(shortened(absent))" }
    if !partial.isEmpty {
      let places = partial.prefix(4).map { "\($0.target) at n=\(ranges($0.depths))" }
      let more = partial.count > 4 ? " and \(partial.count - 4) more" : ""
      text += " (but not on \(places.joined(separator: ", "))\(more))"
    }
    return text
  }

  private func shortened(_ labels: [String]) -> String {
    let shown = labels.prefix(8).joined(separator: ", ")
    return labels.count > 8 ? "\(shown) and \(labels.count - 8) more" : shown
  }
}

/// Ascending numbers with consecutive ones joined: `1, 5–7`.
package func ranges(_ numbers: [Int]) -> String {
  var parts: [ClosedRange<Int>] = []
  for number in numbers {
    if let last = parts.last, last.upperBound + 1 == number {
      parts[parts.count - 1] = last.lowerBound...number
    } else {
      parts.append(number...number)
    }
  }
  return parts.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)–\($0.upperBound)" }
    .joined(separator: ", ")
}
