import Dispatch

/// Does what blocks on a thread of its own, while the test waits: Swift's pool has few threads.
package func onThread<Result: Sendable>(
  _ body: @escaping @Sendable () throws -> Result
) async throws -> Result {
  try await withCheckedThrowingContinuation { continuation in
    DispatchQueue(label: "a test that blocks").async {
      continuation.resume(with: Swift.Result { try body() })
    }
  }
}
