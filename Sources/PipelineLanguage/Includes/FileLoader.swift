import Basics

/// Reads a pipeline file and the files that it includes.
struct FileLoader {
  /// The maximum depth of includes.
  static let deepest = 16
  /// The maximum number of files of a pipeline.
  static let most = 100

  private let context: ReadingContext
  private let files: any PipelineFiles
  /// The files in reading order, which is also the order of problems.
  private(set) var sources: [SourceText] = []
  private(set) var sections = PipelineSections()
  private var bytes = 0
  /// The files currently being included, outermost first.
  private var open: [IncludePath] = []
  private var loaded: Set<IncludePath> = []

  init(_ context: ReadingContext, _ files: any PipelineFiles) {
    self.context = context
    self.files = files
  }

  /// Reads the pipeline file itself; returns whether it can be parsed at all.
  mutating func load(_ source: SourceText) -> Bool {
    let name = source.name.split(separator: "/").last.map(String.init) ?? source.name
    return load(source, at: IncludePath(name: name))
  }

  private mutating func load(_ source: SourceText, at path: IncludePath) -> Bool {
    let source = source.withoutByteOrderMark()
    sources.append(source)
    bytes += source.text.utf8.count
    guard bytes <= SourceText.mostBytes else {
      let start = SourcePosition(line: 1, column: 1)
      context.diagnostics.report(
        "the file and those it includes are larger than \(SourceText.mostBytes >> 20) MB",
        at: SourceSpan(source: sources[0], start: start, end: start))
      return false
    }
    guard let root = NodeComposer.document(of: source, diagnostics: context.diagnostics),
      var reader = reader(root)
    else { return false }
    open.append(path)
    loaded.insert(path)
    if let field = reader.field("include") { include(field, from: path) }
    if open.count > 1 { refuseStages(&reader) }
    open.removeLast()
    sections.add(reader, at: path)
    return true
  }

  private func reader(_ root: Node) -> FieldReader? {
    var start = root.span
    start.end = start.start
    let field = Field(name: "the file", node: root, keySpan: start, context: context)
    guard case .mapping = root else {
      field.report("a pipeline file is a mapping that begins with 'cambium: 1'")
      return nil
    }
    guard var reader = FieldReader(field, Subject("the pipeline")), checkVersion(&reader) else {
      return nil
    }
    return reader
  }

  /// Whether the rest of the file can be parsed.
  private func checkVersion(_ reader: inout FieldReader) -> Bool {
    guard let field = reader.field("cambium") else {
      context.diagnostics.report(
        "the file does not state the version of the grammar: begin it with 'cambium: \(grammarVersion)'",
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

  /// Rejects stages in an included file: stages belong to the pipeline that runs them.
  private mutating func refuseStages(_ reader: inout FieldReader) {
    for key in ["stages", "studies"] {
      guard let field = reader.field(key), !field.isEmpty else { continue }
      context.diagnostics.report(
        "an included file cannot have '\(key)': only its definitions are used",
        at: field.keySpan)
    }
  }

  // MARK: - Including

  private mutating func include(_ field: Field, from path: IncludePath) {
    let paths = field.list("a list of files") { element in element.path() }
    guard let paths, field.distinct(paths, "file") else {
      sections.breakOff()
      return
    }
    for written in paths {
      if !include(path.resolving(written.content), at: written.span) { sections.breakOff() }
    }
  }

  /// Reads a file unless it has been read; returns whether its definitions are available.
  private mutating func include(_ path: IncludePath, at span: SourceSpan) -> Bool {
    if let start = open.firstIndex(of: path) {
      let chain = (open[start...] + [path]).map(\.text).joined(separator: " → ")
      context.diagnostics.report(
        open.count - start == 1
          ? "'\(path.text)' includes itself" : "files include each other in a cycle: \(chain)",
        at: span)
      return false
    }
    if loaded.contains(path) { return true }
    guard open.count < FileLoader.deepest else {
      context.diagnostics.report(
        "includes are nested more than \(FileLoader.deepest) deep", at: span)
      return false
    }
    guard loaded.count < FileLoader.most else {
      context.diagnostics.report("a pipeline may have at most \(FileLoader.most) files", at: span)
      return false
    }
    do throws(DiagnosticError) {
      return load(try files.text(at: path.text), at: path)
    } catch {
      for var diagnostic in error.diagnostics {
        if diagnostic.span == nil {
          diagnostic.span = span
        } else {
          diagnostic.notes.append(Diagnostic.Note("it is included here", at: span))
        }
        context.diagnostics.report(diagnostic)
      }
      return false
    }
  }
}
