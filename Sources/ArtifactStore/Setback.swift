import Basics

/// The reason why a stage has no result yet, stored under its fingerprint until it has one.
///
/// It is shown as the reason for running the stage again; no result depends on it.
package enum Setback: Hashable, Sendable {
  case failed(PastFailure)
  /// A result was found to be damaged in this way, and set aside.
  case damaged(String)
  /// The user had its result, or what there was of it, removed by name at this time, in seconds since 1970.
  case removed(at: Double)
}

/// How a stage failed in an earlier run.
package struct PastFailure: Hashable, Sendable {
  /// The name of the run, with which its logs begin.
  package var run: String
  /// In seconds since 1970.
  package var time: Double
  package var cause: FailureCause
  package var messages: [String]

  package init(run: String, time: Double, cause: FailureCause, messages: [String]) {
    self.run = run
    self.time = time
    self.cause = cause
    self.messages = messages
  }
}

extension PastFailure: CustomStringConvertible {
  /// The cause where it has a name, and otherwise the first line of the first message.
  package var description: String {
    guard cause == .other else { return "\(cause)" }
    let line = messages.first?.split(whereSeparator: \.isNewline).first.map(String.init)
    return printable(line ?? "unknown cause")
  }
}

extension PastFailure: ValueConvertible {
  /// `{"run", "time", "cause": {"why", …}, "errors": […]}`
  package var value: Value {
    [
      "run": .string(run), "time": .number(time), "cause": cause.value,
      "errors": .list(messages.map(Value.string)),
    ]
  }

  /// Reads what `value` gave; `nil` for anything else.
  package init?(_ value: Value) {
    guard let run = value["run"]?.asString, let time = value["time"]?.double,
      let messages = value["errors"]?.asList
    else { return nil }
    self.init(
      run: run, time: time, cause: value["cause"].flatMap(FailureCause.init) ?? .other,
      messages: messages.compactMap(\.asString))
  }
}

extension Setback: ValueConvertible {
  package var value: Value {
    switch self {
    case .failed(let failure): ["failed": failure.value]
    case .damaged(let damage): ["damaged": .string(damage)]
    case .removed(let time): ["removed": .number(time)]
    }
  }

  /// Reads what `value` gave; `nil` for anything else.
  package init?(_ value: Value) {
    if let failure = value["failed"].flatMap(PastFailure.init) {
      self = .failed(failure)
    } else if let damage = value["damaged"]?.asString {
      self = .damaged(damage)
    } else if let time = value["removed"]?.double, time.isFinite {
      self = .removed(at: time)
    } else {
      return nil
    }
  }
}
