import Basics

/// The methods of a study and how to read its figures.
struct MethodsSection {
  private let methods: StudyMethods
  private let analysis: Analysis

  init(_ methods: StudyMethods, _ analysis: Analysis) {
    self.methods = methods
    self.analysis = analysis
  }

  func write(to html: inout HTML) {
    html.element("h2", "Methods", "id=\"methods\"")
    if !methods.isEmpty { writeFacts(&html) }
    writeDetails(&html)
    writeNotation(&html)
  }

  // MARK: - Facts

  private func writeFacts(_ html: inout HTML) {
    html.nested("dl") { html in
      func fact(_ name: String, _ lines: [String]) {
        guard !lines.isEmpty else { return }
        html.element("dt", name)
        html.nested("dd") { html in
          for line in MethodsSection.some(lines, atMost: 8) { html.element("div", line) }
        }
      }
      fact("data", methods.datasets.map(MethodsSection.words))
      if methods.tasks.count <= MethodsSection.fewTasks {
        fact("classes", methods.tasks.map(MethodsSection.words))
      }
      fact(
        "network",
        methods.networks.map { network in
          "\(network.name): input \(network.input ?? "?"), \(network.layers.count) layers ("
            + MethodsSection.some(network.layers.map(\.name), atMost: 12).joined(separator: ", ")
            + ")"
        })
      fact("training", lines(methods.solvers))
      fact(
        "batch norm",
        methods.frozenNorms.map { statistics in
          switch statistics {
          case .running:
            "frozen layers normalise by the running statistics that came with them, which stay as they are"
          case .batch:
            "frozen layers normalise by each batch in training; their running statistics stay as they are, and are "
              + "used for evaluation"
          }
        }.sorted())
      fact("images", lines(methods.preprocessings))
      fact("hold-out", lines(methods.holdOuts))
      fact("seeds", methods.seeds)
      fact("score", methods.scores.map { "top-1 accuracy, \(MethodsSection.words(ofScore: $0))" })
    }
  }

  /// One line per setting, with its treatments if there are several settings.
  private func lines(_ settings: [StudyMethods.Setting]) -> [String] {
    guard settings.count > 1 else { return settings.map(\.text) }
    return settings.map { setting in
      "\(MethodsSection.some(setting.treatments, atMost: 8).joined(separator: "; ")): \(setting.text)"
    }
  }

  private static let fewTasks = 4

  private static func words(_ dataset: StudyMethods.Dataset) -> String {
    func count(_ range: ClosedRange<Int>?) -> String {
      guard let range else { return "?" }
      return range.lowerBound == range.upperBound
        ? grouped(range.lowerBound)
        : "\(grouped(range.lowerBound)) to \(grouped(range.upperBound))"
    }
    let skipped = dataset.skipped.count
    return
      "\(dataset.name): \(grouped(dataset.classes)) classes, each with \(count(dataset.training)) training and "
      + "\(count(dataset.test)) test images, \(dataset.size); "
      + (skipped == 0
        ? "every image was readable"
        : "\(grouped(skipped)) image\(skipped == 1 ? " was" : "s were") skipped as unreadable")
  }

  private static func words(_ task: StudyMethods.Task) -> String {
    "\(task.name): \(some(task.classes, atMost: 12).joined(separator: ", "))"
  }

  private static func words(ofScore score: String) -> String {
    score == "final" ? "measured at the end of training" : score
  }

  private static func some(_ texts: [String], atMost limit: Int) -> [String] {
    texts.count <= limit + 1
      ? texts : texts.prefix(limit) + ["and \(grouped(texts.count - limit)) more"]
  }

  // MARK: - Details

  private func writeDetails(_ html: inout HTML) {
    let shown = methods.tasks.prefix(200)
    if methods.tasks.count > MethodsSection.fewTasks {
      html.details("Classes of \(grouped(methods.tasks.count)) tasks") { html in
        html.nested("ul") { html in
          for task in shown {
            html.element(
              "li",
              "\(task.name): \(MethodsSection.some(task.classes, atMost: 60).joined(separator: ", "))"
            )
          }
          if methods.tasks.count > shown.count {
            html.element("li", "and \(grouped(methods.tasks.count - shown.count)) more")
          }
        }
      }
    }
    for network in methods.networks.prefix(12) where !network.layers.isEmpty {
      html.details("Layers of \(network.name)") { html in
        html.nested("ol") { html in
          for layer in network.layers.prefix(400) {
            html.element("li", "\(layer.name): \(layer.operations)")
          }
        }
      }
    }
    for dataset in methods.datasets where !dataset.skipped.isEmpty {
      html.details("Images of \(dataset.name) skipped as unreadable") { html in
        html.nested("ul") { html in
          for file in MethodsSection.some(dataset.skipped, atMost: 200) { html.element("li", file) }
        }
      }
    }
  }

  // MARK: - Notation

  private func writeNotation(_ html: inout HTML) {
    let treatments = Set(analysis.experiments.flatMap { $0.series.map(\.treatment) })
    let hasRandomDivisions = analysis.experiments.contains { $0.scope == .randomDivisions }
    html.details("How to read tables and figures") { html in
      html.nested("dl") { html in
        func term(_ name: String, _ text: String) {
          html.element("dt", name)
          html.element("dd", text)
        }
        term(
          "A, B",
          "tasks: B is the target, on which a network is trained last and evaluated; A is another task"
            + (hasRandomDivisions
              ? "; with random divisions of the classes, B stands for every target of every division; 0B is task B "
                + "of the division with seed 0" : ""))
        term("base, n = 0", "trained from scratch on the task; nothing is copied")
        term("n", "the number of first layers that are copied from another network")
        if treatments.contains(where: { !$0.crossesTasks && $0.kind != .random }) {
          term(
            "BnB (selffer)",
            "the first n layers are copied from the task's own base and frozen; the rest is initialized and "
              + "trained on B")
        }
        if treatments.contains(where: \.crossesTasks) {
          term(
            "AnB (transfer)",
            "the first n layers are copied from a network that was trained on A and frozen; the rest is initialized and "
              + "trained on B")
        }
        if treatments.contains(where: { $0.kind == .fineTuned }) {
          term("+", "copied layers are not frozen: they are fine-tuned with the rest")
        }
        if treatments.contains(where: { $0.kind == .preserved }) {
          term(
            "AnpmB", "the first n layers are copied and frozen, m more are copied and fine-tuned")
        }
        if treatments.contains(where: { $0.phases != nil }) {
          term(
            "(…)",
            "trained in phases, one after the other; the name in parentheses is the study's, or their number"
          )
        }
        if treatments.contains(where: { $0.kind == .random }) {
          term("RnB", "the first n layers are random and frozen")
        }
        term(
          "grey band",
          "the 95 % interval of the base networks' mean, around the dashed line; there is none without an "
            + "interval")
        term(
          "target",
          "what two runs must share to be compared: the task with its classes, the seed, and the limit on "
            + "examples")
      }
    }
  }
}
