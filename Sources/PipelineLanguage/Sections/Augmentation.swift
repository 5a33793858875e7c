import Basics
import Definitions

/// How an augmentation step is written in a list.
private struct StepForm: Sendable {
  var keyword: String
  /// What the key alone stands for; `nil` where it needs settings.
  var alone: [any AugmentationStep]?
  /// Reads the settings after the key; `nil` where there are none.
  var read: (@Sendable (Field) -> [any AugmentationStep]?)?
  /// An example of the settings.
  var example: String?

  init<Step: AugmentationStep>(_ alone: Step) {
    keyword = Step.keyword
    self.alone = [alone]
  }

  init<Step: AugmentationStep>(
    _ kind: Step.Type, alone: Step? = nil, example: String,
    read: @escaping @Sendable (Field) -> Step?
  ) {
    keyword = Step.keyword
    self.alone = alone.map { [$0] }
    self.example = example
    self.read = { @Sendable field in read(field).map { [$0] } }
  }

  private init(randomCrop: Void) {
    keyword = "random-crop"
    alone = [RandomCrop()]
    example = "{padding: 4}"
    read = { @Sendable in $0.settings?.randomCrop() }
  }

  /// All of them, a line each.
  static let all = [
    StepForm(Mirror()),
    StepForm(randomCrop: ()),
    StepForm(RandomResizedCrop.self, alone: RandomResizedCrop(), example: "{scale: [0.5, 1]}") {
      $0.settings?.randomResizedCrop()
    },
    StepForm(Rotate.self, example: "15") { $0.number(.degrees).map { Rotate(degrees: $0) } },
    StepForm(ColorJitter.self, example: "{brightness: 0.4}") { $0.colorJitter() },
    StepForm(Grayscale.self, alone: Grayscale(probability: 0.1), example: "0.1") {
      $0.number(.weight).map { Grayscale(probability: $0) }
    },
    StepForm(RandAugment.self, alone: RandAugment(), example: "{magnitude: 9}") {
      $0.settings?.randAugment()
    },
    StepForm(Cutout.self, example: "16") {
      $0.integer(in: NetworkLimits.extent).map { Cutout(size: $0) }
    },
    StepForm(Mixup.self, alone: Mixup(), example: "0.2") {
      $0.number(.alpha).map { Mixup(alpha: $0) }
    },
    StepForm(Cutmix.self, alone: Cutmix(), example: "1") {
      $0.number(.alpha).map { Cutmix(alpha: $0) }
    },
  ]

  static func of(_ keyword: String) -> StepForm? { all.first { $0.keyword == keyword } }

  /// What to write instead of a word that is no step.
  static func unknown(_ word: String) -> [Diagnostic.Note] {
    switch word {
    case RandomCrop.keyword: [Diagnostic.Note("in a list, a random crop is 'random-crop'")]
    case Padding.keyword: [Diagnostic.Note("in a list, padding is 'random-crop: {padding: 4}'")]
    default: Diagnostic.Note.allowed(all.map(\.keyword), insteadOf: word, as: "steps")
    }
  }
}

/// An element of the list.
private struct ListedStep {
  var keyword: String
  var span: SourceSpan
  var steps: [any AugmentationStep]
}

extension Field {
  /// Reads `[mirror, random-crop: {padding: 4}, …]`, or the short form `{mirror: true, crop: random, padding: 4}`.
  ///
  /// - Parameter channels: of the dataset's images; `nil` where they are not known.
  func augmentation(channels: Int?) -> [any AugmentationStep]? {
    switch node {
    case .sequence: return listedSteps(channels: channels)
    case .mapping(let mapping):
      let others = mapping.entries.filter {
        $0.key.text != Mirror.keyword && StepForm.of($0.key.text) != nil
      }
      for other in others {
        let keyword = other.key.text
        let example = StepForm.of(keyword)?.example.map { "\(keyword): \($0)" } ?? keyword
        context.diagnostics.report(
          "'\(keyword)' must be an element of a list of steps", at: other.key.span,
          notes: [
            Diagnostic.Note(
              "write all steps in order: augment: [mirror, random-crop: {padding: 4}, \(example)]")
          ])
      }
      guard others.isEmpty, var reader = FieldReader(self, Subject("'augment'")) else { return nil }
      let steps = reader.shortSteps()
      reader.finish()
      return steps
    case .scalar:
      mismatch("a list of steps, or a mapping")
      return nil
    }
  }

  private func listedSteps(channels: Int?) -> [any AugmentationStep]? {
    guard let listed = list("a list of steps", { $0.step(channels: channels) }) else { return nil }
    let steps = listed.flatMap(\.steps)
    guard let problem = AugmentationProblem(steps) else { return steps }
    let owners = listed.flatMap { step in step.steps.map { _ in step } }
    func report(_ message: String, _ earlier: ListedStep, _ later: ListedStep, _ note: String) {
      context.diagnostics.report(
        message, at: later.span, notes: [Diagnostic.Note(note, at: earlier.span)])
    }
    switch problem {
    case .twice(let earlier, let later):
      report(
        "'\(owners[later].keyword)' is listed twice", owners[earlier], owners[later],
        "it is listed here")
    case .twoCrops(let earlier, let later):
      report(
        "'\(owners[earlier].keyword)' and '\(owners[later].keyword)' both choose the network's input",
        owners[earlier], owners[later], "'\(owners[earlier].keyword)' is here")
    case .tooLate(let earlier, let later):
      report(
        "'\(owners[later].keyword)' must come before '\(owners[earlier].keyword)'",
        owners[earlier], owners[later],
        steps[earlier].place == .batch
          ? "'\(owners[earlier].keyword)' mixes finished images"
          : "'\(owners[earlier].keyword)' changes the network's input, after all steps on images")
    }
    return nil
  }

  /// Reads `mirror`, or `rotate: 15`.
  private func step(channels: Int?) -> ListedStep? {
    let found: (keyword: String, steps: [any AugmentationStep]?)
    switch node {
    case .mapping(let mapping):
      guard mapping.entries.count == 1 else {
        report(
          "a step has one key, such as 'rotate: 15', not \(mapping.entries.count)",
          notes: [Diagnostic.Note("each step is an element of the list")])
        return nil
      }
      let entry = mapping.entries[0]
      guard let form = StepForm.of(entry.key.text) else {
        context.diagnostics.report(
          "there is no step '\(entry.key.text)'", at: entry.key.span,
          notes: StepForm.unknown(entry.key.text))
        return nil
      }
      let field = Field(
        name: form.keyword, node: entry.value, keySpan: entry.key.span, context: context)
      guard let read = form.read else {
        field.report("'\(form.keyword)' has no settings: write it as a single word")
        return nil
      }
      found = (form.keyword, read(field))
    case .scalar:
      guard let word = scalar("a step")?.text else { return nil }
      guard let form = StepForm.of(word) else {
        report("there is no step '\(word)'", notes: StepForm.unknown(word))
        return nil
      }
      if form.alone == nil {
        report("'\(word)' needs settings: '\(word): \(form.example ?? "…")'")
      }
      found = (word, form.alone)
    case .sequence:
      report("a step is a word or 'word: settings', not a list")
      return nil
    }
    guard let steps = found.steps else { return nil }
    if let channels, channels != 3, steps.contains(where: \.needsColor) {
      report("'\(found.keyword)' changes colours; this dataset has 'channels: \(channels)'")
      return nil
    }
    return ListedStep(keyword: found.keyword, span: span, steps: steps)
  }

  // MARK: - Settings

  /// The settings of a step, which must be a mapping.
  fileprivate var settings: FieldReader? { FieldReader(self, Subject("step", name)) }

  fileprivate func colorJitter() -> ColorJitter? {
    guard var reader = settings else { return nil }
    let brightness = reader.optional("brightness", default: 0) { $0.number(.nonNegative) }
    let contrast = reader.optional("contrast", default: 0) { $0.number(.nonNegative) }
    let saturation = reader.optional("saturation", default: 0) { $0.number(.nonNegative) }
    let hue = reader.optional("hue", default: 0) { $0.number(.hue) }
    reader.finish()
    guard let brightness, let contrast, let saturation, let hue else { return nil }
    guard max(brightness, contrast, saturation, hue) > 0 else {
      report(
        "'color-jitter' changes nothing",
        notes: [Diagnostic.Note("give brightness, contrast, saturation or hue above 0")])
      return nil
    }
    return ColorJitter(
      brightness: brightness, contrast: contrast, saturation: saturation, hue: hue)
  }

  /// Reads `[0.08, 1]`: two numbers in ascending order.
  fileprivate func interval(_ read: (Field) -> Double?) -> ClosedRange<Double>? {
    guard let numbers = list("[least, largest]", read) else { return nil }
    guard numbers.count == 2, numbers[0] <= numbers[1] else {
      let order = numbers.count == 2 ? ": \(numbers[0]) is larger than \(numbers[1])" : ""
      report("'\(name)' must be [least, largest]\(order)")
      return nil
    }
    return numbers[0]...numbers[1]
  }

  /// A ratio of two sides: `0.75`, or `3/4`.
  fileprivate func ratio() -> Double? {
    if case .scalar(let scalar) = node, let resolved = context.resolve(scalar) {
      let parts = resolved.text.split(separator: "/", omittingEmptySubsequences: false)
      if parts.count == 2, case .integer(let over) = CoreScalar.integer(String(parts[0])),
        case .integer(let under) = CoreScalar.integer(String(parts[1])), over > 0, under > 0
      {
        return limited(Double(over) / Double(under))
      }
    }
    return number(.positive).flatMap(limited)
  }

  private func limited(_ ratio: Double) -> Double? {
    guard 0.01...100 ~= ratio else {
      report("'\(name)' must be between 1/100 and 100")
      return nil
    }
    return ratio
  }
}

extension FieldReader {
  fileprivate func randomCrop() -> [any AugmentationStep]? {
    var reader = self
    let padding = reader.optional("padding", default: 0) {
      $0.integer(in: NetworkLimits.padding)
    }
    reader.finish()
    guard let padding else { return nil }
    return padding > 0 ? [Padding(padding), RandomCrop()] : [RandomCrop()]
  }

  fileprivate func randomResizedCrop() -> RandomResizedCrop? {
    var reader = self
    let scale = reader.optional("scale", default: RandomResizedCrop.usualScale) {
      $0.interval { $0.number(.weight) }
    }
    let ratio = reader.optional("ratio", default: RandomResizedCrop.usualRatio) {
      $0.interval { $0.ratio() }
    }
    reader.finish()
    guard let scale, let ratio else { return nil }
    return RandomResizedCrop(scale: scale, ratio: ratio)
  }

  fileprivate func randAugment() -> RandAugment? {
    var reader = self
    let operations = reader.optional("operations", default: RandAugment.usualOperations) {
      $0.integer(in: 1...100)
    }
    let magnitude = reader.optional("magnitude", default: RandAugment.usualMagnitude) {
      $0.integer(in: 0...RandAugment.largestMagnitude)
    }
    reader.finish()
    guard let operations, let magnitude else { return nil }
    return RandAugment(operations: operations, magnitude: magnitude)
  }

  // MARK: - The short form

  /// The steps of `{mirror: true, crop: random, padding: 4}`; `nil` after an error in one.
  fileprivate mutating func shortSteps() -> [any AugmentationStep]? {
    let steps = [
      step(Mirror.self) {
        $0.bool()
      } make: {
        $0 ? Mirror() : nil
      },
      step(RandomCrop.self) {
        $0.choice(Crop.self)
      } make: {
        $0 == .random ? RandomCrop() : nil
      },
      step(Padding.self) {
        $0.integer(in: NetworkLimits.padding)
      } make: {
        $0 > 0 ? Padding($0) : nil
      },
    ]
    let known = steps.compactMap { $0 }
    return known.count == steps.count ? known.flatMap { $0 } : nil
  }

  private enum Crop: String, CaseIterable {
    case center, random
  }

  /// The step of a key: none if the key is missing, or its value disables the step; `nil` after an error.
  private mutating func step<Step: AugmentationStep, Setting>(
    _ kind: Step.Type, read: (Field) -> Setting?, make: (Setting) -> Step?
  ) -> [any AugmentationStep]? {
    optional(kind.keyword, default: []) { field in
      read(field).map { setting in make(setting).map { [$0] } ?? [] }
    }
  }
}

extension NumberLimits {
  fileprivate static let degrees = NumberLimits(
    description: "a number of degrees above 0 and up to 180"
  ) { 0 < $0 && $0 <= 180 }
  fileprivate static let alpha = NumberLimits(
    description: "a number from 0.001 to 1000"
  ) { 0.001 <= $0 && $0 <= 1000 }
  fileprivate static let hue = NumberLimits(description: "a number from 0 to 0.5") {
    0 <= $0 && $0 <= 0.5
  }
}
