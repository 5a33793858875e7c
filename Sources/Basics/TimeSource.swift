/// The source of the current time; passed in, so that tests can use a clock of their own.
///
/// Results do not depend on the time: it is only used in records, logs and progress lines.
package protocol TimeSource: Sendable {
  /// Seconds since 1970-01-01T00:00:00Z.
  var now: Double { get }
}
