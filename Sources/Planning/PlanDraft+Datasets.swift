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
      let (facts, isAssumed, isThere) = try facts(of: name, described)
      // Without its files, the dataset is not packed again.
      if isThere { try facts.headers?.check(described.content, name: name) }
      try facts.checkHoldOut(described.content.holdOut, name: name)
      try facts.checkCount(name: name)
      let stageName = PreparingStage.name(of: name)
      let work = PrepareWork(
        name: name, dataset: described.content, content: facts.digest, isAssumed: isAssumed,
        allImages: facts.images(of: nil), imageSize: facts.imageSize,
        turnsImages: facts.turnsImages(described.content))
      append(stageName, work)
      guard let stage = drafted(stageName) else { preconditionFailure("it was just added") }
      let original: PreparedOriginals.Original
      do { original = try originals.original(of: stage, work, facts) } catch let error
        as DiagnosticError
      {
        // What is wrong with the store is not wrong with the file.
        historyError = historyError ?? error
        datasets[name] = .some(nil)
        return nil
      }
      let preprocessing = try preprocessing(of: name, described, facts)
      let dataset = PreparedDataset(
        described.content, facts: facts, preprocessing: preprocessing,
        preprocessingSection: RunSettings.Section(settings.entry(preprocessing)),
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

  /// The preprocessing of a dataset, with the content of the file of its mean.
  private mutating func preprocessing(
    of name: String, _ described: Described<DatasetDefinition>, _ facts: DatasetFacts
  ) throws -> Preprocessing {
    let dataset = described.content
    var preprocessing = dataset.preprocessing
    guard case .given(var file, let scale) = preprocessing.normalization else {
      return preprocessing
    }
    guard let known = weights(Described(file.path, at: described.span)) else {
      throw DiagnosticError([])
    }
    try known.checkMean(
      file.path, channels: dataset.channels, size: dataset.imageSize ?? facts.imageSize, of: name)
    file.content = known.digest
    preprocessing.normalization = .given(file, scale: scale)
    return preprocessing
  }

  /// The facts about a dataset's content, in the declared form, whether they are assumed, and whether the dataset
  /// exists.
  private mutating func facts(
    of name: String, _ described: Described<DatasetDefinition>
  ) throws -> (DatasetFacts, isAssumed: Bool, isThere: Bool) {
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
      return (facts, true, false)
    }
    let learned = try catalog.facts(of: dataset)
    if learned.isRemembered { missing.append(MissingSource(.dataset, name)) }
    return (
      try learned.content.checked(against: dataset.declaration, names: names, name: name), false,
      !learned.isRemembered
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
  /// Whether packing turns images upright. If none has an orientation, earlier versions packed the same pixels.
  package func turnsImages(_ definition: DatasetDefinition) -> Bool {
    definition.orientation == .apply && headers.map { $0.turned > 0 } ?? false
  }

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
