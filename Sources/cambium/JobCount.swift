import ArgumentParser
import Execution

/// The maximum number of parallel stages: a number, or `auto`.
enum JobCount: ExpressibleByArgument, Equatable {
  case number(Int)
  case automatic

  init?(argument: String) {
    if argument == "auto" {
      self = .automatic
    } else if let number = Int(argument), (1...1024).contains(number) {
      self = .number(number)
    } else {
      return nil
    }
  }

  /// The corresponding option of a run.
  var option: ExecutionOptions.Jobs {
    switch self {
    case .number(let number): .atMost(number)
    case .automatic: .automatic
    }
  }

  var defaultValueDescription: String {
    switch self {
    case .number(let number): "\(number)"
    case .automatic: "auto"
    }
  }
}
