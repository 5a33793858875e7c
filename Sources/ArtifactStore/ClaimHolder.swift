import Basics

/// The run that computes a stage, as stated by its claim.
package struct ClaimHolder: Hashable, Sendable {
  package var fingerprint: Fingerprint
  /// The name of the stage in that run.
  package var stage: String
  package var pipeline: String
  /// The name of the run, with which the names of its logs begin.
  package var run: String
  /// The name of the machine.
  package var host: String
  package var process: ProcessIdentity
  /// Seconds since 1970, by the clock of that machine.
  package var since: Double

  package init(
    fingerprint: Fingerprint, stage: String, pipeline: String, run: String, since: Double,
    process: ProcessIdentity = .current
  ) {
    self.fingerprint = fingerprint
    self.stage = stage
    self.pipeline = pipeline
    self.run = run
    self.since = since
    self.process = process
    host = ProcessIdentity.hostName
  }
}

extension ClaimHolder: CustomStringConvertible {
  /// `process 4711 on tern, for pipeline 'cifar10'`.
  package var description: String {
    "process \(process.id) on \(host), for pipeline '\(pipeline)'"
  }
}

extension ClaimHolder: ValueConvertible {
  package var value: Value {
    [
      "fingerprint": .string(fingerprint.hexadecimal), "stage": .string(stage),
      "pipeline": .string(pipeline), "run": .string(run), "host": .string(host),
      "process": .integer(Int(process.id)), "since": .number(since),
    ]
  }

  /// The content of a claim's file: a JSON object in two lines.
  struct Content {
    /// Whose claim it is: the same for all claims of a process.
    var owner: String
    /// Which one it is.
    var rest: String

    var text: String { owner + rest }
  }

  /// The content of a claim's file.
  ///
  /// - Parameter number: distinguishes two claims of one process.
  func content(number: UInt64) -> Content {
    var rest = value.asMap ?? [:]
    var owner: [String: Value] = ["format": 1, "owner": .string("\(process)")]
    for key in ["host", "process"] { owner[key] = rest.removeValue(forKey: key) }
    rest["number"] = .string(String(number, radix: 36))
    return Content(
      owner: Value.map(owner).json().dropLast() + ",\n",
      rest: Value.map(rest).json().dropFirst() + "\n")
  }

  /// The process that a claim's file belongs to; `nil` if its first line is incomplete, or it has been written by an
  /// earlier version and is incomplete at all.
  static func owner(of bytes: [UInt8]) -> ProcessIdentity? {
    if let holder = ClaimHolder(json: bytes) { return holder.process }
    let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
    guard line.count < bytes.count, line.last == UInt8(ascii: ","),
      let value = try? Value(json: line.dropLast() + [UInt8(ascii: "}")]), value["format"] == 1
    else { return nil }
    return value["owner"]?.asString.flatMap { ProcessIdentity($0) }
  }

  /// Reads a claim's file; `nil` if it is incomplete.
  init?(json bytes: [UInt8]) {
    guard let value = try? Value(json: bytes), value["format"] == 1,
      let fingerprint = value["fingerprint"]?.asString.flatMap({ Fingerprint(hexadecimal: $0) }),
      let stage = value["stage"]?.asString, let pipeline = value["pipeline"]?.asString,
      let run = value["run"]?.asString, let host = value["host"]?.asString,
      let process = value["owner"]?.asString.flatMap({ ProcessIdentity($0) }),
      let since = value["since"]?.double
    else { return nil }
    self.init(
      fingerprint: fingerprint, stage: stage, pipeline: pipeline, run: run, since: since,
      process: process)
    self.host = host
  }
}
