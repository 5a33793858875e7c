import ArgumentParser
import Basics
import Definitions
import PipelineLanguage
import Planning
import SystemPackage

/// What commands on stages of a pipeline take: the file, which may be left out, and names of stages.
struct StageOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "The pipeline file; by default 'pipeline.yaml' in the current folder.",
      discussion:
        "The first argument is the file if it ends in .yaml or .yml, contains '/', or is an existing file; otherwise it is a stage.",
      valueName: "file"),
    completion: .custom(StageCompletion.filesAndStages))
  var first: String?

  @Argument(
    help: ArgumentHelp(
      "Names of stages; where several can be named, '*' matches any characters.", valueName: "stage"
    ),
    completion: .custom(StageCompletion.stages))
  var others: [String] = []

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Overrides a parameter of the file; may be repeated.", valueName: "key=value"))
  var settings: [String] = []

  @Option(
    help: "The store folder; by default '.cambium' next to the pipeline file.",
    completion: .directory)
  var store: String?
}

extension StageOptions {
  private var namesFile: Bool { first.map(StageOptions.isFile) ?? true }

  /// Whether a word stands for a pipeline file where it may stand for a stage as well.
  static func isFile(_ word: String) -> Bool {
    let lower = word.lowercased()
    // No stage's name has a '/'.
    if lower.hasSuffix(".yaml") || lower.hasSuffix(".yml") || word.contains("/") { return true }
    return (try? LocalFileSystem().status(of: FilePath(word)))?.map { $0.kind != .folder } ?? false
  }

  var pipeline: PipelineOptions {
    PipelineOptions(file: namesFile ? first : nil, settings: settings, store: store)
  }

  /// The names of stages as they were given.
  var stages: [String] { (namesFile ? [] : first.map { [$0] } ?? []) + others }

  /// The one stage that the command is about.
  ///
  /// - Throws: `DiagnosticError` where none is named, or several are.
  func oneStage() throws -> String {
    guard stages.count == 1 else {
      throw stages.isEmpty
        ? DiagnosticError.noStage : DiagnosticError("name one stage, not \(stages.count)")
    }
    return stages[0]
  }
}

extension DiagnosticError {
  /// A command on stages was given none.
  static let noStage = DiagnosticError(
    "name a stage",
    notes: [.init("'cambium plan' lists them; where several can be named, '*' stands for all")])
}

/// What shells complete to: names of stages from the pipeline file as it stands; its data is not looked at.
enum StageCompletion {
  /// - Parameters:
  ///   - words: the command line, the program's name first.
  ///   - index: the position of the word that is completed.
  ///   - prefix: what stands of it.
  @Sendable static func stages(_ words: [String], _ index: Int, _ prefix: String) -> [String] {
    var others = words
    if words.indices.contains(index) { others.remove(at: index) }
    let file = others.dropFirst(2).first { !$0.hasPrefix("-") && StageOptions.isFile($0) }
    let options = PipelineOptions(file: file, settings: settings(in: others), store: nil)
    guard let description = try? options.describe(printsWarnings: false) else { return [] }
    let names =
      description.stages.map(\.name) + description.datasetsRead.map { PreparingStage.name(of: $0) }
    return names.filter { $0.hasPrefix(prefix) }
  }

  @Sendable static func filesAndStages(
    _ words: [String], _ index: Int, _ prefix: String
  ) -> [String] {
    let files = files(prefix)
    return prefix.contains("/") ? files : files + stages(words, index, prefix)
  }

  private static func settings(in words: [String]) -> [String] {
    var settings: [String] = []
    for (word, next) in zip(words, words.dropFirst()) where word == "--set" {
      settings.append(next)
    }
    return settings + words.filter { $0.hasPrefix("--set=") }.map { String($0.dropFirst(6)) }
  }

  /// Pipeline files and folders that a path may lead to.
  private static func files(_ prefix: String) -> [String] {
    let slash = prefix.lastIndex(of: "/")
    let folder = slash.map { String(prefix[...$0]) } ?? ""
    let start = slash.map { String(prefix[prefix.index(after: $0)...]) } ?? prefix
    let fileSystem = LocalFileSystem()
    let names = (try? fileSystem.names(in: FilePath(folder.isEmpty ? "." : folder))) ?? []
    return names.sorted().compactMap { name in
      guard name.hasPrefix(start), !name.hasPrefix(".") || start.hasPrefix(".") else { return nil }
      if name.hasSuffix(".yaml") || name.hasSuffix(".yml") { return folder + name }
      let status = try? fileSystem.status(of: FilePath(folder + name))
      return status?.kind == .folder ? folder + name + "/" : nil
    }
  }
}
