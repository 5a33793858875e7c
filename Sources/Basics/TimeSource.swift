/// Where the time comes from; passed in, so that tests have a clock of their own.
///
/// No result depends on the time: it enters records, logs and progress lines only.
package protocol TimeSource: Sendable {
  /// Seconds since 1970-01-01T00:00:00Z.
  var now: Double { get }
}
