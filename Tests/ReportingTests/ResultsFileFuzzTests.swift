import Basics
import Reporting
import TestSupport
import Testing

/// Changed files of results are read, analysed and printed, or refused with a diagnostic.
@Suite struct ResultsFileFuzzTests {
  private static let fuzz = ReaderFuzz(
    "results",
    ByteMutator(
      [
        """
        name,treatment,target,source,n,split,seed,top1,images,classes,lr
        a,base,B,,,random-0,0,0.80,1000,10,0.1
        b,base,B,,,random-1,1,0.81,1000,10,0.1
        c,AnB,B,A,1,random-0,0,0.79,1000,10,0.1
        d,AnB,B,A,1,random-1,1,0.78,1000,10,0.1
        e,BnB,B,B,1,random-0,0,0.80,1000,10,0.1
        f,BnB+,B,B,2,random-1,1,0.82,1000,10,0.2
        """,
        "treatment;target;top1\r\n\"base\";\"B \"\"x\"\"\";80,5\r\nAnB;B;did not train\r\n",
        "treatment\ttarget\tn\ttop1\nbase\tA\t\t0.5\nRnA\tA\t1.0\t0.4\n",
      ].map { Array($0.utf8) }))

  private static func read(_ bytes: [UInt8]) throws {
    let file = try ResultsFile(SourceText.decoding(bytes, name: "r.csv"), name: "r")
    let analysis = Analysis(file.results)
    _ = AnalysisText(analysis).text
  }

  @Test func changedFilesAreReadOrRefused() {
    #expect(Self.fuzz.complaints(0..<1000, read: Self.read).isEmpty)
  }

  @Test(.enabled(if: ReaderFuzz.seconds != nil, "CAMBIUM_FUZZ_SECONDS is unset"))
  func changedFilesAreReadOrRefusedForALongTime() throws {
    let complaints = try Self.fuzz.complaintsOverTime(read: Self.read)
    #expect(complaints.isEmpty)
  }
}
