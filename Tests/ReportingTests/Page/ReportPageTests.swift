import ArtifactStore
import Basics
import Definitions
import Planning
import Reporting
import Results
import Testing

@Suite struct ReportPageTests {
  private func files(_ runs: [RunResult], name: String = "study") throws -> [String: String] {
    let source = ReportSource(
      name: name, origin: "tests", runs: runs.map { ReportSource.Run(result: $0) },
      fileSystem: LocalFileSystem())
    return try reportFiles(of: source, Analysis(source.results)).mapValues { try $0.text }
  }

  private func page(_ runs: [RunResult], name: String = "study") throws -> String {
    try #require(try self.files(runs, name: name)[ArtifactFile.reportPage.name])
  }

  private let study = SyntheticStudy(
    lostCoadaptation: [0, 0.02, 0.05], specificity: [0, 0.03, 0.1], transferGain: 0.05,
    selfferGain: 0.01)

  /// The rows of a page's tables, by table; the first row is the heading.
  private func tables(_ page: String) throws -> [String: [[String]]] {
    var tables: [String: [[String]]] = [:]
    var label = ""
    for element in try elements(of: page) {
      if let own = element.attributes["aria-label"], element.name == "div" { label = own }
      guard element.path.contains("table") else { continue }
      switch element.name {
      case "tr": tables[label, default: []].append([])
      case "th", "td":
        let last = try #require(tables[label]).count - 1
        tables[label]?[last].append(element.text)
      default: break
      }
    }
    return tables
  }

  @Test func thePageIsWellFormedAndShowsEveryFigure() throws {
    let source = ReportSource(
      name: "study", origin: "tests", runs: study.runs.map { ReportSource.Run(result: $0) },
      fileSystem: LocalFileSystem())
    let analysis = Analysis(source.results)
    let figures = try StudyFigures(source, analysis, filters: nil).all
    let files = try self.files(study.runs)
    let found = try elements(of: try #require(files[ArtifactFile.reportPage.name]))
    #expect(figures.count == 3)
    #expect(
      found.filter { $0.name == "figcaption" }.map(\.text)
        == figures.map { "\($0.title). \($0.caption)" })
    #expect(
      Set(files.keys.filter { $0.hasPrefix("figures/") })
        == Set(figures.map { "figures/\($0.name).svg" }))
    // A figure's text is the same in the page and in its file.
    let drawn = found.indices.filter { found[$0].name == "svg" }
    #expect(drawn.count == figures.count)
    for (position, figure) in zip(drawn, figures) {
      let document = try #require(files["figures/\(figure.name).svg"])
      let depth = found[position].path.count + 1
      let shown = found[(position + 1)...].prefix { $0.path.count >= depth }
      let words = shown.filter { $0.name == "text" }.map(\.text)
      #expect(try elements(of: document).filter { $0.name == "text" }.map(\.text) == words)
    }
    let accuracy = try #require(figures.first { $0.name.hasPrefix("accuracy") })
    let legend = try elements(of: accuracy.drawing.document).filter { $0.name == "text" }
      .map(\.text)
    for treatment in ["base", "BnB", "AnB", "BnB+", "AnB+"] {
      #expect(legend.contains { $0.hasPrefix(treatment) }, "\(treatment) of \(legend)")
    }
  }

  @Test func theTablesBesideThePageHoldTheSameRuns() throws {
    let files = try self.files(study.runs)
    func lines(_ name: String) throws -> [Substring] {
      try #require(files[name]).split(separator: "\n")
    }
    // Four halvings of two targets: a base, and four treatments at three n.
    #expect(study.runs.count == 104)
    let runs = try lines("runs.csv")
    #expect(runs.count == 1 + study.runs.count)
    for (line, run) in zip(runs.dropFirst(), study.runs) {
      #expect(line.hasPrefix("\(run.name),"))
      #expect(line.contains(",\(try #require(run.top1)),1000,"))
    }
    let json = try Value(json: #require(files["runs.json"]))
    let named: [String] = (json["runs"]?.asList ?? []).compactMap { $0["run"]?.asString }
    #expect(named == study.runs.map(\.name))
    // The base, and four treatments at three n; three differences of frozen and fine-tuned transfer each.
    let means = try lines("means.csv")
    #expect(means.count == 14)
    #expect(means[1].contains(",base,0,0.65"))
    let contrasts = try lines("contrasts.csv")
    #expect(contrasts.count { $0.contains(",lost-co-adaptation,base − BnB,") } == 3)
    let experiments = try Value(json: #require(files["analysis.json"]))["experiments"]?.asList
    #expect(experiments?.count == 1)
    #expect(experiments?.first?["targets"]?.asList?.count == 8)
  }

  /// A study small enough to be computed by hand.
  @Test func thePagesTablesHoldTheNumbers() throws {
    let runs = [
      run(.base, .top1(0.825)), run(.frozen, source: "B", n: 1, .top1(0.82)),
      run(.frozen, source: "B", n: 2, .top1(0.78)), run(.frozen, source: "A", n: 1, .top1(0.8)),
      run(.frozen, source: "A", n: 2, .top1(0.7)),
      run(.random, n: 2, .atChance(Measure(top1: 0.26, images: 1000))),
    ]
    let tables = try tables(page(runs))
    /// Means without intervals and counts.
    func means(_ label: String) throws -> [[String]] {
      try #require(tables[label]).dropFirst().map { row in
        row.map { String($0.prefix { $0 != "[" }) }
      }
    }
    let accuracy = "Top-1 accuracy by treatment and n"
    let heading: [String] = ["treatment", "n = 0", "n = 1", "n = 2"]
    #expect(tables[accuracy]?.first == heading)
    let accuracies: [[String]] = [
      ["base", "82.5", "", ""], ["BnB", "", "82.0", "78.0"], ["AnB", "", "80.0", "70.0"],
      ["RnB", "", "", "–1 did not train"],
    ]
    #expect(try means(accuracy) == accuracies)
    #expect(tables[accuracy]?[1][1].hasSuffix("]1 run") == true)
    let differences: [[String]] = [
      ["lost co-adaptationbase − BnB", "+0.50", "+4.50†"],
      ["specificityBnB − AnB", "+2.00", "+8.00†"],
      ["cost of transferbase − AnB", "+2.50", "+12.50†"],
    ]
    #expect(try means("Paired differences by n") == differences)
    #expect(tables["Paired differences by n"]?[1][1].hasSuffix("]1 pair") == true)
    let names = runs.map(\.name)
    let lines: [[String]] = [
      ["run", "treatment", "n", "target", "from", "seed", "top-1, %", "outcome"],
      [names[0], "base", "", "B", "", "0", "82.50", ""],
      [names[1], "BnB", "1", "B", "B", "0", "82.00", ""],
      [names[2], "BnB", "2", "B", "B", "0", "78.00", ""],
      [names[3], "AnB", "1", "B", "A", "0", "80.00", ""],
      [names[4], "AnB", "2", "B", "A", "0", "70.00", ""],
      [names[5], "RnB", "2", "B", "", "0", "26.00", "did not train"],
    ]
    #expect(tables["All runs"] == lines)
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
    // Runs of other tools have no such figures.
    #expect(!page(experiments: most + 2) { $0.results = [figure] }.contains("left out for"))
  }

  // MARK: - What was done

  /// A run whose network and evaluation are recorded.
  private func recorded(
    _ result: RunResult, rate: Double, classes: Value, data: Fingerprint, augment: Value? = nil
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
    let preprocessing: Value =
      augment.map { ["mean": "image", "scale": 0.015625, "augment": $0] }
      ?? ["mean": "image", "scale": 0.015625, "mirror": true, "crop": "random", "padding": 4]
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
          data: data,
          augment: [
            ["random-resized-crop": ["scale": [0.08, 1], "ratio": [0.75, 1.5]]],
            ["mirror": true],
            ["color-jitter": ["brightness": 0.4, "contrast": 0, "saturation": 0, "hue": 0.1]],
            ["cutout": 8],
          ]),
      ], preparations: [data: prepared], fileSystem: LocalFileSystem())
    let files = try reportFiles(of: source, Analysis(source.results))
    let page = try #require(files["report.html"]).text
    _ = try elements(of: page)
    for text in [
      "pets: 6 classes, each with 9 to 10 training and 5 test images, 3×32×32; 1 image was skipped as unreadable",
      "B of division 0 (split halves): ant, cat, fox",
      "network: input 3×32×32, 2 layers (conv1, fc&lt;2&gt;)",
      "base: SGD, 5 epochs, batch 20, rate 0.02 (× 0.1 every 2 epochs), momentum 0.9",
      "AnB: SGD, 5 epochs, batch 20, rate 0.002 (× 0.1 every 2 epochs), momentum 0.9",
      "mean image subtracted, divided by 64, mirrored at random in training, random crop in training after "
        + "padding by 4",
      "divided by 64, augmented in training by random-resized-crop (ratio 0.75–1.5, scale 0.08–1), mirror, "
        + "color-jitter (brightness 0.4, hue 0.1), cutout 8",
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
    #expect(texts.contains { $0.name == "p" && $0.text.contains("1 of them missing") })
    #expect(texts.contains { $0.name == "td" && $0.text == "missing: never run" })
  }

  @Test func tablesHoldMeansIntervalsAndCounts() throws {
    let found = try elements(of: try page(study.runs))
    let cells = found.filter { $0.name == "td" }.map(\.text)
    #expect(
      cells.contains { $0.wholeMatch(of: /\+(9\.9|10\.0)\d[*‡]\[\+.*, \+.*\]8 pairs/) != nil })
    #expect(cells.contains { $0.hasSuffix("8 runs") })
  }

  /// On narrow pages, cells are below each other, and their column headings are read from them.
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
    let files = try self.files([])
    let page = try #require(files[ArtifactFile.reportPage.name])
    let found = try elements(of: page)
    #expect(found.contains { $0.name == "p" && $0.text == "There are no results yet." })
    #expect(found.contains { $0.name == "p" && $0.text == "tests: 0 runs." })
    #expect(try tables(page).isEmpty)
    #expect(!found.contains { $0.name == "figure" })
    #expect(files["runs.csv"]?.split(separator: "\n").count == 1)
  }

  @Test(
    arguments: [
      (run(.base, .top1(0.5)), "50.00", ""),
      (run(.frozen, source: "A", n: 1, .missing("never run")), "", "missing: never run"),
      (run(.base, .diverged("loss is nan")), "", "diverged: loss is nan"),
      (run(.base, .top1(.nan)), "nan", ""),
      (run(.base, .atChance(Measure(top1: 0.1, images: nil))), "10.00", "did not train"),
    ] as [(RunResult, String, String)])
  func anyOneRunIsAPage(_ only: RunResult, accuracy: String, outcome: String) throws {
    let page = try page([only])
    let rows = try #require(try tables(page)["All runs"])
    #expect(rows.count == 2)
    #expect(rows[1].first == only.name && rows[1].suffix(2) == [accuracy, outcome])
    #expect(
      try elements(of: page).contains { $0.name == "p" && $0.text.hasPrefix("tests: 1 run") })
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
    let rows = try #require(try tables(page)["All runs"])
    #expect(rows.dropFirst().map(\.first) == runs.map(\.name))
  }

  /// Thousands of settings make thousands of experiments.
  @Test func experimentsBeyondThoseShownAreInTheTables() throws {
    let splits = (0..<StudyFigures.drawnExperiments + 3).map { "split \($0)" }
    let runs = splits.flatMap { split in
      [
        run(.base, .top1(0.5), split: split),
        run(.frozen, source: "A", n: 1, .top1(0.4), split: split),
      ]
    }
    let files = try files(runs)
    let page = try #require(files["report.html"])
    #expect(
      page.contains(
        "3 more experiments are not shown: means.csv and contrasts.csv have the numbers of all."))
    let drawn = files.keys.filter { $0.hasPrefix("figures/accuracy") }
    #expect(drawn.count == StudyFigures.drawnExperiments)
    #expect(try elements(of: page).count { $0.name == "svg" } >= drawn.count)
    let means = try #require(files["means.csv"])
    for split in splits { #expect(means.contains(",\(split),")) }
    #expect(try !self.page(Array(runs.dropLast(6))).contains("not shown"))
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
