import Basics
import Foundation
import SystemPackage
import TestSupport
import Testing

/// The program outside its source tree.
@Suite struct InstallationTests {
  private let files = LocalFileSystem()

  private static let network =
    "cambium: 1\nnetworks: {mine: {input: [3, 8, 8], layers: {fc1: [dense: classes]}}}"

  /// Copies the program and a network to where an installation has them, then runs `body` with a script that starts the program
  /// through a symbolic link.
  private func withInstallation(_ body: (FilePath, String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let networks = folder.appending("there/share/cambium/networks")
      for path in [networks, folder.appending("there/bin"), folder.appending("elsewhere")] {
        try files.makeFolder(path)
      }
      try files.write(Self.network, to: networks.appending("mine.yaml"))
      let program = folder.appending("there/bin/cambium")
      let copied = try Program.start(
        [], in: folder, script: "cp \"$0\" '\(program)' && ln -s '\(program)' link")
      #expect(try copied.outcome().status == 0)
      try body(folder, "exec '\(folder.appending("link"))' \"$@\"")
    }
  }

  @Test func networksAreFoundBesideTheProgram() throws {
    try withInstallation { folder, script in
      func run(_ arguments: String...) throws -> Program.Outcome {
        try Program.start(arguments, in: folder.appending("elsewhere"), script: script).outcome()
      }
      let outcome = try run("bench", "mine", "--batch", "2", "--repetitions", "1")
      #expect(outcome.status == 0 && outcome.output.hasPrefix("mine: batch 2,"), "\(outcome)")

      let facts = try Value(json: run("doctor", "--json").output)
      #expect(facts["program"]?["file"]?.asString?.hasSuffix("/there/bin/cambium") == true)
      #expect(facts["program"]?["networks"] == ["mine"])
      #expect(
        facts["program"]?["networks-in"]?.asString?.hasSuffix("/there/share/cambium/networks")
          == true)

      let misspelt = try run("bench", "mines")
      #expect(misspelt.status == 2)
      for part in [
        "there is no file 'mines', and Cambium has no network of that name",
        "did you mean 'mine'?", "networks supplied with Cambium: mine",
      ] {
        #expect(misspelt.errors.contains(part), "\(misspelt)")
      }

      try files.remove(folder.appending("there/share"))
      let missing = try run("bench", "mine")
      #expect(missing.status == 2)
      for part in ["the networks supplied with Cambium were not found", "/there/share/cambium"] {
        #expect(missing.errors.contains(part), "\(missing)")
      }
      let doctor = try run("doctor")
      #expect(doctor.status == 1 && doctor.output.contains("problem: the networks"), "\(doctor)")
    }
  }

  /// After `make install` and `make uninstall` the files are the same as before.
  @Test(.enabled(if: isThere("make") && isThere("python3"), "needs make and python3"))
  func whatIsInstalledIsUninstalled() throws {
    try withTemporaryFolder { folder in
      let place = folder.appending("place")
      // Files of other programs and of the user.
      let foreign = ["bin/other", "share/cambium/networks/mine.yaml", "share/man/man1/other.1"]
      for path in foreign {
        try files.makeFolder(place.appending(path).removingLastComponent())
        try files.write(Self.network, to: place.appending(path))
      }
      func make(_ target: String) throws {
        // -o: make must not build the program.
        let script = """
          make -C '\(repository)' -o "$0" CAMBIUM="$0" DESTDIR='\(folder)' PREFIX=/place \(target)
          """
        let outcome = try Program.start([], in: folder, script: script).outcome()
        #expect(outcome.status == 0, "\(outcome)")
      }
      try make("install")
      let installed = try contents(of: place)
      for path in [
        "bin/cambium", "share/man/man1/cambium.1", "share/bash-completion/completions/cambium",
        "share/zsh/site-functions/_cambium", "share/fish/vendor_completions.d/cambium.fish",
        "share/cambium/networks/caffenet.yaml", "share/cambium/quickstart.yaml",
        "share/cambium/imagenet/natural.txt", "share/cambium/pipeline.schema.json",
      ] {
        #expect(installed.contains(path))
      }
      let check = try Program.start(
        ["check", "place/share/cambium/paper.yaml"], in: folder,
        script: "exec '\(place)/bin/cambium' \"$@\""
      ).outcome()
      #expect(check.status == 0, "\(check)")
      try make("uninstall")
      #expect(try contents(of: place) == foreign)
    }
  }

  private func contents(of folder: FilePath) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder.string).filter {
      try files.status(of: folder.appending($0))?.kind == .file
    }.sorted()
  }
}

private let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().path

private func isThere(_ command: String) -> Bool {
  (try? Program.execute(["sh", "-c", "command -v \(command)"])) == 0
}
