import Basics
import Definitions
import OrderedCollections

/// Checks that a network's input matches the images of its dataset: the same number of channels, and no larger than
/// an image with its padding.
struct InputFit {
  let datasets: OrderedDictionary<String, Described<LocatedDataset>>
  let context: ReadingContext

  /// Checks a network against the images that it is trained on.
  func check(_ trained: TrainedNetwork) {
    guard let dataset = datasets[trained.task.content.dataset] else { return }
    let network = trained.network.content
    let input = network.definition.input
    let definition = dataset.content.definition
    let name = trained.task.content.dataset
    let place = Diagnostic.Note("it is trained on them here", at: trained.task.span)
    guard input.channels == definition.channels else {
      context.diagnostics.report(
        "the network reads \(input), but images of dataset '\(name)' have \(channels(definition))",
        at: network.places.input,
        notes: [
          origin(of: "channels", dataset, otherwise: "they are colour images by default"), place,
        ]
      )
      return
    }
    checkSteps(trained, dataset)
    guard let size = definition.imageSize else { return }
    let padding = 2 * definition.preprocessing.border
    guard input.height > size.height + padding || input.width > size.width + padding else { return }
    let padded =
      padding > 0
      ? ", with their padding \(size.height + padding)×\(size.width + padding)" : ""
    context.diagnostics.report(
      "the network reads \(input), but images of dataset '\(name)' are \(text(size))\(padded)",
      at: network.places.input,
      notes: [
        origin(of: "size", dataset, otherwise: "builtin:shapes has images of this size"), place,
      ])
  }

  /// Checks that augmentation leaves something of the images.
  private func checkSteps(_ trained: TrainedNetwork, _ dataset: Described<LocatedDataset>) {
    let input = trained.network.content.definition.input
    for step in dataset.content.definition.preprocessing.augmentation {
      guard let problem = step.misfit(input) else { continue }
      context.diagnostics.report(
        "'\(step.keyword)' of dataset '\(trained.task.content.dataset)' does not suit a network that reads "
          + "\(input): \(problem)",
        at: dataset.content.places["augment"] ?? dataset.span,
        notes: [
          Diagnostic.Note("the network's input is here", at: trained.network.content.places.input),
          Diagnostic.Note("it is trained on them here", at: trained.task.span),
        ])
    }
  }

  /// Checks that a step that mixes the images of a batch finds more than one in it.
  func checkBatch(of solver: SolverDefinition, on task: Described<TaskDefinition>) {
    guard solver.batch == 1, let dataset = datasets[task.content.dataset] else { return }
    for step in dataset.content.definition.preprocessing.augmentation where step.place == .batch {
      context.diagnostics.report(
        "'\(step.keyword)' of dataset '\(task.content.dataset)' mixes the images of a batch, and batches have one image",
        at: task.span,
        notes: [
          Diagnostic.Note(
            "the step is here", at: dataset.content.places["augment"] ?? dataset.span),
          Diagnostic.Note("give the solver's 'batch' at least 2, or leave the step out"),
        ])
    }
  }

  /// Checks that a network is measured on images of the same shape as those it was trained on, whose mean it
  /// subtracts.
  func checkMeasured(
    _ name: String, _ trained: TrainedNetwork, on task: Described<TaskDefinition>
  ) -> Bool {
    checkAlike(trained.task.content, task.content) { what, notes in
      context.diagnostics.report(
        "'\(name)' cannot be measured on '\(task.content.title)': \(what)", at: task.span,
        notes: notes + [Diagnostic.Note("it is trained here", at: trained.task.span)])
    }
  }

  /// Checks that a source's mean image can be subtracted from the images of a task.
  func checkMean(of source: TrainedNetwork, on task: Described<TaskDefinition>) {
    if let dataset = datasets[task.content.dataset],
      case .fixed = dataset.content.definition.preprocessing.normalization
    {
      context.diagnostics.report(
        "'mean: source' cannot be combined with 'normalize', which states what is subtracted",
        at: task.span,
        notes: [
          Diagnostic.Note(
            "dataset '\(task.content.dataset)' has 'normalize' here",
            at: dataset.content.places["normalize"] ?? dataset.span)
        ])
      return
    }
    _ = checkAlike(source.task.content, task.content) { what, notes in
      context.diagnostics.report(
        "the source's mean image cannot be subtracted: \(what)", at: task.span,
        notes: notes + [
          Diagnostic.Note("the source is trained here", at: source.task.span),
          Diagnostic.Note("give both datasets one 'size', or leave out 'mean: source'"),
        ])
    }
  }

  /// Whether the images of two tasks' datasets have the same shape; reports known differences.
  private func checkAlike(
    _ task: TaskDefinition, _ other: TaskDefinition, _ report: (String, [Diagnostic.Note]) -> Void
  ) -> Bool {
    guard task.dataset != other.dataset, let first = datasets[task.dataset],
      let second = datasets[other.dataset]
    else { return true }
    let own = first.content.definition, others = second.content.definition
    if own.channels != others.channels {
      report(
        "images of dataset '\(task.dataset)' have \(channels(own)), and those of "
          + "'\(other.dataset)' \(channels(others))",
        [first, second].map { origin(of: "channels", $0, otherwise: "the default is 3 channels") })
    } else if let size = own.imageSize, let otherSize = others.imageSize, size != otherSize {
      report(
        "images of dataset '\(task.dataset)' are \(text(size)), and those of '\(other.dataset)' "
          + "\(text(otherSize))",
        [first, second].map {
          origin(of: "size", $0, otherwise: "builtin:shapes has images of 32×32")
        })
    } else {
      return true
    }
    return false
  }

  /// The location of a setting, or a note on its default.
  private func origin(
    of key: String, _ dataset: Described<LocatedDataset>, otherwise: String
  ) -> Diagnostic.Note {
    dataset.content.places[key].map { Diagnostic.Note("'\(key)' is given here", at: $0) }
      ?? Diagnostic.Note("\(otherwise): the dataset is here", at: dataset.span)
  }

  private func channels(_ dataset: DatasetDefinition) -> String {
    dataset.channels == 1 ? "1 channel" : "\(dataset.channels) channels"
  }

  private func text(_ size: DatasetDefinition.Size) -> String { "\(size.height)×\(size.width)" }
}
