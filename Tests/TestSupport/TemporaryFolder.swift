import Basics
import SystemPackage

/// Runs a test with an empty folder on disk, and removes it afterwards.
package func withTemporaryFolder<Result>(
  _ body: (FilePath) throws -> Result
) throws -> Result {
  let folder = newTemporaryFolder()
  defer { try? LocalFileSystem().remove(folder) }
  try LocalFileSystem().makeFolder(folder)
  return try body(folder)
}

/// The same for an asynchronous test.
package func withTemporaryFolder<Result>(
  isolation: isolated (any Actor)? = #isolation,
  _ body: (FilePath) async throws -> Result
) async throws -> Result {
  let folder = newTemporaryFolder()
  defer { try? LocalFileSystem().remove(folder) }
  try LocalFileSystem().makeFolder(folder)
  return try await body(folder)
}

private func newTemporaryFolder() -> FilePath {
  FilePath("/tmp/cambium-test-\(String(UInt64.random(in: .min ... .max), radix: 36))")
}
