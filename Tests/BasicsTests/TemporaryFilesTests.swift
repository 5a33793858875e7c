import Basics
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite struct TemporaryFilesTests {
  private let files = LocalFileSystem()

  @Test func whatKilledProcessesLeftBesideAFileIsRemovedByTheNextWriter() throws {
    try withTemporaryFolder { folder in
      let gone = ".\(ProcessIdentity.here(id: 1 << 23, start: 1))~a.tmp"
      let kept = [
        ".\(ProcessIdentity.current)~a.tmp", ".another-host~1~2~a.tmp", ".x.tmp", "y.tmp",
      ]
      for name in kept + [gone] { try files.append([1], to: folder.appending(name)) }
      try files.write("text", to: folder.appending("report.html"))
      #expect(try Set(files.names(in: folder)) == Set(kept + ["report.html"]))
    }
  }

  @Test func wholeFoldersOfKilledProcessesAreRemovedToo() throws {
    try withTemporaryFolder { folder in
      let gone = folder.appending(".\(ProcessIdentity.here(id: 1 << 23, start: 1))~a.tmp")
      try files.makeFolder(gone.appending("part"))
      try files.append([1], to: gone.appending("part").appending("images.packed"))
      try files.write("text", to: folder.appending("report.html"))
      #expect(try files.names(in: folder) == ["report.html"])
    }
  }

  @Test func aProcessOfWhichNoStartIsKnownIsNotTakenForAnother() {
    #expect(!ProcessIdentity.here(id: getpid(), start: 0).isGone)
    #expect(ProcessIdentity.here(id: getpid(), start: 1).isGone)
    #expect(ProcessIdentity.here(id: 1 << 23, start: 0).isGone)
    #expect(ProcessIdentity.current.start != 0)
  }

  @Test func namesTellWhoseTheyAre() {
    let path = TemporaryFiles.newPath(beside: "folder/file")
    #expect(path.removingLastComponent() == "folder")
    let name = path.lastComponent!.string
    #expect(name.utf8.count < 200)
    #expect(TemporaryFiles.owner(of: name) == .current)
    #expect(TemporaryFiles.newPath(beside: "folder/file") != path)
    for other in ["file", ".hidden", ".a~b.tmp", "\(ProcessIdentity.current)~a.tmp"] {
      #expect(TemporaryFiles.owner(of: other) == nil)
    }
  }
}
