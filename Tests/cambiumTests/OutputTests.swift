import Basics
import Foundation
import SystemPackage
import TestSupport
import Testing

/// Places where nothing can be written.
@Suite struct OutputTests {
  private func inFolder(_ body: (FilePath) throws -> Void) throws {
    try withTemporaryFolder { folder in
      try LocalFileSystem().write(tenStages, to: folder.appending("ten.yaml"))
      try body(folder)
    }
  }

  /// Folders in /proc cannot be made, whoever asks, and those above are there.
  @Test func storesAndReportsWhereNoFolderCanBeMadeAreRefused() throws {
    try inFolder { folder in
      for command in ["run ten.yaml --store /proc/x/y", "run ten.yaml --store /dev/null/x"] {
        let outcome = try Program.run(
          command.split(separator: " ").map(String.init), in: folder)
        #expect(outcome.status == 2 && !outcome.wasEndedBySignal, "\(command): \(outcome)")
        #expect(outcome.errors.contains("error: cannot create folder"), "\(command): \(outcome)")
      }
      // A plan needs no store.
      let plan = try Program.run("plan", "ten.yaml", "--store", "/proc/x/y", in: folder)
      #expect(plan.status == 0, "\(plan)")
    }
  }
}
