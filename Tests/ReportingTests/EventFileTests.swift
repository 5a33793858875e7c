import Basics
import Reporting
import SystemPackage
import Testing

@Suite struct EventFileTests {
  /// Written by `Fixtures/tensorboard_events.py` with TensorBoard 2.21.
  @Test func bytesAreThoseOfTensorBoardsOwnWriter() throws {
    var file = EventFile(time: 1_700_000_000)
    for (tag, value, step, time) in [
      ("loss", 2.302585, 1, 1_700_000_000.5), ("accuracy", 0, 1, 1_700_000_000.5),
      ("rate", 0.01, 200, 1_700_000_001.25), ("validation/loss", -1.5, 70_000, 1_700_000_002),
      ("größe", .nan, 3_000_000_000, 1_700_000_003),
      ("long/" + String(repeating: "x", count: 200), 1e-30, 0, 0),
    ] as [(String, Double, Int, Double)] {
      file.add(tag, value, step: step, time: time)
    }
    let fixture = FilePath(#filePath).removingLastComponent()
      .appending("Fixtures").appending("scalars.tfevents")
    #expect(file.bytes == (try LocalFileSystem().read(fixture)))
  }
}
