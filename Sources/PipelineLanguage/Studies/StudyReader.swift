import Basics
import Definitions

/// Reads a study at one point of its repetition.
struct StudyReader {
  /// The keys whose value a repetition can set.
  static let repeatable = ["split", "on", "network", "solver", examplesKey]
  static let examplesKey = "examples"
  /// The key of the seed, which is also its name in a repetition.
  static let seedKey = "seed"
  static let repeatKey = "repeat"
  /// The name of the depth in stage templates.
  static let depthName = "n"

  private let name: String
  private let point: Sweep.Point
  private let context: ReadingContext
  private let library: Library
  private var reader: FieldReader
  private var definitions: StageReader

  /// Starts reading a study; `nil` after reporting that it is not a mapping.
  ///
  /// - Parameters:
  ///   - field: the study, with the point's names in its scope.
  ///   - library: the definitions at the point.
  init?(_ name: String, _ field: Field, at point: Sweep.Point, library: Library) {
    guard let reader = FieldReader(field, Subject("study", name)) else { return nil }
    self.name = name
    self.point = point
    self.reader = reader
    self.library = library
    context = field.context
    definitions = StageReader(library)
  }

  mutating func read() -> Study? {
    let examplesField = field(StudyReader.examplesKey)
    let tasks = tasks(examplesField)
    let examples =
      examplesField.map { field -> Int? in
        guard case .sequence = field.node else { return field.integer(in: Tasks.examples) }
        field.report(
          "'examples' must be a single number",
          notes: [.init("several are a repetition: 'repeat: {examples: [4, 16]}'")])
        return nil
      } ?? .some(nil)
    let network = required("network").flatMap { definitions.findNetwork($0) }
    let solver = required("solver").flatMap { definitions.findSolver($0) }
    let seed = seed()
    let baseField = reader.field("base")
    let base = base(baseField)
    let treatmentsField = required("treatments")
    let layers = reader.field("layers")
    let swap = reader.optional("swap", default: false) { $0.bool() }
    let preserve = reader.field("preserve")
    let validation = reader.optional("validate", default: Described<ValidationRule>?.none) {
      $0.validationRule().map(Optional.some)
    }
    let score = reader.optional("score", default: Described<ScoreRule>?.none) {
      $0.scoreRule().map(Optional.some)
    }
    let mean = reader.optional("mean", default: MeanOrigin.target) { $0.choice() }
    let analyses = reader.optional("analyses", default: []) { $0.studyAnalyses(&definitions) }
    _ = reader.field(StudyReader.repeatKey)
    reader.finish()
    guard var tasks, let swap, let examples,
      let treatmentsField, let treatments = treatments(treatmentsField, of: tasks, swap: swap),
      let network, let solver, let seed, let base, let validation, let score, let mean,
      let analyses,
      let arms = StudyArms(network: network.content, context: context).arms(
        treatments, layers: layers, preserve: preserve)
    else { return nil }
    if let examples {
      for index in tasks.tasks.indices { tasks.tasks[index].content.examples = examples }
    }
    return Study(
      tasks: tasks, examples: examples, network: network, solver: solver, seed: seed,
      baseSolver: base.solver ?? solver, baseSeed: base.seed ?? seed,
      validation: validation, score: score, mean: mean, arms: arms, analyses: analyses)
  }

  // MARK: - Keys

  /// A field of the study, or the value that the repetition sets instead.
  private mutating func field(_ key: String) -> Field? {
    let own = reader.field(key)
    guard let binding = point[key] else { return own }
    if let own {
      context.diagnostics.report(
        "study '\(name)' has '\(key)' and repeats over it", at: own.keySpan,
        notes: [Diagnostic.Note("a value of the repetition is here", at: binding.span)])
      return nil
    }
    let reference = ScalarNode(text: "${\(key)}", style: .quoted, span: binding.span)
    return Field(name: key, node: .scalar(reference), keySpan: binding.span, context: context)
  }

  private mutating func required(_ key: String) -> Field? {
    if let field = field(key) { return field }
    if point[key] == nil {
      context.diagnostics.report("study '\(name)' lacks '\(key)'", at: reader.owner)
    }
    return nil
  }

  /// The tasks of `split`, or the single one of `on`.
  private mutating func tasks(_ examples: Field?) -> StudyTasks? {
    let split = field("split")
    let task = field("on")
    switch (split, task) {
    case (let split?, nil):
      guard let name = split.scalar("a split's name")?.text,
        let found = library.splits.find(name, at: split.span, context)
      else { return nil }
      return StudyTasks(
        tasks: found.content.tasks.values.map { Described($0, at: split.span) })
    case (nil, let task?):
      guard let found = definitions.tasks.findTraining(task) else { return nil }
      if let examples, found.content.examples != nil {
        context.diagnostics.report(
          "study '\(name)' limits the images of its task in 'on' and in 'examples'",
          at: examples.keySpan, notes: [Diagnostic.Note("'on' is here", at: task.keySpan)])
        return nil
      }
      return StudyTasks(tasks: [found])
    case (_?, let task?):
      context.diagnostics.report(
        "study '\(name)' has both 'on' and 'split': only one of them is allowed", at: task.keySpan)
    case (nil, nil) where point["split"] == nil && point["on"] == nil:
      context.diagnostics.report(
        "study '\(name)' needs one of 'split', 'on'", at: reader.owner)
    case (nil, nil):
      break
    }
    return nil
  }

  /// The seed of the stages: that of the study, otherwise the repeated seed.
  private mutating func seed() -> UInt64? {
    if let own = reader.field(StudyReader.seedKey) { return own.seed() }
    guard let binding = point[StudyReader.seedKey] else { return 0 }
    let reference = ScalarNode(
      text: "${\(StudyReader.seedKey)}", style: .quoted, span: binding.span)
    return Field(
      name: StudyReader.seedKey, node: .scalar(reference), keySpan: binding.span, context: context
    ).seed()
  }

  /// `{solver: …, seed: …}`: how base networks are trained, where that differs from the rest.
  private mutating func base(
    _ field: Field?
  ) -> (solver: SolverDefinition?, seed: UInt64?)? {
    guard let field else { return (nil, nil) }
    guard var reader = FieldReader(field, Subject("'base'")) else { return nil }
    let solver = reader.optional("solver", default: SolverDefinition?.none) {
      definitions.findSolver($0).map(Optional.some)
    }
    let seed = reader.optional("seed", default: UInt64?.none) { $0.seed().map(Optional.some) }
    reader.finish()
    guard let solver, let seed else { return nil }
    return (solver, seed)
  }

  // MARK: - Treatments

  private mutating func treatments(_ field: Field, of tasks: StudyTasks, swap: Bool)
    -> [StudyTreatment]?
  {
    let written: [StudyTreatment]?
    if case .sequence = field.node {
      written = field.list("a list of treatments") { $0.treatment(of: tasks, &definitions) }
    } else {
      written = field.treatment(of: tasks, &definitions).map { [$0] }
    }
    guard let written, areDistinct(written) else { return nil }
    guard swap else { return written }
    guard tasks.tasks.count == 2 else {
      field.report(
        "'swap' exchanges the two tasks of a split, but the study has \(tasks.tasks.count)")
      return nil
    }
    var seen = Set(written.map(\.identity))
    return written + written.map(\.swapped).filter { seen.insert($0.identity).inserted }
  }

  private func areDistinct(_ treatments: [StudyTreatment]) -> Bool {
    var first: [[Int]: SourceSpan] = [:]
    var isSound = true
    for treatment in treatments {
      if let earlier = first[treatment.identity] {
        isSound = false
        context.diagnostics.report(
          "the treatment is listed twice", at: treatment.span,
          notes: [Diagnostic.Note("it is first listed here", at: earlier)])
      } else {
        first[treatment.identity] = treatment.span
      }
    }
    return isSound
  }
}
