import Basics

/// The top level of a pipeline file and of all files that it includes.
struct PipelineSections {
  /// A file whose keys are read one by one.
  private struct File {
    var path: IncludePath
    var reader: FieldReader
  }

  private var files: [File] = []
  /// Whether a file could not be read, so that any name might have been defined in it.
  private(set) var isBroken = false

  /// Adds a file after those that it includes.
  mutating func add(_ reader: FieldReader, at path: IncludePath) {
    files.append(File(path: path, reader: reader))
  }

  mutating func breakOff() { isBroken = true }

  /// The section in every file that has it. Included files come first, so that a duplicate definition is reported at
  /// the later one.
  mutating func fields(_ key: String, scope: Scope = Scope()) -> [Field] {
    files.indices.compactMap { field(key, ofFile: $0, scope) }
  }

  /// The section of the pipeline file itself, which is the last.
  mutating func own(_ key: String, scope: Scope = Scope()) -> Field? {
    // The key is valid in every file, even if it has no effect there.
    for index in files.indices.dropLast() { _ = files[index].reader.field(key) }
    return files.indices.last.flatMap { field(key, ofFile: $0, scope) }
  }

  private mutating func field(_ key: String, ofFile index: Int, _ scope: Scope) -> Field? {
    guard var field = files[index].reader.field(key) else { return nil }
    field.context.scope = scope
    field.context.includedFile = index == files.count - 1 ? nil : files[index].path
    return field
  }

  /// Reports keys that no section reads.
  func finish() { for file in files { file.reader.finish() } }

  /// All names that anything in the files refers to.
  var references: Set<String> {
    files.reduce(into: []) { $0.formUnion($1.reader.references) }
  }
}
