import ArtifactStore
import Basics
import Execution
import Planning
import SystemPackage

/// Runs `report` stages: brings evaluations together in a table and a figure.
package struct ReportRunner: StageRunner {
  /// The name of the table among a report's files.
  package static let tableFile = "accuracy.txt"

  private let fileSystem: any FileSystem

  package init(fileSystem: any FileSystem) { self.fileSystem = fileSystem }

  package func run(_ stage: PlannedStage, in context: StageContext) throws -> StageProduct {
    guard case .report(let work) = stage.work else {
      preconditionFailure("a report stage has report work")
    }
    let results = try work.entries.enumerated().map { index, entry in
      guard let evaluation = context.inputs["evaluation \(index)"] else {
        preconditionFailure("a report stage has an input for each entry")
      }
      return try AccuracyResult(entry: entry, evaluation: evaluation.record)
    }
    let table = AccuracyTable(results)
    let contents = [
      ReportRunner.tableFile: table.text,
      "accuracy.csv": AccuracyExport.csv(results),
      "accuracy.json": AccuracyExport.json(results).json(indented: true) + "\n",
      "accuracy.svg": AccuracyFigure(table).svg,
    ]
    var files: [String: FilePath] = [:]
    for (name, text) in contents {
      let path = context.workspace.appending(name)
      try fileSystem.write(Array(text.utf8), to: path)
      files[name] = path
    }
    return StageProduct(files: files, metrics: ["runs": .integer(results.count)])
  }
}

extension AccuracyResult {
  /// Reads the result from an evaluation's record.
  ///
  /// - Throws: `DiagnosticError` where the record lacks a figure.
  init(entry: ReportEntry, evaluation: StageRecord) throws {
    let metrics = evaluation.metrics
    guard let top1 = metrics["score"]?.double ?? metrics["top1"]?.double,
      case .integer(let images)? = metrics["images"],
      case .bool(let didNotTrain)? = metrics["did-not-train"]
    else {
      throw DiagnosticError("the record of evaluation '\(evaluation.stage)' has no accuracy")
    }
    let selecting = metrics["selected-on"]
    self.init(
      entry: entry, top1: top1, images: images, didNotTrain: didNotTrain,
      scoreRule: metrics["score-rule"]?.asString ?? "final",
      isSelectedOnItself: selecting != nil && selecting == evaluation.settings["subset"])
  }
}
