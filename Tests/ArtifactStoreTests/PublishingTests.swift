import ArtifactStore
import Basics
import SystemPackage
import TestSupport
import Testing

@Suite struct PublishingTests {
  private let files = MemoryFileSystem()
  private let store: Store
  private let texts = ["weights": "w w w w", "load report": "all copied"]

  init() { store = Store(at: "/here/.cambium", fileSystem: files) }

  @Test func whatIsPublishedIsFound() throws {
    let published = try store.publish(sampleRecord(), texts: texts, on: files)
    let found = try #require(try store.artifact(for: sampleRecord().fingerprint).content)
    #expect(found.record == published.record)
    #expect(found.files == published.files)
    let outputs = try #require(try store.outputs(for: sampleRecord().fingerprint).content)
    #expect(outputs.map(\.name) == ["load report", "weights"])
    #expect(outputs.allSatisfy { $0.object == found.record.outputs[$0.name] })
    #expect(Set(found.files.keys) == Set(texts.keys))
    for (name, text) in texts {
      #expect(try files.read(#require(found.files[name])) == Array(text.utf8))
      #expect(
        found.record.outputs[name]
          == StoredObject(digest: Fingerprint(of: text), size: text.utf8.count))
    }
    var record = found.record
    record.outputs = [:]
    #expect(record == sampleRecord())
  }

  @Test func objectsLieUnderTheirDigest() throws {
    let artifact = try store.publish(sampleRecord(), texts: ["a": "abc"], on: files)
    #expect(
      artifact.files["a"]
        == "/here/.cambium/objects/ba/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
  }

  @Test func equalContentIsKeptOnce() throws {
    try store.publish(sampleRecord("one"), texts: ["a": "same", "b": "same"], on: files)
    try store.publish(sampleRecord("two"), texts: ["c": "same"], on: files)
    #expect(files.files.keys.count { $0.contains("/objects/") } == 1)
    for name in ["one", "two"] {
      #expect(try store.artifact(for: Fingerprint(of: name)).content != nil)
    }
  }

  @Test func oneFileMayServeUnderTwoNames() throws {
    let workspace = try store.makeWorkspace()
    let path = workspace.appending("file")
    try files.write("x", to: path)
    let artifact = try store.publish(sampleRecord(), files: ["a": path, "b": path])
    #expect(artifact.files["a"] == artifact.files["b"])
    #expect(try files.exists(#require(artifact.files["a"])))
  }

  /// Reading 200 GB again would take minutes.
  @Test func knownContentIsNotReadAgain() throws {
    let file = try store.makeWorkspace().appending("file")
    try files.write("abc", to: file)
    let holder = ClaimHolder(
      fingerprint: sampleRecord().fingerprint, stage: "s", pipeline: "p", run: "r", since: 0)
    guard case .granted(let claim) = try store.claim(for: holder) else {
      Issue.record("nobody else computes it")
      return
    }
    // What the file contains shows what was read.
    let known = FileDigest(digest: Fingerprint(of: "xyz"), size: 3)
    let artifact = try store.publish(
      sampleRecord(), files: ["a": file], known: ["a": known], holding: claim)
    #expect(artifact?.record.outputs["a"] == StoredObject(digest: known.digest, size: 3))

    // A file of another size is not that file.
    try files.write("abcd", to: file)
    let other = try store.publish(
      sampleRecord(), files: ["a": file], known: ["a": known], holding: claim)
    #expect(other?.record.outputs["a"] == StoredObject(digest: Fingerprint(of: "abcd"), size: 4))
  }

  @Test func anInputMayBeAnOutput() throws {
    let first = try store.publish(sampleRecord("one"), texts: ["a": "same"], on: files)
    let second = try store.publish(sampleRecord("two"), files: first.files)
    #expect(second.files == first.files)
    #expect(try store.verify(first.record).isEmpty)
  }

  @Test func stagesWithoutOutputsHaveARecord() throws {
    try store.publish(sampleRecord(), texts: [:], on: files)
    #expect(try store.artifact(for: sampleRecord().fingerprint).content?.files == [:])
  }

  @Test func outputsMustBeFiles() throws {
    let workspace = try store.makeWorkspace()
    try files.makeFolder(workspace.appending("folder"))
    files.makeLink(workspace.appending("link"))
    for name in ["folder", "link", "none"] {
      let path = workspace.appending(name)
      #expect { try store.publish(sampleRecord(), files: ["out": path]) } throws: {
        "\($0)" == "error: output 'out' is not a file: '\(path.string)'"
      }
    }
    #expect(try store.record(for: sampleRecord().fingerprint).isAbsent)
  }

  @Test func damagedObjectIsReplacedWhenMadeAgain() throws {
    let artifact = try store.publish(sampleRecord(), texts: texts, on: files)
    files.damage(artifact.files["weights"]!) { $0[0] ^= 1 }
    #expect(try store.verify(artifact.record) == [.outputAltered("weights")])
    try store.publish(sampleRecord(), texts: texts, on: files)
    #expect(try store.verify(artifact.record).isEmpty)
  }

  @Test func objectsOnTheDiskAreReadOnly() throws {
    try withTemporaryFolder { folder in
      let store = Store(at: folder.appending("store"))
      let artifact = try store.publish(
        sampleRecord(), texts: texts, on: LocalFileSystem())
      let path = try #require(artifact.files["weights"])
      #expect(try store.verify(artifact.record).isEmpty)
      #expect(try LocalFileSystem().read(path) == Array("w w w w".utf8))
      #expect(try LocalFileSystem().names(in: folder.appending("store").appending("tmp")).isEmpty)
      #expect(try store.recordedStages().contains(sampleRecord().fingerprint))
    }
  }
}
