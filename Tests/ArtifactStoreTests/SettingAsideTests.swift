import ArtifactStore
import Basics
import SystemPackage
import TestSupport
import Testing

@Suite struct SettingAsideTests {
  private let files = MemoryFileSystem()
  private let store: Store
  private let artifact: StoredArtifact
  private let fingerprint = sampleRecord().fingerprint

  init() throws {
    store = Store(at: "store", fileSystem: files)
    artifact = try store.publish(sampleRecord(), texts: ["weights": "0.5", "log": "x"], on: files)
  }

  private var setAside: [String] { get throws { try files.names(in: store.damagedFolder) } }

  @Test func alteredObjectIsMovedAwayAndTheStageIsUnusable() throws {
    files.damage(artifact.files["weights"]!) { $0[0] ^= 1 }
    let object = artifact.record.outputs["weights"]!
    #expect(try store.examine(object, named: "weights") == .damaged(.outputAltered("weights")))
    try store.setAside(.outputAltered("weights"), of: fingerprint)
    let name = try #require(try setAside.first)
    #expect(name.hasPrefix(object.digest.hexadecimal + "~"))
    #expect(try files.read(store.damagedFolder.appending(name)) == Array("1.5".utf8))
    #expect(try store.artifact(for: fingerprint).damage == .outputMissing("weights"))
    // Repeating it has no effect.
    try store.setAside(.outputAltered("weights"), of: fingerprint)
    #expect(try setAside.count == 1)
  }

  @Test func whatIsAsRecordedStays() throws {
    // Another process has replaced it since it was found damaged.
    try store.setAside(.outputAltered("weights"), of: fingerprint)
    try store.setAside(.recordDamaged("it was"), of: fingerprint)
    #expect(try setAside.isEmpty)
    #expect(try store.artifact(for: fingerprint).content != nil)
  }

  @Test func damagedRecordIsMovedAway() throws {
    files.damage(store.recordPath(fingerprint)) { $0[200] ^= 1 }
    let damage = try #require(try store.record(for: fingerprint).damage)
    try store.setAside(damage, of: fingerprint)
    #expect(try setAside.count == 1)
    #expect(try store.record(for: fingerprint).isAbsent)
  }
}
