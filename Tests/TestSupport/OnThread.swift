import Dispatch

/// Runs blocking work on a separate thread while the test waits, since Swift's pool has few threads.
package func onThread<Result: Sendable>(
  _ body: @escaping @Sendable () throws -> Result
) async throws -> Result {
  try await withCheckedThrowingContinuation { continuation in
    DispatchQueue(label: "a test that blocks").async {
      continuation.resume(with: Swift.Result { try body() })
    }
  }
}
