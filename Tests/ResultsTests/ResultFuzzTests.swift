import Basics
import Definitions
import Results
import TestSupport
import Testing

/// Changed files of results are read, or refused with a diagnostic.
@Suite struct ResultFuzzTests {
  private static let fuzz = ReaderFuzz(
    "result-files",
    ByteMutator(
      [
        """
        iteration,epoch,rate,loss,accuracy,subset
        5,0.5,0.1,2.0,0.25,train
        5,0.5,,1.75,0.5,test
        10,1.0,0.1,nan,0.3333333333333333,train
        10,1.0,,inf,0.0,validation

        """,
        """
        {"format": 1, "parameters": [{"decay": 1, "initializer": {"gaussian": 0.01}, "layer": "conv1",
        "name": "conv1.weight", "origin": "copied", "rate": 0.5, "shape": [4, 3, 5, 5], "state": "learning",
        "source": "features.0.weight"}], "source": {"stage": "base", "fingerprint":
        "\(Fingerprint(of: "base").hexadecimal)"}}
        """,
        """
        {"format": 1, "images": 4, "top1": 0.75, "top5": 1.0, "loss": 1.5, "did-not-train": false,
        "classes": ["bird", "cat", "dog"], "per-class": [1.0, 0.66, null],
        "confusion": [[1, 0, 0], [0, 2, 1], [0, 0, 0]]}
        """,
      ].map { Array($0.utf8) }))

  /// Each input is given to every reader.
  private static func read(_ bytes: [UInt8]) throws {
    var refusals: [DiagnosticError] = []
    func attempt<File: ResultFile>(_ type: File.Type) throws {
      do throws(DiagnosticError) {
        let file = try File(contents: bytes)
        // What was read can be written and read again.
        _ = try File(contents: file.contents)
      } catch { refusals.append(error) }
    }
    try attempt(MetricSeries.self)
    try attempt(LoadReport.self)
    try attempt(EvaluationDetails.self)
    if let refusal = refusals.first { throw refusal }
  }

  @Test func changedFilesAreReadOrRefused() {
    #expect(Self.fuzz.complaints(0..<2000, read: Self.read).isEmpty)
  }

  @Test(.enabled(if: ReaderFuzz.seconds != nil, "CAMBIUM_FUZZ_SECONDS is unset"))
  func changedFilesAreReadOrRefusedForALongTime() throws {
    let complaints = try Self.fuzz.complaintsOverTime(read: Self.read)
    #expect(complaints.isEmpty)
  }
}
