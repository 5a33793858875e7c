import ArtifactStore
import Basics
import SystemPackage
import TestSupport
import Testing

@Suite struct ActivationTests {
  @Test func theOldestGoWhereTheBudgetIsSpent() throws {
    let files = MemoryFileSystem()
    let store = Store(at: "store", fileSystem: files)
    func keep(_ name: String, bytes: Int, budget: Int) throws {
      let workspace = try store.makeWorkspace()
      let file = workspace.appending("file")
      try files.append([UInt8](repeating: 1, count: bytes), to: file)
      try store.keepActivations(file, as: Fingerprint(of: name), budget: budget)
    }
    func has(_ name: String) throws -> Bool {
      try files.exists(store.activationsPath(Fingerprint(of: name)))
    }
    for name in ["a", "b", "c"] { try keep(name, bytes: 100, budget: 300) }
    #expect(try has("a") && has("b") && has("c"))
    // An existing one is replaced, and counts once.
    try keep("a", bytes: 100, budget: 300)
    #expect(try has("a") && has("b") && has("c"))
    try keep("d", bytes: 150, budget: 300)
    #expect(try !has("b") && !has("c") && has("a") && has("d"))
    try keep("e", bytes: 300, budget: 300)
    #expect(try files.names(in: store.activationsFolder).count == 1 && has("e"))
  }
}
