import Basics
import SystemPackage

/// The script of a job array.
package struct BatchScript: Sendable {
  /// The name of the job.
  package var name: String
  package var indices: [Int]
  /// The folder of the submission, which all nodes see.
  package var folder: FilePath
  /// The position of the array in the submission.
  package var position: Int
  package var processors: Int
  /// In MiB.
  package var memory: Int
  package var minutes: Int
  /// Slurm's words: `afterany:12:13`; `nil` if nothing has to end first.
  package var dependency: String?
  /// Options of the user, which come last.
  package var options: [String]
  /// The folder of the pipeline file, and this program.
  package var workingFolder: String
  package var program: FilePath

  package init(
    name: String, indices: [Int], folder: FilePath, position: Int, processors: Int, memory: Int,
    minutes: Int, dependency: String?, options: [String], workingFolder: String, program: FilePath
  ) {
    self.name = name
    self.indices = indices
    self.folder = folder
    self.position = position
    self.processors = processors
    self.memory = memory
    self.minutes = minutes
    self.dependency = dependency
    self.options = options
    self.workingFolder = workingFolder
    self.program = program
  }

  /// How long before its limit a job is notified, in seconds.
  package static func warning(minutes: Int) -> Int { min(Margin.warning, minutes * 60 / 4) }

  package var text: String {
    let output = folder.string.replacing("%", with: "%%") + "/\(position)-%a.out"
    var lines = [
      "--job-name=\(name)", "--array=\(BatchScript.ranges(indices))",
      "--output=\(BatchScript.quoted(output))", "--open-mode=append",
      "--chdir=\(BatchScript.quoted(workingFolder))", "--requeue",
      "--signal=B:USR1@\(BatchScript.warning(minutes: minutes))",
      "--time=\(minutes)", "--cpus-per-task=\(processors)",
    ]
    // One that the user sets may be per processor, and Slurm accepts only one kind.
    if !options.contains(where: { $0.hasPrefix("mem=") || $0.hasPrefix("mem-per-") }) {
      lines.append("--mem=\(memory)M")
    }
    if let dependency { lines += ["--dependency=\(dependency)", "--kill-on-invalid-dep=yes"] }
    for option in options {
      let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      lines.append(
        "--\(parts[0])" + (parts.count > 1 ? "=\(BatchScript.quoted(String(parts[1])))" : ""))
    }
    return "#!/bin/sh\n" + lines.map { "#SBATCH \($0)\n" }.joined()
      + "exec \(shellWord(program.string)) task \(shellWord(folder.string)) \(position) \"$SLURM_ARRAY_TASK_ID\"\n"
  }

  /// `0-4,7`
  static func ranges(_ indices: [Int]) -> String {
    var parts: [ClosedRange<Int>] = []
    for index in indices.sorted() {
      if let last = parts.last, last.upperBound + 1 == index {
        parts[parts.count - 1] = last.lowerBound...index
      } else {
        parts.append(index...index)
      }
    }
    return parts.map {
      $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)"
    }.joined(separator: ",")
  }

  /// A word as sbatch reads it in a script: in quotes if it has characters that are special there.
  private static func quoted(_ text: String) -> String {
    let isPlain = text.unicodeScalars.allSatisfy {
      $0.properties.isAlphabetic || "0123456789-_=./+:,%@[]".unicodeScalars.contains($0)
    }
    if isPlain, !text.isEmpty { return text }
    return "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }
}

/// A word as a shell reads it.
package func shellWord(_ word: String) -> String {
  word.unicodeScalars.allSatisfy {
    $0.properties.isAlphabetic || "0123456789-_=./+:,".unicodeScalars.contains($0)
  } && !word.isEmpty
    ? word : "'\(word.replacing("'", with: "'\\''"))'"
}
