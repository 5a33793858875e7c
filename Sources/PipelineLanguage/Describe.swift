import Basics
import Definitions
import OrderedCollections

/// The version of the grammar that this program reads.
package let grammarVersion = 1

/// Reads a pipeline: from text to a checked description.
///
/// - Parameters:
///   - source: the text of the pipeline file (see `SourceText.decoding`).
///   - fileName: the name of the pipeline if the file states none; without folder and extension. Characters that a
///     name cannot contain become `-`.
///   - settings: the settings from the command line, in order; each must be a parameter of the file.
///   - files: provides included files.
///   - kinds: the known kinds of stages.
/// - Returns: the description with its warnings.
/// - Throws: `DiagnosticError` with every independent problem: those of `settings` first, then by location in the
///   file, and in each included one.
package func describe(
  _ source: SourceText, fileName: String, settings: [(key: String, value: String)] = [],
  including files: any PipelineFiles = NoPipelineFiles(), kinds: [StageSyntax]
) throws(DiagnosticError) -> Description {
  if source.text.utf8.count > SourceText.mostBytes {
    throw SourceText.tooLarge(name: source.name)
  }
  let context = ReadingContext(diagnostics: DiagnosticCollector())
  var loader = FileLoader(context, files)
  let isUnderstood = loader.load(source)
  let description =
    isUnderstood
    ? PipelineReader(context: context, sections: loader.sections, kinds: kinds)
      .read(fileName: fileName, settings: settings) : nil
  let diagnostics = context.diagnostics.sorted(files: loader.sources)
  guard var description, !context.diagnostics.hasErrors else {
    // A file with errors will change, so its warnings are not reported yet.
    throw DiagnosticError(diagnostics.filter { $0.severity == .error })
  }
  description.warnings = diagnostics
  return description
}

/// Reads the top level of a pipeline: each section by its own reader, in order of dependence.
private struct PipelineReader {
  let context: ReadingContext
  let sections: PipelineSections
  let kinds: [StageSyntax]

  func read(fileName: String, settings: [(key: String, value: String)]) -> Description {
    var sections = sections
    let parameters = Parameters.read(
      sections.fields("params"), settings: settings, context: context)
    var scope = Scope()
    scope.parameters = Dictionary(
      uniqueKeysWithValues: parameters.good.map { ($0, $1.binding) })
    scope.wrongParameters = parameters.wrong
    scope.isBroken = parameters.isBroken || sections.isBroken

    let name = name(sections.own("name", scope: scope), fileName: fileName)
    let library = Library(&sections, scope: scope)
    var stageReader = StageReader(library, kinds: kinds)
    var table = StageTable(sections.own("stages", scope: scope), reader: &stageReader)
    var datasets = library.datasets.good
    var divisions = OrderedSet(library.splits.good.values.compactMap(\.content.division))
    if let field = sections.own("studies", scope: scope) {
      var studies = StudyExpander(library, parameters: parameters.good, among: table)
      studies.expand(field, into: &table)
      datasets.merge(studies.datasets) { $1 }
      divisions.formUnion(studies.divisions)
    }
    sections.finish()
    let stages = StageResolver.descriptions(of: table, datasets: datasets, context: context)
    MeasuredImages(datasets: datasets, context: context).check(stages)
    KeptNames(datasets: datasets, context: context).check(stages)
    DrawnImages(datasets: datasets, context: context).warn()
    warnUnused(parameters.good, sections)
    return Description(
      name: name, parameters: parameters.good.mapValues(\.binding.value),
      datasets: datasets.mapValues { Described($0.content.definition, at: $0.span) },
      networks: library.networks.good.mapValues { Described($0.content.definition, at: $0.span) },
      solvers: library.solvers.good, divisions: divisions.elements, stages: stages)
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

  /// Only for a file without errors, since a misspelled reference leaves its parameter unused.
  private func warnUnused(
    _ parameters: OrderedDictionary<String, Parameter>, _ sections: PipelineSections
  ) {
    guard !parameters.isEmpty, !context.diagnostics.hasErrors else { return }
    let used = sections.references
    for (name, parameter) in parameters where !used.contains(name) {
      context.diagnostics.warn("parameter '\(name)' is never used", at: parameter.binding.span)
    }
  }
}
