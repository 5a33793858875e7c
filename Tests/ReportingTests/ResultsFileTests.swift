import Basics
import Definitions
import Planning
import Reporting
import TestSupport
import Testing

@Suite struct ResultsFileTests {
  private func read(
    _ text: String, score: String? = nil, classes: Int? = nil
  ) throws -> StudyResults {
    try ResultsFile(
      SourceText(name: "runs.csv", text: text), name: "runs", score: score, classes: classes
    ).results
  }

  /// The problems of a file: `line:column message`, and the notes.
  private func problems(
    _ text: String, score: String? = nil, classes: Int? = nil
  ) -> [String] {
    do {
      _ = try read(text, score: score, classes: classes)
      return []
    } catch let error as DiagnosticError {
      return error.diagnostics.map { diagnostic in
        let place = diagnostic.span.map { "\($0.start.line):\($0.start.column) " } ?? ""
        return place
          + ([diagnostic.message] + diagnostic.notes.map(\.message)).joined(separator: "; ")
      }
    } catch {
      return ["\(error)"]
    }
  }

  @Test func splitsTellTheirDivision() throws {
    let results = try read(
      """
      run,treatment,split,source,target,layers,top1
      a,base,random-2,,B,0,0.5
      b,AnB,natural-man-made,natural,man-made,3,0.4
      c,base,25-per-class,,all,0,0.3
      d,random,all,,all,2,0.2
      e,base,,,all,,0.6
      f,AnB,,x,y,1,0.6
      """)
    let designs = results.runs.map(\.design)
    #expect(
      designs.map(\.division) == [.random(seed: 2), .listed, .whole, .whole, .whole, .listed])
    #expect(
      designs.map(\.split) == ["random", "natural-man-made", "all", "all", "all", "unnamed"])
    #expect(designs[2].examples == 25)
    #expect(designs[1].source == "natural" && designs[1].depth == 3)
    #expect(designs[3].kind == .random && designs[3].source == nil)
    #expect(results.runs.map(\.name) == ["a", "b", "c", "d", "e", "f"])
  }

  @Test func aDivisionCanBeSaid() throws {
    let results = try read(
      """
      treatment,split,division,division_seed,target,n,seed,top1
      base,halves,random,7,B,0,3,0.5
      base,halves-4,random,,B,0,3,0.5
      base,halves,random,,B,0,3,0.5
      base,photos,whole,,photos,0,3,0.5
      base,halves,listed,,B,0,3,0.5
      """)
    #expect(
      results.runs.map(\.design.division) == [
        .random(seed: 7), .random(seed: 4), .random(seed: 3), .whole, .listed,
      ])
    #expect(results.runs.map(\.name).first == "line 2")
    #expect(results.runs.allSatisfy { $0.design.seed == 3 })
  }

  @Test func everyTreatmentIsRead() throws {
    let names = ["BnB", "BnB+", "AnB", "AnB+", "RnB", "Bnp1B", "Anp12B", "AnB (other)"]
    let results = try read(
      "treatment,source,target,n,top1\n"
        + names.map { "\($0),\($0.hasPrefix("A") ? "A" : ""),B,2,0.5\n" }.joined())
    #expect(results.runs.map { Treatment($0.design).label } == names)
    #expect(results.runs[0].design.source == "B")
    #expect(results.runs[6].design.preserved == 12)
  }

  @Test func theScoresNameTellsItsRule() throws {
    let text = "treatment,target,top1_mean_of_best_10,top1_final,loss\nbase,B,0.5,0.4,x\n"
    let best = try read(text).runs[0].measure
    #expect(best?.rule == "mean of best 10" && best?.isSelectedOnItself == true)
    let final = try read(text, score: "top1_final").runs[0].measure
    #expect(final?.rule == "final" && final?.isSelectedOnItself == false && final?.top1 == 0.4)
    #expect(try read("treatment,target,top1\nbase,B,1\n").runs[0].measure?.rule == "not stated")
    #expect(
      problems(text, score: "top1_last") == [
        "'runs.csv' has no column 'top1_last' of accuracies; there are: top1_mean_of_best_10, top1_final"
      ])
  }

  @Test func outcomesAreRead() throws {
    let outcomes = try read(
      """
      treatment,target,top1,did_not_train,outcome,reason
      base,a,0.5,,,
      base,b,0.5,yes,,
      base,c,0.5,,did-not-train,
      base,d,,,diverged,nan at 10
      base,e,,,,
      base,f,,,missing,killed
      """
    ).runs.map(\.outcome)
    let measure = Measure(top1: 0.5, images: nil, rule: "not stated")
    #expect(
      outcomes == [
        .measured(measure), .atChance(measure), .atChance(measure), .diverged("nan at 10"),
        .missing("it has no score"), .missing("killed"),
      ])
  }

  // MARK: - Chance

  @Test func chanceIsToldByTheLowestScores() throws {
    let text = "treatment,target,n,top1\n"
    let rows = "base,all,0,0.5\nrandom,all,1,0.0011\nrandom,all,2,0.0014\nrandom,all,3,0.0013\n"
    let results = try read(text + rows)
    #expect(results.runs.map { $0.top1 == nil } == [false, true, false, true])
    #expect(results.chance == .lowestScores(upTo: 0.0013))
    // Not low enough to be chance for certain.
    let high = try read(text + "base,all,0,0.5\nrandom,all,1,0.03\n")
    #expect(high.runs.allSatisfy { $0.top1 != nil })
    #expect(high.chance == .lowestScores(upTo: nil))
  }

  @Test func chanceIsExactWhereClassesAreKnown() throws {
    // 0.1 + 3 √(0.1 · 0.9 / 1000) = 0.1285
    let text = "treatment,target,images,classes,top1\n"
    let results = try read(
      text + "base,a,1000,10,0.128\nbase,b,1000,10,0.129\nbase,c,,10,0.125\nbase,d,,10,0.126\n")
    #expect(results.runs.map { $0.top1 == nil } == [true, false, true, false])
    #expect(results.chance == .classes)
    let given = try read("treatment,target,top1\nbase,a,0.125\nbase,b,0.126\n", classes: 10)
    #expect(given.runs.map { $0.top1 == nil } == [true, false])
    #expect(given.chance == .classes)
  }

  @Test func aFileThatSaysWhatTrainedIsBelieved() throws {
    let results = try read(
      "treatment,target,did_not_train,top1\nbase,a,no,0.0001\nrandom,a,no,0.9\n".replacing(
        "random", with: "base"))
    #expect(results.chance == .measured)
    #expect(results.runs.allSatisfy { $0.top1 != nil })
  }

  // MARK: - Mistakes

  @Test func columnsAreChecked() {
    #expect(problems("").first?.contains("is empty") == true)
    #expect(problems("treatment,target,top1\n").first?.contains("has no run") == true)
    #expect(
      problems("treatmnt,target,top1\nbase,B,1\n") == [
        "1:1 the file lacks a column 'treatment'; is that 'treatmnt' here?"
      ])
    #expect(problems("target,top1\nB,1\n") == ["1:1 the file lacks a column 'treatment'"])
    #expect(
      problems("treatment,target,n\nbase,B,0\n") == [
        "1:1 the file lacks a column of accuracies: its name begins with 'top1'"
      ])
    #expect(
      problems("treatment,target,n,layers,top1\nbase,B,0,0,1\n") == [
        "1:20 'n' and 'layers' are the same column: give only one"
      ])
    #expect(
      problems("treatment,target,top1,top1\nbase,B,0,0\n") == ["1:23 there are two columns 'top1'"])
    #expect(
      problems("treatment;target;top1\nbase;B;1\n") == [
        "1:1 the first line names one column, 'treatment;target;top1'; fields must be separated by commas"
      ])
    #expect(
      problems("treatment,target,,top1\nbase,B,,1\n").first?.hasPrefix("1:18 a column has no name")
        == true)
  }

  @Test func notEachOfVeryManyNamelessColumnsIsReported() {
    let found = problems("treatment,target,top1\(String(repeating: ",", count: 300))\n")
    #expect(found.count == 20)
    #expect(found.last?.hasSuffix("a column has no name; and 280 more in this line") == true)
  }

  @Test func fieldsAreChecked() {
    func problem(_ row: String) -> String {
      problems("treatment,source,target,n,seed,top1\n" + row + "\n").first ?? ""
    }
    #expect(problem("base,,B,0,0,0.5") == "")
    #expect(problem("base,,B,0,0,x") == "2:13 'x' is not a number")
    #expect(
      problem("base,,B,0,0,nan").hasPrefix("2:13 an accuracy cannot be nan; leave the field empty"))
    #expect(problem("base,,B,0,0,inf").hasPrefix("2:13 an accuracy cannot be inf"))
    #expect(
      problem("base,,B,0,0,62.5")
        == "2:13 an accuracy is a fraction from 0 to 1, not 62.5; divide per cent by 100")
    #expect(problem("base,,B,0,0,-0.1") == "2:13 an accuracy is a fraction from 0 to 1, not -0.1")
    #expect(problem("base,,,0,0,0.5") == "2:7 the run lacks its target")
    #expect(problem("base,,B,2,0,0.5") == "2:9 a base network copies no layers, not 2")
    #expect(problem("BnB,,B,,0,0.5") == "2:8 the run lacks n, the number of copied layers")
    #expect(problem("AnB,A,B,0,0,0.5").hasPrefix("2:9 'AnB' copies at least one layer"))
    #expect(problem("AnB,A,B,1.5,0,0.5") == "2:9 '1.5' is not a whole number of at least 0")
    #expect(
      problem("AnB,A,B,1,-1,0.5") == "2:11 '-1' is not a seed: seeds are whole numbers from 0")
    #expect(problem("AnB,,B,1,0,0.5").hasPrefix("2:5 the run lacks its source"))
    #expect(
      problem("AnB,B,B,1,0,0.5").hasPrefix("2:5 the layers of 'AnB' come from a different task"))
    #expect(
      problem("BnB,A,B,1,0,0.5").hasPrefix("2:5 the layers of 'BnB' come from the target 'B'"))
    #expect(
      problem("A3B,A,B,1,0,0.5").hasPrefix("2:1 'A3B' is not a treatment; treatments are base"))
    #expect(problem("AnpB,A,B,1,0,0.5").hasPrefix("2:1 'AnpB' is not a treatment"))
    #expect(problem("base,,B,0,0.5") == "2:11 this line has 5 fields, but there are 6 columns")
  }

  @Test func furtherFieldsAreChecked() {
    func problem(_ column: String, _ value: String) -> String {
      problems("treatment,target,top1,\(column)\nbase,B,0.5,\(value)\n").first ?? ""
    }
    #expect(problem("did_not_train", "maybe") == "2:12 'maybe' is neither true nor false")
    #expect(problem("outcome", "fine").hasPrefix("2:12 'fine' is not an outcome"))
    #expect(
      problem("division", "halves") == "2:12 'halves' is not a division: random, listed or whole")
    #expect(problem("classes", "1") == "2:12 '1' is not a whole number of at least 2")
    #expect(problem("images", "0") == "2:12 '0' is not a whole number of at least 1")
    #expect(problem("examples", "few") == "2:12 'few' is not a whole number of at least 1")
  }

  @Test(arguments: [
    "n", "seed", "division_seed", "examples", "images", "classes", "top1",
  ])
  func noNumberEndsTheProgram(_ column: String) {
    let columns = [
      "treatment", "source", "target", "n", "seed", "division_seed", "examples", "images",
      "classes", "top1",
    ]
    let fine = ["AnB", "A", "B", "1", "1", "1", "10", "100", "10", "0.5"]
    for value in [
      "1e300", "9e99", "99999999999999999999", "-0", "-0.0", "NaN", "inf", "-inf", "0x7",
      "1e-320",
    ] {
      var row = fine
      row[columns.firstIndex(of: column) ?? 0] = value
      let found = problems("\(columns.joined(separator: ","))\n\(row.joined(separator: ","))\n")
      guard !(column == "top1" && value == "1e-320") else { continue }
      #expect(
        found.count == 1 && found[0].hasPrefix("2:") && found[0].contains("'\(value)'")
          || column == "top1" && found.count == 1, "\(column) \(value): \(found)")
    }
    // The largest that are read draw a report, too.
    for value in ["1000000000", "1000"] {
      var row = fine
      row[columns.firstIndex(of: column) ?? 0] = value
      let text = "\(columns.joined(separator: ","))\n\(row.joined(separator: ","))\n"
      guard let results = try? read(text) else { continue }
      let source = ReportSource(
        name: "x", origin: "y", runs: results.runs.map { .init(result: $0) },
        fileSystem: MemoryFileSystem())
      #expect(throws: Never.self) {
        for file in try reportFiles(of: source, Analysis(results)).values { _ = try file.bytes() }
      }
    }
  }

  @Test func wholeNumbersAreReadAsDataFramesWriteThem() throws {
    let results = try read(
      """
      treatment,n,target,source,top1,images,seed,examples,did_not_train
      base,,B,,0.72,500.0,0.0,,False
      AnB,1.0,B,A,0.71,500,,25.0,0.0
      AnB,2.0,B,A,0.65,5e2,3.0,,
      """)
    #expect(results.runs.map(\.design.depth) == [0, 1, 2])
    #expect(results.runs.map(\.design.seed) == [0, 0, 3])
    #expect(results.runs.map(\.design.examples) == [nil, 25, nil])
    #expect(results.runs.map { $0.measure?.images } == [500, 500, 500])
  }

  @Test func allMistakesAreToldAtOnce() {
    let text = "run,treatment,target,top1\na,base,B,x\na,base,B,0.5\na,base,C,2\nb,BnB,C,1\n"
    #expect(problems(text).count == 3)
    let twice = "run,treatment,target,top1\na,base,B,0.5\na,base,C,0.5\n"
    #expect(problems(twice) == ["3:1 there are two runs called 'a'; the other one is here"])
    let many = String(repeating: "a,base,B,x\n", count: 100)
    let shown = problems("run,treatment,target,top1\n" + many)
    #expect(shown.count == 3 && shown.last?.hasSuffix("and 97 more in the same column") == true)
  }

  // MARK: - Quoting

  @Test func fieldsMayBeQuoted() throws {
    let results = try read(
      "\"treatment\",\"target\",\"run\",\"top1\"\r\n\"base\",\"a, \"\"b\"\"\nc\",é,0.5\r\n\r\nbase,d,x,\"1\""
    )
    #expect(results.runs.map(\.design.target) == ["a, \"b\"\nc", "d"])
    #expect(results.runs.map(\.name) == ["é", "x"])
    let problem = problems("treatment,target,top1\n\"base\",\"a\nb\",2\n")
    #expect(problem.first?.hasPrefix("3:4 an accuracy") == true)
  }

  @Test func wrongQuotesAreTold() {
    let heading = "treatment,target,top1\n"
    #expect(
      problems(heading + "base,a\"b,1\n").first?.hasPrefix("2:7 a quote inside a field") == true)
    #expect(
      problems(heading + "base,\"a\"b,1\n").first?.hasPrefix("2:9 after a closing quote") == true)
    #expect(problems(heading + "base,\"a,1\n") == ["2:6 the quote is never closed"])
  }

  // MARK: - Variables

  @Test func unknownColumnsAreVariables() throws {
    let results = try read(
      """
      treatment,target,source,n,seed,lr,solver,replicate_draw,init_seed,comment,top5,loss_end,seconds,top1
      base,B,,0,0,0.02,high,1,4,x,1,1,1,0.5
      base,B,,0,1,2e-2,high,2,5,,,,,0.5
      AnB,B,A,1,0,,"a, b",,,,,,,0.5
      """)
    let variables = results.runs.map(\.design.variables)
    #expect(
      variables[0] == [
        "lr": RunVariable(.number(0.02)), "solver": RunVariable(.text("high")),
        "draw": RunVariable(.number(1), role: .replicate),
        "init_seed": RunVariable(.number(4), role: .replicate),
      ])
    #expect(variables[1]["lr"] == variables[0]["lr"])
    #expect(variables[2] == ["solver": RunVariable(.text("a, b"))])
    #expect(
      problems("treatment,target,lr,lr,top1\nbase,B,1,1,1\n") == ["1:21 there are two columns 'lr'"]
    )
    #expect(
      problems("treatment,target,lr,variable_lr,top1\nbase,B,1,1,1\n") == [
        "1:21 there are two columns of the variable 'lr'"
      ])
  }

  @Test func variablesAreReadBackUnderAnyName() throws {
    let names = [
      "lr", "solver.rate.start", "epochs", "images", "score", "comment", "top1", "top5", "losses",
      "replicate_x", "data_seed", "variable_y", "=1+1", "a, \"b\"", "label_", "label_z",
    ]
    let runs = [RunVariable.Role.setting, .replicate].flatMap { role in
      names.map { name in
        var run = run(.base, .top1(0.5), name: "\(role) \(name)")
        run.design.score = "final"
        run.design.variables = [
          "\(name)": RunVariable(.text("@\(name)"), role: role),
          "\(name)'": RunVariable(.number(-0.5), role: role),
        ]
        return run
      }
    }
    // A name has the same role in the entire table.
    for role in [RunVariable.Role.setting, .replicate] {
      let own = runs.filter { run in run.design.variables.values.allSatisfy { $0.role == role } }
      #expect(try read(RunTable(own).csv.text).runs == own)
    }
  }

  @Test func cellsThatBeginAFormulaAreQuoted() throws {
    let odd = ["=cmd()", "+a", "-b", "@c", "'=d", "'e", "-1", "\"=f\""].map {
      var run = run(.base, .top1(0.5), halving: nil, name: $0)
      run.design.score = "final"
      return run
    }
    let lines = try RunTable(odd).csv.text.split(separator: "\n").dropFirst().map {
      $0.prefix { $0 != "," }
    }
    #expect(
      lines == ["'=cmd()", "'+a", "'-b", "'@c", "''=d", "'e", "-1", "\"\"\"=f\"\"\""])
    #expect(try read(RunTable(odd).csv.text).runs == odd)
  }

  /// The analysis of the table read back is that of the original, whatever distinguishes the runs.
  @Test func theAnalysisOfTheTableIsTheSame() throws {
    var runs: [RunResult] = []
    for (lr, seed) in [("0.1", 0), ("0.1", 1), ("0.01", 0), ("0.01", 1)] {
      for (kind, n) in [(TreatmentKind.base, 0), (.frozen, 1), (.frozen, 2), (.random, 1)] {
        var run = run(
          kind, source: kind == .frozen ? "A" : nil, n: n,
          .top1(0.8 - 0.1 * Double(n) - 0.01 * Double(runs.count)), seed: UInt64(seed),
          name: "run \(runs.count)")
        run.design.score = "final"
        run.design.variables = [
          "lr": RunVariable(VariableValue(lr)),
          "depth": RunVariable(.number(Double(n)), role: .label),
          "draw": RunVariable(.number(Double(seed)), role: .label),
          "init": RunVariable(.number(Double(seed)), role: .replicate),
        ]
        if kind == .random { run.design.variables["lr"] = nil }
        runs.append(run)
      }
    }
    let table = try RunTable(runs).csv.text
    #expect(table.contains("measured_on,depth,lr,replicate_init,label_draw,top1"))
    let results = try read(table)
    #expect(try RunTable(results.runs).csv.text == table)
    let written = StudyResults(name: results.name, origin: results.origin, runs: runs)
    #expect(
      try AnalysisTables.json(Analysis(results)).text
        == AnalysisTables.json(Analysis(written)).text
    )
  }

  // MARK: - Round trip

  @Test func theTableOfRunsIsReadBack() throws {
    var runs = SyntheticStudy(
      halvings: [0, 3], lostCoadaptation: [0, 0.1], specificity: [0, 0.1], transferGain: 0.01,
      selfferGain: 0
    ).runs
    runs += [
      run(.base, target: "natural, or so", .top1(0.7), halving: nil, split: "kinds"),
      run(
        .frozen, source: "weights \"x\".safetensors", target: "natural, or so", n: 2,
        .diverged("the loss became nan"), halving: nil, split: "kinds", network: "net"),
      run(
        .preserved, source: "A", n: 1,
        .atChance(Measure(top1: 0.1, images: 9, rule: "mean of last 2")), seed: .max,
        examples: 10, preserved: 2),
      run(.random, target: "photos", n: 1, .missing("not yet"), split: "photos", division: .whole),
    ]
    for index in runs.indices { runs[index].design.score = runs[index].measure?.rule }
    let read = try read(RunTable(runs).csv.text)
    #expect(read.runs == runs)
    #expect(read.chance == .measured)
  }
}
