import ArtifactStore
import Basics
import Definitions
import Planning
import Testing

/// Datasets whose files have changed, and images that do not fit.
@Suite struct DataChangeTests {
  @Test func filesAreNamedByWhatBecameOfThem() {
    let old = ["train/ant/0.png": "a", "train/ant/1.png": "b", "test/ant/0.png": "c"]
    var new = old
    new["train/ant/1.png"] = "x"
    #expect("\(DataChange(from: old, to: new))" == "'train/ant/1.png' changed")
    new["train/ant/0.png"] = "y"
    new["test/ant/0.png"] = nil
    new["test/ant/a\u{1b}.png"] = "z"
    let change = DataChange(from: old, to: new)
    #expect(
      "\(change)"
        == "2 files changed ('train/ant/0.png', …); 'test/ant/a\\u{1B}.png' added; 'test/ant/0.png' removed"
    )
    #expect(
      change.value["altered"] == ["count": 2, "first": ["train/ant/0.png", "train/ant/1.png"]])
    let many = DataChange(
      from: [:], to: Dictionary(uniqueKeysWithValues: (0..<50).map { ("\($0)", "") }))
    #expect(many.added.count == 50 && many.added.first.count == 20)
    #expect("\(DataChange(from: old, to: old))" == "")
  }

  @Test func labelsAreToldFromContents() {
    let old = ["a.png": "1 truck", "b.png": "2 ship", "c.png": "3 ship", "d.png": "4"]
    var new = old
    new["a.png"] = "1 ship"
    #expect("\(DataChange(from: old, to: new))" == "1 label changed ('a.png' truck → ship)")
    new["b.png"] = "9 truck"
    new["c.png"] = "3 police car"
    // Stores of earlier versions do not know the class.
    new["d.png"] = "4 ship"
    let change = DataChange(from: old, to: new)
    #expect("\(change)" == "'b.png' changed; 2 labels changed ('a.png' truck → ship, …)")
    #expect(
      change.value["relabelled"]?["first"]?.asList?.last
        == ["file": "c.png", "old": "ship", "new": "police car"])
    #expect("\(RootCause.dataChanged(DataChange(from: old, to: old)))" == "its data has changed")
  }

  @Test func aPlanSaysWhichFilesHaveChanged() throws {
    var history = FakeHistory(after: try plan(sample))
    let altered = FakeCatalog(digest: "other")
    var changed = try plan(sample, catalog: altered, history: history)
    #expect(changed.stage("prepare-photos")?.status.reason == .dataChanged(nil))
    #expect(changed.text.contains("  its data has changed\n"))
    history.dataChange = DataChange(from: ["a.png": "1"], to: ["a.png": "2"])
    changed = try plan(sample, catalog: altered, history: history)
    let reason = try #require(changed.stage("prepare-photos")?.status.reason)
    #expect("\(reason)" == "its data has changed: 'a.png' changed")
    #expect(reason.value["why"] == "data-changed")
    #expect(reason.value["files"]?["altered"]?["count"] == 1)
    #expect(
      changed.stage("base-A")?.status.reason?.description
        == "prepare-photos: its data has changed: 'a.png' changed")
    #expect(
      try changed.explanation(of: "prepare-photos", history: history).text.contains(
        "\n  changed 'a.png'\n"))
    // Where more has changed, all of it is told.
    let resized = sample.replacing("{source: photos.tar}", with: "{source: photos.tar, size: 8}")
    let both = try plan(resized, catalog: altered, history: history)
    guard case .settingsChanged(let changes)? = both.stage("prepare-photos")?.status.reason else {
      Issue.record("settings have changed")
      return
    }
    #expect(changes.count == 2)
  }

  @Test func imagesSmallerThanTheNetworkReadsAreFound() throws {
    var catalog = FakeCatalog()
    catalog.imageSize = .init(height: 8, width: 6)
    let error = #expect(throws: DiagnosticError.self) { try plan(sample, catalog: catalog) }
    let first = try #require(error?.diagnostics.first)
    #expect(
      first.message == "the network reads 3×8×8, but images of dataset 'photos' are 8×6")
    #expect(first.notes.first?.message == "'size: [8, 8]' in the dataset would resize them")
    // Each stage has its place; what is resized or padded is another matter.
    let padded = sample.replacing(
      "{source: photos.tar}", with: "{source: photos.tar, augment: {padding: 1}}")
    #expect(throws: Never.self) { try plan(padded, catalog: catalog) }
    let resized = sample.replacing("{source: photos.tar}", with: "{source: photos.tar, size: 8}")
    #expect(throws: Never.self) { try plan(resized, catalog: catalog) }
    catalog.imageSize = .init(height: 8, width: 8)
    #expect(throws: Never.self) { try plan(sample, catalog: catalog) }
  }

  @Test func whatHeadersShowIsFound() throws {
    var catalog = FakeCatalog()
    var headers = HeaderSurvey()
    catalog.headers = headers
    let plain = try plan(sample, catalog: FakeCatalog())
    #expect(
      try plan(sample, catalog: catalog).stages.map(\.fingerprint)
        == plain.stages.map(\.fingerprint))
    headers.addUnreadable("train/cat/1.png", because: "it is empty")
    headers.addSize(.init(name: "train/cat/2.png", size: .init(height: 8, width: 8)))
    headers.addSize(.init(name: "train/cat/3.png", size: .init(height: 9, width: 8)))
    catalog.headers = headers
    let error = #expect(throws: DiagnosticError.self) { try plan(sample, catalog: catalog) }
    #expect(
      error?.diagnostics.map(\.message) == [
        "an image of dataset 'photos' cannot be read",
        "images of dataset 'photos' have different sizes: 'train/cat/2.png' is 8×8, 'train/cat/3.png' is 9×8 "
          + "(height×width)",
      ])
    #expect(error?.diagnostics.allSatisfy { $0.span != nil } == true)
    let other = sample.replacing(
      "{source: photos.tar}", with: "{source: photos.tar, size: 8, unreadable: skip}")
    #expect(throws: Never.self) { try plan(other, catalog: catalog) }
    // What is not there is not read.
    catalog.isRemembered = true
    #expect(throws: Never.self) { try plan(sample, catalog: catalog) }
  }

  @Test func orientationsChangeTheFingerprintWhereThereAreAny() throws {
    func prepare(_ settings: String, turned: Int) throws -> PlannedStage {
      var catalog = FakeCatalog()
      var headers = HeaderSurvey()
      headers.turned = turned
      catalog.headers = headers
      let text = sample.replacing("{source: photos.tar}", with: "{source: photos.tar\(settings)}")
      return try #require(try plan(text, catalog: catalog).stage("prepare-photos"))
    }
    let before = try #require(try plan(sample).stage("prepare-photos")).fingerprint
    #expect(try prepare("", turned: 0).fingerprint == before)
    #expect(try prepare(", orientation: ignore", turned: 0).fingerprint == before)
    let turned = try prepare("", turned: 2)
    #expect(turned.fingerprint != before && turned.settings["orientation"] == "apply")
    #expect(try prepare(", orientation: ignore", turned: 2).fingerprint == before)
  }

  @Test func aMeanFromAFileCountsByItsContent() throws {
    func fingerprint(_ path: String, _ content: String, _ shape: [Int]) throws -> Fingerprint? {
      var catalog = FakeCatalog()
      catalog.imageSize = .init(height: 8, width: 8)
      catalog.weights[path] = WeightsFacts(
        digest: Fingerprint(of: content), shapes: ["mean": shape])
      let text = sample.replacing(
        "{source: photos.tar}", with: "{source: photos.tar, mean: \(path)}")
      return try plan(text, catalog: catalog).stage("base-A")?.fingerprint
    }
    let first = try fingerprint("a.binaryproto", "one", [3, 8, 8])
    #expect(try fingerprint("b.binaryproto", "one", [3, 8, 8]) == first && first != nil)
    #expect(try fingerprint("a.binaryproto", "two", [3, 8, 8]) != first)
    #expect(try fingerprint("a.binaryproto", "one", [3, 1, 1]) == first)
    for shape in [[3, 8, 9], [1, 8, 8], [3, 8], [24]] {
      #expect(throws: DiagnosticError.self) { try fingerprint("a.binaryproto", "one", shape) }
    }
  }

  /// Tasks A and B have 300 training images, so that two epochs are 60 iterations.
  @Test(arguments: [
    (
      "rate: {start: 0.1, warm-up: 60 iterations}",
      "the warm-up of 60 iterations does not end within the training on 'halves.A', 60 iterations: the rate never reaches its start"
    ),
    (
      "rate: {start: 0.1, multistep: {at: [10 iterations, 60 iterations], by: 0.1}}",
      "the rate changes at 60 iterations, after the end of the training on 'halves.A', 60 iterations"
    ),
    (
      "rate: {start: 0.1, restarts: {every: 61 iterations}}",
      "the first cycle of the rate, 61 iterations, is longer than the training on 'halves.A', 60 iterations: the rate has not decreased to its end by then"
    ),
    (
      "average: 3 epochs, rate: 0.1",
      "the average over 3 epochs is longer than the training on 'halves.A', 60 iterations: it covers all of it"
    ),
  ])
  func settingsWithoutEffectAreWarnedOf(settings: String, warning: String) throws {
    let text = sample.replacing("rate: 0.1}", with: settings + "}")
    let messages = try plan(text).warnings.map(\.message)
    #expect(messages.contains { $0.hasSuffix(": " + warning) }, "\(messages)")
    // One step less, and it has its effect.
    let fine = settings.replacing("60 iterations", with: "59 iterations")
      .replacing("61 iterations", with: "60 iterations").replacing("3 epochs", with: "2 epochs")
    #expect(fine != settings)
    #expect(try plan(sample.replacing("rate: 0.1}", with: fine + "}")).warnings.isEmpty)
  }

  @Test func batchesLargerThanTheImagesAreWarnedOfOnce() throws {
    #expect(try plan(sample).warnings.isEmpty)
    let large = sample.replacing("sgd: {batch: 10", with: "sgd: {batch: 301")
    let warnings = try plan(large).warnings
    // Task B has 300 images and two stages with this solver, task A as many and one.
    #expect(warnings.count == 2)
    #expect(warnings.allSatisfy { $0.severity == .warning && $0.span != nil })
    #expect(
      warnings.contains {
        $0.message
          == "stage 'base-B' and 1 other stage: the batch of 301 is larger than the 300 training images of task "
          + "'halves.B': each step takes all of them"
      }, "\(warnings.map(\.message))")
    #expect(try plan(large).value["warnings"]?.asList?.count == 2)
  }
}
