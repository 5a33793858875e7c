import Basics
import Planning
import Reporting
import Testing

/// Results files with many runs: what is shared between runs, and looked up instead of searched for.
@Suite struct LargeResultsTests {
  private func analysis(_ lines: some Sequence<String>) throws -> Analysis {
    let text = lines.joined(separator: "\n")
    return Analysis(
      try ResultsFile(SourceText(name: "runs.csv", text: text), name: "runs").results)
  }

  /// Where each run has settings of its own, the time is proportional to the number of runs: looking for sources among
  /// all bases took 40 s here.
  @Test(.timeLimit(.minutes(1))) func everyRunMayHaveSettingsOfItsOwn() throws {
    let count = 20_000
    let analysis = try analysis(
      ["run,treatment,split,source,target,n,x,top1"]
        + (0..<count).flatMap { x in
          [
            "base \(x),base,kinds,,natural,,\(x),0.6",
            "source \(x),base,kinds,,man-made,,\(x),0.5",
            "transfer \(x),AnB,kinds,man-made,natural,3,\(x),0.55",
          ]
        })
    // The last one is of the other task, which has bases alone.
    #expect(analysis.experiments.count == count + 1)
    let wrong = (0..<count).first { x in
      let experiment = analysis.experiments[x]
      let pairs = experiment.contrast(.transferCost)?.points.flatMap(\.pairs) ?? []
      return experiment.conditions != ["x": .number(Double(x))]
        || experiment.otherBases.map(\.name) != ["source \(x)"]
        || pairs.map(\.name) != ["base \(x) − transfer \(x)"]
    }
    #expect(wrong == nil)
  }

  /// Bases that state some of the variables are compared with what agrees with them, and those of sources as well.
  @Test func basesThatStateLessServeWhateverAgrees() throws {
    let analysis = try analysis([
      "run,treatment,split,source,target,n,x,y,z,top1",
      "b1,base,kinds,,natural,,,1,,0.6", "b2,base,kinds,,natural,,,2,,0.7",
      "s1,base,kinds,,man-made,,,1,,0.5", "s2,base,kinds,,man-made,,,2,,0.51",
      "s3,base,kinds,,man-made,,,,9,0.52",
      "t1,AnB,kinds,man-made,natural,3,a,1,9,0.4", "t2,AnB,kinds,man-made,natural,3,b,1,9,0.41",
      "t3,AnB,kinds,man-made,natural,3,a,2,9,0.42", "t4,AnB,kinds,man-made,natural,3,b,2,8,0.43",
    ])
    let found = analysis.experiments.map { experiment in
      let pairs = experiment.contrast(.transferCost)?.points.flatMap(\.pairs) ?? []
      return (pairs.map(\.name) + experiment.otherBases.map(\.name)).joined(separator: ", ")
    }
    #expect(
      found == [
        "b1 − t1, s1, s3", "b1 − t2, s1, s3", "b2 − t3, s2, s3", "b2 − t4, s2", "",
      ])
  }

  @Test func equalSettingsAreOneExperimentHoweverWritten() throws {
    let written = ["0.02", "2e-2", "\"0.02\"", " 0.02", "0.020"]
    let analysis = try analysis(
      ["x,treatment,split,target,n,y,top1"]
        + written.enumerated().map { "\($1),base,random-\($0),B,0,same,0.5" })
    #expect(analysis.experiments.count == 1)
    #expect(analysis.experiments.first?.conditions == [:])
    #expect(analysis.results.runs.allSatisfy { $0.design.variables["x"]?.content == .number(0.02) })
  }

  /// Variables in columns that others separate, of which adjacent lines change some.
  @Test func variablesAreThoseOfTheirLine() throws {
    let names = ["p", "q", "r"]
    let values = (0..<60).map { line in ["\(line % 3)", "\(line / 7)", line % 4 == 0 ? "" : "v"] }
    let analysis = try analysis(
      ["p,treatment,q,r,split,target,n,replicate_fold,top1"]
        + values.enumerated().map { line, values in
          "\(values[0]),base,\(values[1]),\(values[2]),random-\(line),B,0,\(line % 5),0.5"
        })
    for (line, run) in analysis.results.runs.enumerated() {
      var expected = ["fold": RunVariable(VariableValue("\(line % 5)"), role: .replicate)]
      for (name, value) in zip(names, values[line]) where !value.isEmpty {
        expected[name] = RunVariable(VariableValue(value))
      }
      #expect(run.design.variables == expected)
    }
  }

  /// A mistake is found by its line and column whatever precedes it.
  @Test(arguments: [
    ("\n", "x", "2:15"), ("\r\n", "x", "2:15"), ("\r", "x", "2:15"), ("\n", "é", "2:15"),
    ("\n", "\"a\nb\"", "3:16"), ("\r\n", "\"a\r\nb\"\"\"", "3:18"), ("\n", "a\u{2028}b", "3:15"),
    ("\n", "\"\u{85}\"", "3:15"),
  ])
  func mistakesHaveTheirPlace(ending: String, field: String, place: String) throws {
    let text = ["z,treatment,target,n,top1", "\(field),base,task,0,0.5x"].joined(separator: ending)
    let error = #expect(throws: DiagnosticError.self) {
      try ResultsFile(SourceText(name: "runs.csv", text: text), name: "runs")
    }
    let span = try #require(error?.diagnostics.first?.span)
    let column = place.split(separator: ":")[1]
    #expect("\(span.start.line):\(span.start.column)" == place)
    #expect(span.end.line == span.start.line && span.end.column == Int(column)! + 4)
  }
}
