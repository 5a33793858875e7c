import Basics
import Definitions
import PipelineLanguage

extension PlanDraft {
  /// The dataset's prepare stage, planned on first use; `nil` where the dataset cannot be used.
  mutating func prepared(_ name: String) -> PreparedDataset? {
    if let known = datasets[name] { return known }
    guard let described = description.datasets[name] else {
      preconditionFailure("the language checks that datasets are known")
    }
    do {
      let facts = try catalog.facts(of: described.content)
      let stageName = "prepare-\(name)"
      if let clash = description.stages.first(where: { $0.name == stageName }) {
        diagnostics.append(
          .error(
            "stage name '\(stageName)' is kept for the stage that prepares dataset '\(name)'",
            at: clash.span))
        throw DiagnosticError([])
      }
      append(
        stageName, .prepare, settings: described.content.preparationSettings(digest: facts.digest),
        inputs: [],
        work: .prepare(
          PrepareWork(dataset: described.content, content: facts.digest)))
      let dataset = PreparedDataset(
        facts: facts, preprocessing: described.content.preprocessing,
        input: input("data", from: stageName))
      datasets[name] = dataset
      return dataset
    } catch let error as DiagnosticError {
      report(error, at: described.span)
    } catch {
      diagnostics.append(.error("dataset '\(name)' cannot be read: \(error)", at: described.span))
    }
    datasets[name] = .some(nil)
    return nil
  }

  /// The task's dataset and classes; `nil`, with a diagnostic, where there is a problem.
  mutating func resolve(
    _ task: Described<TaskDefinition>
  ) -> (dataset: PreparedDataset, classes: [String])? {
    guard let dataset = prepared(task.content.dataset) else { return nil }
    do throws(UnknownClass) {
      let classes = try task.content.classes.classes(of: dataset.facts.classes)
      guard classes.count >= 2 else {
        diagnostics.append(
          .error(
            "task '\(task.content.name)' has \(classes.count == 1 ? "one class" : "no classes") of "
              + "dataset '\(task.content.dataset)'; a task needs at least two", at: task.span))
        return nil
      }
      return (dataset, classes)
    } catch {
      let diagnostic = Diagnostic.error(
        "dataset '\(task.content.dataset)' has no class '\(error.name)'", at: task.span,
        notes: Diagnostic.Note.nearest(to: error.name, among: error.known))
      // Every stage of the split meets the same unknown class.
      if !diagnostics.contains(where: { $0.message == diagnostic.message }) {
        diagnostics.append(diagnostic)
      }
      return nil
    }
  }
}

extension DatasetDefinition {
  /// What decides the packed images: neither the path nor how they are shown to a network.
  fileprivate func preparationSettings(digest: Fingerprint) -> Value {
    [
      "content": .string(digest.hexadecimal),
      "size": size.map { [.integer($0.height), .integer($0.width)] } ?? .null,
      "fit": .string(fit.rawValue), "channels": .integer(channels),
      "unreadable": .string(unreadable.rawValue),
    ]
  }
}
