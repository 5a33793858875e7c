import ArtifactStore
import Basics
import Definitions
import Engine
import Execution
import Glibc
import Planning
import Stages
import SystemPackage
import TestSupport
import Testing

/// Transfers from files of weights, run for real.
@Suite struct WeightsFileTests {
  private static let pretrained = FilePath(#filePath).removingLastComponent()
    .appending("Fixtures/pretrained.safetensors")

  /// The small study with A2B copied from a file.
  private func study(from file: FilePath, verb: String = "freeze") -> String {
    smallStudy.replacing(
      #""${source}2B":"#,
      with: """
        from-file:
            transfer: {from: "\(file)", network: net, layers: {first 2: \(verb), rest: initialize}, on: halves.B, solver: sgd}
          "${source}2B":
        """)
  }

  private func report(_ stage: String, _ summary: RunSummary) throws -> Value {
    let path = try #require(
      summary.outcome(of: stage)?.artifact?.files[TrainRunner.loadReportFile])
    return try Value(json: LocalFileSystem().read(path))
  }

  @Test func anExportedNetworkIsAsGoodAsItsStage() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let first = try await study.run(study.plan(only: ["A2B"]))
      let exported = folder.appending("base-A.safetensors")
      try study.weights(of: "base-A", in: first).write(to: exported)

      let text = self.study(from: exported)
      let second = try await study.run(study.plan(text, only: ["from-file"]))
      #expect(second.produced == ["from-file"])
      let stage = try study.weights(of: "A2B", in: first)
      let file = try study.weights(of: "from-file", in: second)
      for tensor in stage.tensors {
        let isFrozen = tensor.name.hasPrefix("conv")
        // The re-initialised layers are other draws: a file is another source than a stage.
        #expect((file[tensor.name] == tensor) == isFrozen, "\(tensor.name)")
      }
      #expect(try report("from-file", second)["source"]?["file"] == "base-A.safetensors")

      // Another place, the same content: nothing to do. Another content: a reason.
      let moved = folder.appending("moved.safetensors")
      try LocalFileSystem().move(exported, to: moved)
      #expect(try study.plan(self.study(from: moved), only: ["from-file"]).toRunNames == [])
      try study.weights(of: "A2B", in: first).write(to: moved)
      let changed = try study.plan(self.study(from: moved), only: ["from-file"])
      #expect(
        changed.stage("from-file")?.status.reason == .weightsChanged(file: "moved.safetensors"))
    }
  }

  @Test func whatPyTorchSavedIsCopiedWhateverItsPrecision() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let text = self.study(from: Self.pretrained)
      let summary = try await study.run(study.plan(text, only: ["from-file"]))
      #expect(summary.isComplete)
      let weights = try study.weights(of: "from-file", in: summary)
      var compared = 0
      try SafetensorsFile.withFile(at: Self.pretrained) { file in
        guard case .train(let work)? = try study.plan(text).stage("from-file")?.work else { return }
        for var parameter in try work.network.parameters() where parameter.layer.hasPrefix("conv") {
          let found = weights[parameter.name]?.values
          parameter.name = "expected." + parameter.name
          #expect(try file.values(for: parameter) == found, "\(parameter.name)")
          compared += 1
        }
      }
      #expect(compared == 8)
      let source = try report("from-file", summary)["source"]
      #expect(source?["file"] == "pretrained.safetensors")
      #expect(
        try source?["content"]
          == .string(LocalFileSystem().digest(of: Self.pretrained).digest.hexadecimal))
    }
  }

  @Test func layersMayHaveOtherNamesInTheFile() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let text = self.study(from: Self.pretrained).replacing(
        "from: \"\(Self.pretrained)\"",
        with: "from: {file: \"\(Self.pretrained)\", names: {conv1: expected.conv1, "
          + "conv1.norm: expected.conv1.norm, conv2: expected.conv2}}")
      let named = try await study.run(study.plan(text, only: ["from-file"]))
      let plain = try await study.run(
        study.plan(self.study(from: Self.pretrained), only: ["from-file"]))
      #expect(named.produced.last == "from-file" && plain.produced == ["from-file"])
      // The tensors of those names are the same numbers.
      #expect(
        try study.weights(of: "from-file", in: named)
          == study.weights(of: "from-file", in: plain))
      let first = try report("from-file", named)["parameters"]?.asList?.first
      #expect(first?["from"] == "expected.conv1.weight")
    }
  }

  @Test func aFileThatChangesAfterPlanningIsRefused() async throws {
    try await withTemporaryFolder { folder in
      let file = folder.appending("x.safetensors")
      var bytes = try LocalFileSystem().read(Self.pretrained)
      try LocalFileSystem().write(bytes, to: file)
      let study = Study(in: folder)
      let plan = try study.plan(self.study(from: file), only: ["from-file"])
      bytes[bytes.count - 1] ^= 1
      try LocalFileSystem().write(bytes, to: file)
      guard case .failed(let failure)? = try await study.run(plan).outcome(of: "from-file") else {
        Issue.record("the stage fails")
        return
      }
      #expect("\(failure.error)".contains("has changed since the plan was made"))
    }
  }

  private func problem(_ file: FilePath, in folder: FilePath) throws -> Diagnostic {
    let error = try #require(throws: DiagnosticError.self) {
      try Study(in: folder).plan(study(from: file))
    }
    #expect(error.diagnostics.count == 1)
    return try #require(error.diagnostics.first)
  }

  @Test func missingAndUnusableFilesAreReportedWhenPlanning() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending("weights.safetensors")
      try LocalFileSystem().write("no weights", to: file)
      #expect(try problem(file, in: folder).message.contains("weights.safetensors' is text"))
      let missing = try problem(folder.appending("weigths.safetensors"), in: folder)
      #expect(missing.message.hasSuffix("weigths.safetensors' does not exist"))
      #expect(missing.notes.first?.message.contains("weights.safetensors") == true)
      let inner = folder.appending("folder.safetensors")
      try LocalFileSystem().makeFolder(inner)
      #expect(try problem(inner, in: folder).message.contains("is not a file"))
      let pipe = folder.appending("pipe.safetensors")
      #expect(mkfifo(pipe.string, 0o600) == 0)
      #expect(try problem(pipe, in: folder).message.contains("is not a file"))
    }
  }

  @Test func whatWasNotReadToItsEndIsNotNoted() throws {
    try withTemporaryFolder { (folder) throws in
      let store = Store(at: folder.appending("store"))
      let catalog = StoreCatalog(store: store, unless: Countdown(1).check)
      #expect(throws: Interrupted.self) { try catalog.weights(at: Self.pretrained.string) }
      #expect(try !LocalFileSystem().exists(store.root))
    }
  }

  @Test func aFileIsHashedOnceWhileItStaysTheSame() throws {
    try withTemporaryFolder { folder in
      let store = Store(at: folder.appending("store"))
      let file = folder.appending("x.safetensors")
      try LocalFileSystem().write(LocalFileSystem().read(Self.pretrained), to: file)
      // The file has just been written: by a later clock, it has not.
      let catalog = StoreCatalog(store: store, time: TickingTimeSource(start: 1e11))
      func facts(_ catalog: StoreCatalog) throws -> WeightsFacts {
        try catalog.weights(at: file.string).content
      }
      let first = try facts(catalog)
      #expect(first.shapes["conv1.weight"] == [6, 3, 5, 5])
      #expect(first.unreadTypes == ["conv1.norm.num_batches_tracked": "I64"])
      let key = "weights \(file)"
      let note = try #require(store.inspection(for: key))
      #expect(note["facts"] == first.value)
      // What is noted is believed, as long as nothing has touched the file …
      var forged = try #require(note.asMap)
      forged["facts"] = WeightsFacts(digest: Fingerprint(of: "forged"), shapes: [:]).value
      try store.setInspection(.map(forged), for: key)
      #expect(try facts(catalog).digest == Fingerprint(of: "forged"))
      // … and the file had not been touched just before it was read.
      forged["tells-changes"] = false
      try store.setInspection(.map(forged), for: key)
      #expect(try facts(catalog) == first)
      #expect(store.inspection(for: key) == note)
      // A change in place, with the size and the times as they were.
      forged["tells-changes"] = true
      try store.setInspection(.map(forged), for: key)
      try changeInPlace(file)
      let changed = try facts(StoreCatalog(store: store))
      #expect(changed.digest == Fingerprint(of: try LocalFileSystem().read(file)))
      #expect(changed.shapes == first.shapes && changed.digest != first.digest)
      #expect(store.inspection(for: key)?["tells-changes"] == false)
    }
  }
}
