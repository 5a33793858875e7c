import Planning
import SystemPackage

/// What is submitted, and what its tasks need to know.
package struct SubmissionRequest: Sendable {
  package var plan: Plan
  /// The absolute path of the pipeline file, and the texts that were read: first its own.
  package var file: FilePath
  package var sources: [Submission.Source]
  package var settings: [String]
  package var run: TaskOptions
  /// This program, where nodes find it.
  package var program: FilePath
  package var version: String
  /// Whether the plan has all stages of the file, so that others are obsolete.
  package var isWhole: Bool

  package init(
    plan: Plan, file: FilePath, sources: [Submission.Source], settings: [String],
    run: TaskOptions, program: FilePath, version: String, isWhole: Bool
  ) {
    self.plan = plan
    self.file = file
    self.sources = sources
    self.settings = settings
    self.run = run
    self.program = program
    self.version = version
    self.isWhole = isWhole
  }
}

extension Submission {
  /// Whether its tasks plan from the same texts and settings.
  func isFrom(_ request: SubmissionRequest) -> Bool {
    file == request.file.string && settings == request.settings && sources == request.sources
  }
}
