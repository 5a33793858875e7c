import Basics
import Definitions
import OrderedCollections

/// The version of the grammar that this program reads.
package let grammarVersion = 1

/// Reads a pipeline: text to a checked description.
///
/// - Parameters:
///   - source: the pipeline file's text (see `SourceText.decoding`).
///   - fileName: the pipeline's name where the file gives none; without folder and extension.
///     Characters that a name cannot have become `-`.
///   - settings: what the command line sets, in its order; each must be a parameter of the file.
/// - Returns: the description, with what deserves a warning.
/// - Throws: `DiagnosticError` with every independent problem: those of `settings` first, then by
///   place in the file.
package func describe(
  _ source: SourceText, fileName: String, settings: [(key: String, value: String)] = []
) throws(DiagnosticError) -> Description {
  if source.text.utf8.count > SourceText.mostBytes {
    throw SourceText.tooLarge(name: source.name)
  }
  let source = source.withoutByteOrderMark()
  let context = ReadingContext(diagnostics: DiagnosticCollector())
  let description = NodeComposer.document(of: source, diagnostics: context.diagnostics).flatMap {
    PipelineReader(context: context).read($0, fileName: fileName, settings: settings)
  }
  let diagnostics = context.diagnostics.sorted(file: source)
  guard var description, !context.diagnostics.hasErrors else {
    throw DiagnosticError(diagnostics)
  }
  description.warnings = diagnostics
  return description
}

/// Reads the top level of a file: each section by its own reader, in the order of their dependence.
private struct PipelineReader {
  let context: ReadingContext

  func read(
    _ root: Node, fileName: String, settings: [(key: String, value: String)]
  ) -> Description? {
    var start = root.span
    start.end = start.start
    let field = Field(name: "the file", node: root, keySpan: start, context: context)
    guard case .mapping = root else {
      field.report("a pipeline file is a mapping that begins with 'cambium: 1'")
      return nil
    }
    guard var reader = FieldReader(field, Subject("the pipeline")),
      checkVersion(&reader)
    else { return nil }
    let parameters = Parameters.read(reader.field("params"), settings: settings, context: context)
    var scoped = context
    scoped.scope.parameters = Dictionary(
      uniqueKeysWithValues: parameters.map { ($0, $1.binding) })
    func section(_ key: String) -> Field? {
      reader.field(key).map {
        Field(name: key, node: $0.node, keySpan: $0.keySpan, context: scoped)
      }
    }

    let name = name(section("name"), fileName: fileName)
    let library = Library(
      datasets: section("datasets"), splits: section("splits"), networks: section("networks"),
      solvers: section("solvers"))
    var stageReader = StageReader(library)
    var table = StageTable(section("stages"), reader: &stageReader)
    var datasets = library.datasets.good
    if let field = section("studies") {
      var studies = StudyExpander(library, parameters: parameters, among: table)
      studies.expand(field, into: &table)
      datasets.merge(studies.datasets) { $1 }
    }
    reader.finish()
    let stages = StageResolver.descriptions(of: table, context: scoped)
    MeasuredImages(datasets: datasets.good, context: scoped).check(stages)
    warnUnused(parameters, root)
    return Description(
      name: name, parameters: parameters.mapValues(\.binding.value), datasets: datasets,
      networks: library.networks.good.mapValues { Described($0.content.definition, at: $0.span) },
      stages: stages)
  }

  /// Whether the rest of the file can be understood.
  private func checkVersion(_ reader: inout FieldReader) -> Bool {
    guard let field = reader.field("cambium") else {
      context.diagnostics.report(
        "the file does not say its grammar's version: begin it with 'cambium: \(grammarVersion)'",
        at: reader.owner)
      return true
    }
    guard let version = field.integer(in: 0...Int.max), version != grammarVersion else {
      return true
    }
    field.report(
      "the file is written in version \(version) of the grammar, but this program reads version "
        + "\(grammarVersion)")
    return false
  }

  private func name(_ field: Field?, fileName: String) -> String {
    guard let field else {
      var safe = String(
        String.UnicodeScalarView(
          fileName.unicodeScalars.prefix(NameRule.longest).map {
            NameRule.stage.isAllowed($0) ? $0 : "-"
          }))
      while let first = safe.first, "-+.".contains(first) { safe.removeFirst() }
      return safe.isEmpty ? "pipeline" : safe
    }
    guard let name = field.text(), context.check(name, .stage, "pipeline", at: field.span)
    else { return "" }
    return name
  }

  /// Only for a file without errors: a reference that is misspelled leaves its parameter unused.
  private func warnUnused(_ parameters: OrderedDictionary<String, Parameter>, _ root: Node) {
    guard !parameters.isEmpty, !context.diagnostics.hasErrors else { return }
    let used = root.references
    for (name, parameter) in parameters where !used.contains(name) {
      context.diagnostics.warn("parameter '\(name)' is never used", at: parameter.binding.span)
    }
  }
}
