import Basics
import SystemPackage
import TestSupport
import Testing

/// `cambium data`: what is in a dataset.
@Suite struct DataCommandTests {
  private let files = LocalFileSystem()

  private let pipeline = """
    cambium: 1
    datasets: {d: {source: data, unreadable: skip, size: 8, augment: [random-crop: {padding: 2}, mirror]}}
    networks: {net: {input: [3, 6, 6], layers: {conv1: [conv: {filters: 2, kernel: 3}, relu], fc2: [dense: classes]}}}
    solvers: {sgd: {batch: 4, epochs: 1, rate: 0.01}}
    stages:
      base: {train: {network: net, on: d, solver: sgd}}
    """

  /// Two classes, two training images and one test image each. One test image is a training image of the other class;
  /// there is an unreadable file, and one that is ignored.
  private func inFolder(_ body: (FilePath) throws -> Void) throws {
    try withTemporaryFolder { folder in
      var all: [String: [UInt8]] = [
        "train/ant/a rather long name of a photograph that does not fit a line of eighty columns.png":
          [],
        "train/bee/Thumbs.db": [1],
      ]
      for (label, name) in ["ant", "bee"].enumerated() {
        for number in 0..<3 {
          all["\(number < 2 ? "train" : "test")/\(name)/\(number).png"] = TinyPNG.image(
            color: [UInt8(label * 60), UInt8(number * 20), 100])
        }
      }
      all["test/bee/2.png"] = all["train/ant/0.png"]
      for (name, bytes) in all {
        let path = folder.appending("data").pushing(FilePath(name))
        try files.makeFolder(path.removingLastComponent())
        try files.write(bytes, to: path)
      }
      try files.write(pipeline, to: folder.appending("p.yaml"))
      try body(folder)
    }
  }

  @Test func everythingIsTold() throws {
    try inFolder { folder in
      let data = try Program.run("data", "p.yaml", in: folder)
      #expect(data.status == 0 && data.errors.isEmpty, "\(data)")
      for part in [
        "d: data\n4 training images and 2 test images of 2 classes, 3×8×8 when packed",
        "ant        2     1\n", "all images are 8×8", "mean 0.1176, 0.0392, 0.3922",
        "normalize: {mean: [0.1176, 0.0392, 0.3922],\n",
        "  deviation: [0.1176, 0.0392, 0.0010]}\n",
        "duplicates   1 test image is a training image as well", "1 image in several classes",
        "train/ant/0.png\n", "= test/bee/2.png", "unreadable   1 image; skipped", "it is empty",
        "6 images of one colour", "ignored      1 system file or note",
      ] {
        #expect(data.output.contains(part), "\(part) is not in\n\(data.output)")
      }
      #expect(data.output.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(data.output)")
    }
  }

  @Test func packedImagesSayTheSame() throws {
    try inFolder { folder in
      let before = try Value(json: Program.run("data", "p.yaml", "--json", in: folder).output)
      #expect(before["format"] == 1 && before["pixels"] == "decoded" && before["source"] == "data")
      #expect(before["duplicates"]?["test-in-training"] == 1)
      #expect(before["unreadable"]?["files"]?.asList?.first?["reason"] == "it is empty")
      #expect(try Program.run("run", "p.yaml", in: folder).status == 0)
      let after = try Value(json: Program.run("data", "p.yaml", "d", "--json", in: folder).output)
      #expect(after["pixels"] == "packed")
      for key in [
        "classes", "statistics", "sizes", "duplicates", "unreadable", "unusual", "setting",
      ] {
        #expect(after[key] == before[key] && after[key] != nil, "\(key)")
      }
      // Without the files, what the store has.
      try files.move(folder.appending("data"), to: folder.appending("elsewhere"))
      let gone = try Value(json: Program.run("data", "p.yaml", "--json", in: folder).output)
      #expect(gone["exists"] == false && gone["sizes"] == nil)
      #expect(gone["classes"] == before["classes"] && gone["statistics"] == before["statistics"])
    }
  }

  @Test func filesAreFoundByTheNamesOfImages() throws {
    try inFolder { folder in
      let before = try Program.run("data", "p.yaml", "--images", "images.csv", in: folder)
      #expect(before.status == 0 && before.output.hasSuffix("written to images.csv\n"), "\(before)")
      let text = String(decoding: try files.read(folder.appending("images.csv")), as: UTF8.self)
      let lines = text.split(separator: "\n")
      #expect(lines[0] == "subset,class,name,file" && lines.count == 7)
      #expect(lines.contains("test,bee,test/bee/0,test/bee/2.png"))
      #expect(try Program.run("run", "p.yaml", in: folder).status == 0)
      let after = try Program.run("data", "p.yaml", "--images", "again.csv", in: folder)
      #expect(after.status == 0)
      #expect(
        try files.read(folder.appending("images.csv")) == files.read(folder.appending("again.csv")))
    }
  }

  @Test func thePageHasAContactSheet() throws {
    try inFolder { folder in
      let data = try Program.run("data", "p.yaml", "-o", "d.html", in: folder)
      #expect(data.status == 0 && data.output.hasSuffix("\nwritten to d.html\n"), "\(data)")
      let page = String(decoding: try files.read(folder.appending("d.html")), as: UTF8.self)
      // Four images, in evaluation and in training.
      #expect(page.split(separator: "<image ").count == 9)
      for part in [
        "as network &#39;net&#39; reads them, 3×6×6", "The mean is added back and the scale undone",
        "normalize: {mean: [0.1176", "test images that are training images as well",
      ] {
        #expect(page.contains(part), "\(part)")
      }
      #expect(!page.contains("<script") && !page.contains("http://") || page.contains("www.w3.org"))
      let again = try Program.run("data", "p.yaml", "-o", "d.svg", in: folder)
      #expect(again.status == 0)
      let sheet = String(decoding: try files.read(folder.appending("d.svg")), as: UTF8.self)
      #expect(sheet.hasPrefix("<?xml") && sheet.split(separator: "<image ").count == 9)
      #expect(try files.names(in: folder).filter { $0.hasSuffix(".tmp") }.isEmpty)
    }
  }

  @Test func mistakesAreReported() throws {
    try inFolder { folder in
      for (arguments, problem) in [
        (["data", "p.yaml", "e"], "'p.yaml' has no dataset 'e'"),
        (
          ["data", "p.yaml", "d", "-o", "d.png"], "--output must end in .html or .svg, not 'd.png'"
        ),
        (
          ["data", "p.yaml", "d", "-o", "d.svg", "--network", "nett"],
          "'p.yaml' has no network 'nett'"
        ),
        (["data", "p.yaml", "d", "--network", "net"], "--network requires --output"),
        (["data", "p.yaml", "--threads", "0"], "--threads must be 1 to 1024"),
      ] {
        let data = try Program.run(arguments, in: folder)
        #expect(data.status == 2 && data.errors.contains(problem), "\(data)")
      }
      // Images that differ in size have no contact sheet, and everything else.
      try files.write(
        pipeline.replacing(", size: 8", with: ""), to: folder.appending("p.yaml"))
      try files.write(
        TinyPNG.image(color: [1, 2, 3], side: 9), to: folder.pushing("data/train/ant/9.png"))
      let data = try Program.run("data", "p.yaml", "-o", "d.html", in: folder)
      #expect(
        data.status == 0 && data.output.contains("no sheet     images have different sizes"),
        "\(data)")
      #expect(data.output.contains("the dataset needs 'size'"))
      // A dataset that is laid out differently says how.
      try files.move(folder.pushing("data/test"), to: folder.pushing("data/val"))
      let other = try Program.run("data", "p.yaml", in: folder)
      #expect(
        other.status == 2 && other.errors.contains("p.yaml:2:")
          && other.errors.contains("there is 'val'"))
    }
  }
}
