import ArtifactStore
import Basics
import Planning
import Reporting
import Results
import Testing

@Suite struct ReportPageTests {
  private func files(_ runs: [RunResult], name: String = "study") throws -> [String: String] {
    let source = ReportSource(
      name: name, origin: "tests", runs: runs.map { ReportSource.Run(result: $0) },
      fileSystem: LocalFileSystem())
    return try reportFiles(of: source, Analysis(source.results)).mapValues {
      String(decoding: $0, as: UTF8.self)
    }
  }

  private func page(_ runs: [RunResult], name: String = "study") throws -> String {
    try #require(try self.files(runs, name: name)[ArtifactFile.reportPage.name])
  }

  private let study = SyntheticStudy(
    lostCoadaptation: [0, 0.02, 0.05], specificity: [0, 0.03, 0.1], transferGain: 0.05,
    selfferGain: 0.01)

  @Test func thePageIsWellFormedAndHasEveryFigure() throws {
    let files = try self.files(study.runs)
    let found = try elements(of: try #require(files[ArtifactFile.reportPage.name]))
    let figures = files.keys.filter { $0.hasPrefix("figures/") && $0.hasSuffix(".svg") }
    #expect(figures.count == 3)
    #expect(found.count { $0.name == "figure" } == figures.count)
    #expect(found.count { $0.name == "svg" } == figures.count)
    for figure in figures { _ = try elements(of: try #require(files[figure])) }
    for table in ["runs.csv", "runs.json", "means.csv", "contrasts.csv", "analysis.json"] {
      #expect(files[table] != nil)
    }
  }

  @Test func thePageNeedsNothingElse() throws {
    let found = try elements(of: try page(study.runs))
    let loading = ["script", "link", "iframe", "object", "embed", "base", "form"]
    #expect(!found.contains { loading.contains($0.name) })
    for element in found {
      for (name, value) in element.attributes where name == "src" || name == "href" {
        #expect(value.hasPrefix("#") || value.hasPrefix("data:"))
      }
      #expect(!element.attributes.keys.contains { $0.hasPrefix("on") })
    }
    #expect(!(found.first { $0.name == "style" }?.text.contains("url(") ?? true))
  }

  @Test func everyLinkHasItsPlace() throws {
    let found = try elements(of: try page(study.runs))
    let places = found.compactMap { $0.attributes["id"] }
    #expect(Set(places).count == places.count)
    let links = found.filter { $0.name == "a" }.compactMap { $0.attributes["href"] }
    #expect(links.count >= 3)
    for link in links { #expect(places.contains(String(link.dropFirst()))) }
  }

  @Test func whatIsDrawnForTheFirstExperimentsOnlyIsTold() throws {
    let source = ReportSource(
      name: "study", origin: "tests", runs: study.runs.map { ReportSource.Run(result: $0) },
      fileSystem: LocalFileSystem())
    let analysis = Analysis(source.results)
    let experiment = try #require(analysis.experiments.first)
    let figure = try #require(AccuracyFigure(experiment).figure)
    func page(experiments: Int, _ change: (inout StudyFigures.Details) -> Void) -> String {
      var details = Array(repeating: StudyFigures.Details(), count: experiments)
      change(&details[0])
      return ReportPage(
        analysis, StudyFigures(experiments: details), StudyMethods(source, settings: []),
        ReportProvenance(source)
      ).html
    }
    let most = StudyFigures.detailedExperiments
    let remark = "left out for 2 more"
    #expect(page(experiments: most + 2) { $0.training = [figure] }.contains(remark))
    #expect(page(experiments: most + 2) { $0.classes = [figure] }.contains(remark))
    #expect(!page(experiments: most) { $0.training = [figure] }.contains("left out for"))
    // Runs of other tools have no such figures to miss.
    #expect(!page(experiments: most + 2) { $0.results = [figure] }.contains("left out for"))
  }

  // MARK: - What was done

  /// A run whose network and evaluation are recorded.
  private func recorded(
    _ result: RunResult, rate: Double, classes: Value, data: Fingerprint
  ) -> ReportSource.Run {
    func artifact(_ kind: String, _ settings: Value) -> StoredArtifact {
      StoredArtifact(
        record: StageRecord(
          fingerprint: Fingerprint(of: "\(result.name) \(kind)"), stage: result.name,
          pipeline: "p", kind: kind, revision: 1, settings: settings, inputs: ["data": data],
          outputs: [:], metrics: [:], provenance: [:], started: 0, seconds: 0), files: [:])
    }
    let network: Value = [
      "input": [3, 32, 32],
      "layers": [
        [
          "name": "conv1",
          "operations": [
            ["conv": ["filters": 64, "kernel": 5, "stride": 1, "padding": 2, "groups": 1]], "relu",
            ["max-pool": ["kernel": 3, "stride": 2, "padding": 0, "rounding": "up"]],
          ],
        ], ["name": "fc<2>", "operations": [["dense": ["units": 3]]]],
      ],
    ]
    let solver: Value = [
      "batch": 20, "length": ["epochs": 5], "momentum": 0.9, "decay": 0,
      "rate": [
        "start": .number(rate), "policy": ["step": ["every": ["epochs": 2], "by": 0.1]],
        "warm-up": .null,
      ],
    ]
    let preprocessing: Value = [
      "mean": "image", "scale": 0.015625, "mirror": true, "crop": "random", "padding": 4,
    ]
    return ReportSource.Run(
      result: result, evaluation: artifact("evaluate", [:]),
      network: artifact(
        "train",
        ["network": network, "solver": solver, "preprocessing": preprocessing, "classes": classes]))
  }

  @Test func thePageTellsWhatWasDone() throws {
    let data = Fingerprint(of: "data")
    let prepared = StageRecord(
      fingerprint: data, stage: "prepare-pets", pipeline: "p", kind: "prepare", revision: 1,
      settings: [:], inputs: [:], outputs: [:],
      metrics: [
        "classes": ["ant", "bee", "cat", "dog", "eel", "fox"], "train": [9, 10, 10, 10, 10, 10],
        "test": [5, 5, 5, 5, 5, 5], "channels": 3, "height": 32, "width": 32,
        "skipped": ["train/ant/<odd>.png"],
      ], provenance: [:], started: 0, seconds: 0)
    let source = ReportSource(
      name: "study", origin: "tests",
      runs: [
        recorded(
          run(.base, .top1(0.8)), rate: 0.02, classes: ["ant", "cat", "fox"], data: data),
        recorded(
          run(.frozen, source: "A", n: 1, .top1(0.7)), rate: 0.002, classes: ["ant", "cat", "fox"],
          data: data),
      ], preparations: [data: prepared], fileSystem: LocalFileSystem())
    let files = try reportFiles(of: source, Analysis(source.results))
    let page = String(decoding: files["report.html"] ?? [], as: UTF8.self)
    _ = try elements(of: page)
    for text in [
      "pets: 6 classes, each of 9 to 10 training and 5 test images, 3×32×32; 1 image was skipped as unreadable",
      "B of division 0 (split halves): ant, cat, fox",
      "network: input 3×32×32, 2 layers (conv1, fc&lt;2&gt;)",
      "base: SGD, 5 epochs, batch 20, rate 0.02 (× 0.1 every 2 epochs), momentum 0.9",
      "AnB: SGD, 5 epochs, batch 20, rate 0.002 (× 0.1 every 2 epochs), momentum 0.9",
      "mean image subtracted, divided by 64, mirrored at random in training, random crop in training after "
        + "padding by 4",
      "conv1: conv 64 5×5, padding 2; ReLU; max-pool 3×3, stride 2", "train/ant/&lt;odd&gt;.png",
      "grey band", "the number of first layers that are copied",
    ] {
      #expect(page.contains(text), "\(text)")
    }
    #expect(!page.contains("RnB"))
    #expect(!page.contains("<script"))
  }

  @Test func resultsFromElsewhereAreExplainedToo() throws {
    let page = try page([run(.base, .top1(0.8)), run(.random, n: 1, .top1(0.7))])
    #expect(page.contains("How to read tables and figures") && page.contains("RnB"))
    #expect(!page.contains("skipped as unreadable"))
  }

  @Test func variablesAreColumnsOfTheTableOfRuns() throws {
    var runs = [run(.base, .top1(0.8)), run(.base, .top1(0.7), name: "second")]
    runs[0].design.variables = ["lr": RunVariable(.number(0.02))]
    runs[1].design.variables = ["lr": RunVariable(.text("<high>"))]
    let page = try page(runs)
    #expect(page.contains("<th scope=\"col\">lr</th>"))
    #expect(page.contains("<td data-column=\"lr\">0.02</td>"))
    #expect(page.contains("<td data-column=\"lr\">&lt;high&gt;</td>"))
  }

  @Test func verdictAndWarningsComeFirst() throws {
    let runs = study.runs + [run(.frozen, source: "A", n: 4, .missing("never run"))]
    let page = try self.page(runs)
    let verdict = try #require(page.firstRange(of: "class=\"verdict\""))
    let warnings = try #require(page.firstRange(of: "class=\"warnings\""))
    let figure = try #require(page.firstRange(of: "<figure>"))
    #expect(verdict.lowerBound < warnings.lowerBound)
    #expect(warnings.lowerBound < figure.lowerBound)
    let texts = try elements(of: page)
    #expect(texts.contains { $0.name == "p" && $0.text.contains("1 of them still missing") })
    #expect(texts.contains { $0.name == "td" && $0.text == "missing: never run" })
  }

  @Test func tablesHoldMeansIntervalsAndCounts() throws {
    let found = try elements(of: try page(study.runs))
    let cells = found.filter { $0.name == "td" }.map(\.text)
    #expect(
      cells.contains { $0.wholeMatch(of: /\+(9\.9|10\.0)\d[*‡]\[\+.*, \+.*\]8 pairs/) != nil })
    #expect(cells.contains { $0.hasSuffix("8 runs") })
  }

  /// Where the page is narrow, cells stand below each other, and what heads a column is read from them.
  @Test func everyCellTellsItsColumn() throws {
    let found = try elements(of: try page(study.runs))
    let headings = found.filter { $0.name == "th" && $0.attributes["scope"] == "col" }
    let columns = Set(headings.map(\.text))
    let cells = found.filter { $0.name == "td" }
    #expect(columns.contains("n = 1") && !cells.isEmpty)
    #expect(cells.allSatisfy { columns.contains($0.attributes["data-column"] ?? "") })
  }

  @Test func namesCannotBreakThePage() throws {
    let hostile = "</style><script>alert(1)</script>\"'&\u{1B}[31m\u{202E}"
    var runs: [RunResult] = []
    for (kind, n) in [(TreatmentKind.base, 0), (.frozen, 1), (.fineTuned, 1)] {
      runs.append(
        run(
          kind, source: n > 0 ? hostile + "2" : nil, target: hostile, n: n, .top1(0.5),
          halving: nil, split: hostile, network: hostile, name: hostile + "\(kind)"))
    }
    runs.append(
      run(
        .frozen, source: "A", target: hostile, n: 2, .diverged(hostile), halving: nil,
        split: hostile, network: hostile))
    for (name, content) in try files(runs, name: hostile) where !name.hasSuffix("json") {
      #expect(!name.contains("<") && !name.dropFirst("figures/".count).contains("/"))
      if name.hasSuffix("html") || name.hasSuffix("svg") {
        let found = try elements(of: content)
        #expect(!found.contains { $0.name == "script" })
        #expect(!content.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{202E}" })
      }
    }
  }

  @Test func anEmptyStudyIsAPage() throws {
    let page = try self.page([])
    _ = try elements(of: page)
    #expect(page.contains("There are no results yet."))
  }

  @Test(arguments: [
    [run(.base, .top1(0.5))], [run(.frozen, source: "A", n: 1, .missing("never run"))],
    [run(.base, .diverged("loss is nan"))], [run(.base, .top1(.nan))],
    [run(.base, .atChance(Measure(top1: 0.1, images: nil)))],
  ])
  func anyOneRunIsAPage(_ runs: [RunResult]) throws {
    _ = try elements(of: try page(runs))
  }

  @Test func tenThousandRunsAreStillAPage() throws {
    let many = SyntheticStudy(
      halvings: Array(0..<400), lostCoadaptation: [0.01, 0.02, 0.03],
      specificity: [0.01, 0.02, 0.05],
      transferGain: 0.02, selfferGain: 0.01)
    let runs = many.runs
    #expect(runs.count >= 10_000)
    let page = try self.page(runs)
    #expect(page.utf8.count < 3_000_000)
    let found = try elements(of: page)
    // A line each, and those of three tables.
    #expect(found.count { $0.name == "tr" } >= runs.count)
  }

  @Test func experimentsWithTitlesAlikeHaveFilesOfTheirOwn() throws {
    let runs = ["a b", "a/b", "A B"].flatMap { split in
      [
        run(.base, .top1(0.5), split: split),
        run(.frozen, source: "A", n: 1, .top1(0.4), split: split),
      ]
    }
    let names = try files(runs).keys.filter { $0.hasPrefix("figures/accuracy") }
    #expect(names.count == 3)
    #expect(Set(names.map { $0.lowercased() }).count == 3)
  }
}
