import Basics

/// Values that stay until the program ends.
///
/// Taking ten thousand stages apart one by one takes a twentieth of the time in which they are planned, and what the
/// program has at its end the system takes back at once.
enum KeptValues {
  private static let all = Guarded<[any Sendable]>([])

  static func keep(_ value: some Sendable) { all.withLock { $0.append(value) } }
}
