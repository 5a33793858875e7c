import Basics

/// Where the stages of a plan are computed.
package struct Enrolment: Sendable {
  /// A stage's place in a submission.
  package struct Place: Sendable {
    package var submission: String
    package var number: TaskNumber
    /// The name and the number of the job.
    package var jobName: String
    package var job: Int
    package var stage: Submission.Stage
  }

  /// By the fingerprints of stages without an artifact.
  package var places: [Fingerprint: Place] = [:]
  /// What was submitted now.
  package var new: Submission?
  /// The number of tasks that were queued or running before, and that compute stages of the plan.
  package var joined = 0
  /// How many of the stages submitted now run only if images that are not packed yet turn out to differ.
  package var open = 0
  /// The number of stages that Slurm has no room for now, and its words.
  package var held = 0
  package var heldBecause: String?
  /// Tasks of the file as it was, all of whose stages have changed: how many were cancelled, and how many were not.
  package var cancelled = 0
  package var obsolete = 0
}
