import ArtifactStore
import Basics
import Definitions
import Results
import Testing

/// Each result file is read back as it was written, and nothing else is accepted. The texts are those that stores
/// have contained since the first version.
@Suite struct ResultFileTests {
  private func refuses<File: ResultFile>(_ type: File.Type, _ texts: [String]) {
    for text in texts {
      #expect(throws: DiagnosticError.self, "\(text)") { try File(contents: Array(text.utf8)) }
    }
  }

  /// The result of reading a file with each of its entries, in turn, missing or of another type.
  private func refusesDamaged<File: ResultFile>(
    _ file: File, optional: Set<String> = []
  ) throws {
    let whole = try Value(json: file.contents)
    for key in (whole.asMap ?? [:]).keys where !optional.contains(key) {
      var entries = whole.asMap ?? [:]
      entries[key] = nil
      refuses(File.self, [Value.map(entries).json()])
      entries[key] = ["odd": true]
      refuses(File.self, [Value.map(entries).json()])
    }
    var other = whole.asMap ?? [:]
    other["format"] = 2
    let error = try #require(throws: DiagnosticError.self) {
      try File(contents: Array(Value.map(other).json().utf8))
    }
    #expect("\(error)".contains("format 2, which this program does not read"))
    refuses(File.self, ["", "nonsense", "[]", "null"])
  }

  // MARK: - Features

  @Test func imagesOfFeatures() throws {
    let images = FeatureImages(
      classes: ["cat", "dog"], subset: .validation, labels: [0, 1, 1], positions: [4, 0, 9])
    #expect(
      try Value(json: images.contents) == [
        "format": 1, "classes": ["cat", "dog"], "subset": "validation", "labels": [0, 1, 1],
        "positions": [4, 0, 9],
      ])
    #expect(try FeatureImages(contents: images.contents) == images)
    #expect(images.name(of: 2) == "train/dog/9")
    try refusesDamaged(images)
    refuses(
      FeatureImages.self,
      [
        #"{"format": 1, "classes": ["a"], "subset": "test", "labels": [0], "positions": [1, 2]}"#,
        #"{"format": 1, "classes": ["a"], "subset": "test", "labels": [1], "positions": [1]}"#,
      ])
  }

  @Test func pictures() throws {
    let exemplar = LayerPictures.Exemplar(
      image: "test/cat/4", activation: 1.5, width: 2, height: 1, pixels: [1, 2, 3, 4, 5, 6])
    let other = LayerPictures.Exemplar(
      image: "test/dog/0", activation: -1, width: 1, height: 1, pixels: [7, 8, 9])
    let pictures = LayerPictures(
      classes: ["cat", "dog"],
      layers: [
        .init(
          name: "conv1", units: [[exemplar, other], [other]],
          places: [.init(x: 0.5, y: -2, label: 1)], shares: [0.75, 0.125])
      ])
    let bytes = pictures.contents
    #expect(try LayerPictures(contents: bytes) == pictures)
    for count in stride(from: 0, to: bytes.count, by: 5) {
      #expect(throws: DiagnosticError.self) {
        try LayerPictures(contents: Array(bytes.prefix(count)))
      }
    }
    #expect(throws: DiagnosticError.self) { try LayerPictures(contents: bytes + [0]) }
  }

  // MARK: - Series

  private let points = [
    MetricSeries.Point(iteration: 5, epoch: 0.5, rate: 0.1, loss: 2, accuracy: 0.25),
    MetricSeries.Point(iteration: 10, epoch: 1, rate: 0.1, loss: .nan, accuracy: 1 / 3),
  ]

  private let measurements = [
    Measurement(
      iteration: 5, epoch: 0.5, subset: .test, images: 40, loss: 1.75, top1: 0.5, top5: 0.9),
    Measurement(
      iteration: 7, epoch: 0.7, subset: .train, images: 8, loss: 1e-9, top1: 0.1, top5: 1),
    Measurement(
      iteration: 10, epoch: 1, subset: .validation, images: 4, loss: .infinity, top1: 0, top5: 0),
  ]

  @Test func aSeriesIsATableOfItsPoints() throws {
    let plain = MetricSeries(points: [points[0]])
    #expect(
      String(decoding: plain.contents, as: UTF8.self)
        == "iteration,epoch,rate,loss,accuracy\n5,0.5,0.1,2.0,0.25\n")
    #expect(try MetricSeries(contents: plain.contents) == plain)
    let empty = MetricSeries(points: [])
    #expect(try MetricSeries(contents: empty.contents) == empty)
  }

  @Test func measuredLinesStandAfterTheStepsTheyFollow() throws {
    let series = MetricSeries(points: points, measurements: measurements)
    let text = String(decoding: series.contents, as: UTF8.self)
    #expect(
      text == """
        iteration,epoch,rate,loss,accuracy,subset
        5,0.5,0.1,2.0,0.25,train
        5,0.5,,1.75,0.5,test
        7,0.7,,1e-09,0.1,train
        10,1.0,0.1,nan,0.3333333333333333,train
        10,1.0,,inf,0.0,validation

        """)
    let read = try MetricSeries(contents: series.contents)
    #expect(read.contents == series.contents)
    #expect(read.points[0] == points[0] && read.points[1].loss.isNaN)
    #expect(read.measured == series.measured)
    #expect(read.measured.map(\.subset) == [.test, .train, .validation])
  }

  @Test func whatIsNoSeriesIsRefusedWithItsLine() throws {
    let heading = "iteration,epoch,rate,loss,accuracy"
    refuses(
      MetricSeries.self,
      [
        "", "a,b\n1,2\n", "\(heading)\n5,x,0.1,2.0,0.25\n", "\(heading)\n5,0.5,0.1,2.0\n",
        "\(heading)\n5,0.5,0.1,2.0,0.25", "\(heading)\n-5,0.5,0.1,2.0,0.25\n",
        "\(heading)\n5,0.5,,2.0,0.25\n", "\(heading)\n99999999999,0.5,0.1,2.0,0.25\n",
        "\(heading),subset\n5,0.5,0.1,2.0,0.25,odd\n",
        "\(heading),subset\n5,0.5,0.1,2.0,0.25,test\n",
        "\(heading),subset\n5,0.5,0.1,2.0,0.25\n", "\(heading)\n\n",
      ])
    let error = try #require(throws: DiagnosticError.self) {
      try MetricSeries(contents: Array("\(heading)\n1,1,1,1,1\noops\n".utf8))
    }
    #expect("\(error)".contains("line 3"))
  }

  // MARK: - Measurements

  @Test func measurementsAreReadAsTheyWereWritten() throws {
    let file = Measurements(measurements)
    #expect(try Measurements(contents: file.contents) == file)
    let first = try Value(json: file.contents)["measurements"]?.asList?.first
    #expect(
      first == [
        "iteration": 5, "epoch": 0.5, "subset": "test", "images": 40, "loss": 1.75, "top1": 0.5,
        "top5": 0.9,
      ])
    try refusesDamaged(file)
    for (key, odd) in [
      ("iteration", -1), ("iteration", 1.5), ("images", "8"), ("subset", "odd"), ("loss", .null),
    ] as [(String, Value)] {
      var entries = first?.asMap ?? [:]
      entries[key] = odd
      refuses(
        Measurements.self,
        [Value.map(["format": 1, "measurements": [.map(entries)]]).json()])
    }
  }

  // MARK: - Load reports

  private func parameter(from: String? = nil, initializer: Value? = nil) -> LoadReport.Parameter {
    LoadReport.Parameter(
      name: "conv1.weight", layer: "conv1", shape: [4, 3, 5, 5],
      origin: initializer == nil ? .copied : .initialized, state: .learning, rate: 2, decay: 0.5,
      from: from, initializer: initializer)
  }

  @Test(arguments: [
    nil, LoadReport.Source.stage("base", Fingerprint(of: "base")),
    .file("weights.safetensors", content: Fingerprint(of: "weights")),
  ])
  func loadReportsAreReadAsTheyWereWritten(_ source: LoadReport.Source?) throws {
    let report = LoadReport(
      source: source,
      parameters: [
        parameter(from: "features.0.weight"), parameter(),
        parameter(initializer: ["gaussian": 0.01]), parameter(initializer: "he"),
      ])
    #expect(try LoadReport(contents: report.contents) == report)
    try refusesDamaged(report)
    var odd = report.value.asMap ?? [:]
    odd["source"] = ["stage": "base"]
    refuses(LoadReport.self, [Value.map(odd).json()])
    odd = report.value.asMap ?? [:]
    odd["parameters"] = [["name": "conv1.weight"]]
    refuses(LoadReport.self, [Value.map(odd).json()])
  }

  @Test func aLoadReportIsTheDocumentThatItWas() {
    let report = LoadReport(
      source: .stage("base", Fingerprint(of: "base")), parameters: [parameter(from: "a")])
    #expect(
      report.value == [
        "format": 1,
        "source": ["stage": "base", "fingerprint": .string(Fingerprint(of: "base").hexadecimal)],
        "parameters": [
          [
            "name": "conv1.weight", "layer": "conv1", "shape": [4, 3, 5, 5], "origin": "copied",
            "state": "learning", "rate": 2.0, "decay": 0.5, "from": "a",
          ]
        ],
      ])
    #expect(report.contents == Array((report.value.json(indented: true) + "\n").utf8))
  }

  // MARK: - Evaluations

  private let evaluation = EvaluationResult(
    images: 4, top1: 0.75, top5: 1, loss: 1.5, didNotTrain: false)

  @Test func evaluationsAreReadAsTheyWereWritten() throws {
    let classes = try #require(
      ClassResults(
        classes: ["bird", "cat", "dog"], confusion: [[1, 0, 0], [0, 2, 1], [0, 0, 0]]))
    let details = EvaluationDetails(result: evaluation, classes: classes)
    #expect(
      details.value == [
        "format": 1, "images": 4, "top1": 0.75, "top5": 1.0, "loss": 1.5, "did-not-train": false,
        "classes": ["bird", "cat", "dog"], "per-class": [1.0, .number(2.0 / 3), .null],
        "confusion": [[1, 0, 0], [0, 2, 1], [0, 0, 0]],
      ])
    #expect(try EvaluationDetails(contents: details.contents) == details)
    try refusesDamaged(details, optional: ["per-class"])
    for confusion in [
      [], [[1]], [[1, 0, 0], [0, 2, 1], [0, 0, -1]], [[1, 0], [0, 2], [0, 1]],
    ]
      as [Value]
    {
      var odd = details.value.asMap ?? [:]
      odd["confusion"] = confusion
      refuses(EvaluationDetails.self, [Value.map(odd).json()])
    }
    // Sums of such counts would overflow.
    var huge = details.value.asMap ?? [:]
    huge["confusion"] = [[.integer(.max), .integer(.max), 0], [0, 2, 1], [0, 0, 0]]
    refuses(EvaluationDetails.self, [Value.map(huge).json()])
  }

  @Test func errorsNameStageAndFile() throws {
    let record = StageRecord(
      fingerprint: Fingerprint(of: "s"), stage: "base", pipeline: "p", kind: "train", revision: 1,
      settings: [:], inputs: [:], outputs: [:], metrics: [:], provenance: [:], started: 0,
      seconds: 0)
    let artifact = StoredArtifact(record: record, files: ["series.csv": "nowhere/series.csv"])
    #expect(try artifact.result(LoadReport.self, from: LocalFileSystem()) == nil)
    #expect(throws: DiagnosticError.self) {
      try artifact.result(MetricSeries.self, from: LocalFileSystem())
    }
    let error = try #require(throws: DiagnosticError.self) {
      try artifact.result(MetricSeries.self, from: Array("odd".utf8))
    }
    #expect(error.diagnostics.first?.message.hasPrefix("'series.csv' of stage 'base': ") == true)
  }
}
