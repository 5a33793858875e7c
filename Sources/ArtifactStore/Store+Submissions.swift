import Basics
import SystemPackage

// submissions/<id>/submission.json   the jobs that stages were submitted to a cluster in; a note
// submissions/<id>/decisions.json    what was known of them only later; a note
// submissions/<id>/                  their scripts and their output
//
// The value of a submission is that of the module that submits; a store only keeps it.

extension Store {
  var submissionsFolder: FilePath { root.appending("submissions") }

  /// The folder of a submission, with the scripts and the output of its jobs.
  package func submissionFolder(_ id: String) -> FilePath { submissionsFolder.appending(id) }

  func submissionPath(_ id: String) -> FilePath {
    submissionFolder(id).appending("submission.json")
  }

  /// The submissions, in the order of their names.
  package func submissionIDs() throws(DiagnosticError) -> [String] {
    try fileSystem.names(in: submissionsFolder).filter { !$0.hasPrefix(".") }
  }

  /// What is known of a submission; `nil` if there is none of that name, or its note is damaged.
  package func submission(_ id: String) -> Value? {
    guard case .found(let note) = note(at: submissionPath(id)), note["id"]?.asString == id else {
      return nil
    }
    return note
  }

  /// Writes what is known of a submission.
  ///
  /// - Parameter value: a map with the entry `id`.
  package func keepSubmission(_ value: Value, _ id: String) throws(DiagnosticError) {
    try keep(value, at: submissionPath(id))
  }

  /// What was known of a submission only later; `nil` if nothing was.
  package func decisions(ofSubmission id: String) -> Value? {
    guard case .found(let note) = note(at: submissionFolder(id).appending("decisions.json")) else {
      return nil
    }
    return note
  }

  /// Writes what is known of a submission by now, beside what the submitter wrote, which it may still be adding to.
  ///
  /// - Parameter value: a map with the entry `format`.
  package func keepDecisions(_ value: Value, ofSubmission id: String) throws(DiagnosticError) {
    try keep(value, at: submissionFolder(id).appending("decisions.json"))
  }

  /// Writes a file of a submission, such as a script.
  ///
  /// - Returns: its path.
  @discardableResult
  package func write(
    _ text: String, ofSubmission id: String, named name: String
  ) throws(DiagnosticError) -> FilePath {
    let folder = submissionFolder(id)
    try makeFolder(folder)
    let path = folder.appending(name)
    try fileSystem.write(text, to: path)
    return path
  }

  /// Removes a submission with the output of its jobs.
  package func removeSubmission(_ id: String) throws(DiagnosticError) {
    try fileSystem.remove(submissionFolder(id))
  }
}
