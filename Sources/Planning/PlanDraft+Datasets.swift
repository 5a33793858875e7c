import Basics
import Definitions
import PipelineLanguage

extension PlanDraft {
  /// The dataset's prepare stage, planned on first use; `nil` if the dataset cannot be used.
  mutating func prepared(_ name: String) -> PreparedDataset? {
    if let known = datasets[name] { return known }
    guard let described = description.datasets[name] else {
      preconditionFailure("the language checks that datasets are known")
    }
    do {
      let (facts, isAssumed) = try facts(of: name, described)
      try facts.checkHoldOut(described.content.holdOut, name: name)
      try facts.checkCount(name: name)
      let stageName = PreparingStage.name(of: name)
      let work = PrepareWork(
        name: name, dataset: described.content, content: facts.digest, isAssumed: isAssumed,
        allImages: facts.images(of: nil), imageSize: facts.imageSize)
      append(stageName, work)
      guard let stage = drafted(stageName) else { preconditionFailure("it was just added") }
      let original = try originals.original(of: stage, work, facts)
      let dataset = PreparedDataset(
        facts: facts, preprocessing: described.content.preprocessing,
        preprocessingSection: RunSettings.Section(
          settings.entry(described.content.preprocessing)),
        holdOut: facts.ownHoldOut ?? described.content.holdOut,
        input: StageInput(
          role: TrainWork.dataRole, stage: stageName, fingerprint: original.fingerprint,
          isAssumed: original.isAssumed),
        settings: original.settings)
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

  /// The facts about a dataset's content, in the declared form, and whether they are assumed.
  private mutating func facts(
    of name: String, _ described: Described<DatasetDefinition>
  ) throws -> (DatasetFacts, isAssumed: Bool) {
    let dataset = described.content
    var names: [String]?
    switch dataset.declaration.classes {
    case .listed(let listed)?:
      names = listed
    case .file(let path)?:
      guard let list = classList(path, .firstWord, at: described.span) else {
        throw DiagnosticError([])
      }
      names = list.entries.map(\.content)
    case .count?, nil:
      break
    }
    if assumesData, try !catalog.knows(dataset) {
      let facts = try DatasetFacts(assuming: dataset.declaration, names: names, name: name)
      assumed.append(name)
      return (facts, true)
    }
    let learned = try catalog.facts(of: dataset)
    if learned.isRemembered { missing.append(MissingSource(.dataset, name)) }
    return (
      try learned.content.checked(against: dataset.declaration, names: names, name: name), false
    )
  }

  /// The task's dataset and classes; `nil`, with a diagnostic, if there is a problem.
  mutating func resolve(
    _ task: Described<TaskDefinition>
  ) -> (dataset: PreparedDataset, classes: ResolvedClasses)? {
    guard let dataset = prepared(task.content.dataset),
      let classes = classes(of: task, among: dataset.facts)
    else { return nil }
    return (dataset, classes)
  }
}

extension DatasetFacts {
  /// The number of images of some classes.
  ///
  /// - Parameters:
  ///   - portion: `nil` for all training and test images.
  ///   - chosen: the positions of the classes; `nil` for all.
  ///   - holdOut: which training images are validation images.
  ///   - limit: the maximum number of images counted per class.
  func images(
    of portion: Portion?, classes chosen: [Int]? = nil, holdOut: HoldOut? = nil,
    limit: Int = .max
  ) -> Int {
    var count = 0
    for index in chosen ?? Array(classes.indices) {
      let held = holdOut?.count(of: trainingImages[index], class: classes[index]) ?? 0
      let images =
        switch portion {
        case .train: trainingImages[index] - held
        case .validation: held
        case .test: testImages[index]
        case nil: trainingImages[index] + testImages[index]
        }
      count += min(limit, images)
    }
    return count
  }
}
