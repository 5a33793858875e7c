import Basics
import SystemPackage
import TestSupport
import Testing

/// Datasets as people have them, and what the program says of them.
@Suite struct DatasetStoryTests {
  private let files = LocalFileSystem()

  private func pipeline(_ dataset: String) -> String {
    """
    cambium: 1
    name: story
    datasets: {d: {source: data\(dataset)}}
    networks: {net: {input: [3, 8, 8], layers: {conv1: [conv: {filters: 2, kernel: 3}, relu], fc2: [dense: classes]}}}
    solvers: {sgd: {batch: 4, epochs: 1, rate: 0.01}}
    stages:
      base: {train: {network: net, on: d, solver: sgd}}
      measure: {evaluate: {network: base}}
    """
  }

  /// A folder with a small dataset, a pipeline for it, and further files in the dataset.
  private func inFolder(
    _ dataset: String = "", adding more: [String: [UInt8]] = [:],
    _ body: (FilePath) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      var all = more
      for (label, name) in ["ant", "bee"].enumerated() {
        for number in 0..<3 {
          all["\(number < 2 ? "train" : "test")/\(name)/\(number).png"] = TinyPNG.image(
            color: [UInt8(label * 60), UInt8(number * 20), 100])
        }
      }
      for (name, bytes) in all {
        let path = folder.appending("data").pushing(FilePath(name))
        try files.makeFolder(path.removingLastComponent())
        try files.write(bytes, to: path)
      }
      try files.write(pipeline(dataset), to: folder.appending("p.yaml"))
      try body(folder)
    }
  }

  private let bad: [String: [UInt8]] = [
    "train/ant/x.png": [], "train/bee/y.webp": Array("RIFF....WEBPVP8 ".utf8),
    "test/bee/z.jpg": [1, 2, 3],
  ]

  @Test func allUnreadableImagesAreListedByThePlan() throws {
    try inFolder(adding: bad) { folder in
      let plan = try Program.run("plan", "p.yaml", in: folder)
      #expect(plan.status == 2)
      for name in bad.keys { #expect(plan.errors.contains("note: '\(name)': it is ")) }
      #expect(plan.errors.contains("it is a WebP image, not JPEG or PNG"))
      #expect(plan.errors.contains("3 images of dataset 'd' cannot be read"), "\(plan.errors)")
    }
  }

  /// A file that only decoding shows to be damaged ends the run, which decodes all of them.
  @Test func damagedImagesAreListedByOneRun() throws {
    let cut = Array(TinyPNG.image(color: [1, 2, 3]).dropLast(60))
    try inFolder(adding: ["train/ant/x.png": cut, "test/bee/y.png": cut]) { folder in
      let run = try Program.run("run", "p.yaml", in: folder)
      #expect(run.status == 1)
      #expect(run.errors.contains("cannot read the image 'train/ant/x.png'"))
      #expect(run.errors.contains("cannot read the image 'test/bee/y.png'"))
      #expect(run.errors.contains("2 images cannot be read"))
    }
  }

  @Test func differentSizesAreFoundByThePlan() throws {
    let large = TinyPNG.image(color: [1, 2, 3], side: 9)
    try inFolder(adding: ["train/bee/x.png": large]) { folder in
      let plan = try Program.run("plan", "p.yaml", in: folder)
      #expect(plan.status == 2)
      #expect(
        plan.errors.contains(
          "images of dataset 'd' have different sizes: 'train/ant/0.png' is 8×8, 'train/bee/x.png' is 9×9"
        ))
    }
  }

  /// A dataset without orientations keeps its results, whatever it says about them.
  @Test func orientationsMatterWhereThereAreAny() throws {
    try inFolder { folder in
      #expect(try Program.run("run", "p.yaml", in: folder).status == 0)
      try files.write(pipeline(", orientation: ignore"), to: folder.appending("p.yaml"))
      #expect(try Program.run("plan", "p.yaml", "--exit-code", in: folder).status == 0)
    }
    // Turned by a quarter: checked by the decoder, like every chunk.
    let image = TinyPNG.image(color: [100, 100, 100])
    let exif: [UInt8] = [
      0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0,
    ]
    let turned = image[..<33] + TinyPNG.chunk("eXIf", exif) + image[33...]
    try inFolder(", orientation: ignore", adding: ["train/ant/t.png": Array(turned)]) { folder in
      let run = try Program.run("run", "p.yaml", in: folder)
      #expect(run.status == 0 && run.errors.contains("other than upright, which is ignored"))
      try files.write(pipeline(""), to: folder.appending("p.yaml"))
      let plan = try Program.run("why", "p.yaml", "prepare-d", in: folder)
      #expect(plan.output.contains("orientation"), "\(plan.output)")
      let again = try Program.run("run", "p.yaml", in: folder)
      #expect(again.errors.contains("note: 1 image turned upright, as its EXIF orientation says"))
    }
  }

  /// A mean image of Caffe's, in its order blue, green, red; its content counts, not its path.
  @Test func aMeanIsReadFromAFile() throws {
    func mean(_ colors: [Float], side: Int = 8) -> [UInt8] {
      let values = colors.flatMap { [Float](repeating: $0, count: side * side) }
      let data = values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian) { Array($0) } }
      func length(_ count: Int) -> [UInt8] {
        count < 128 ? [UInt8(count)] : [UInt8(count & 0x7f) | 0x80] + length(count >> 7)
      }
      return [0x08, 1, 0x10, UInt8(colors.count), 0x18, UInt8(side), 0x20, UInt8(side), 0x2a]
        + length(data.count) + data
    }
    try inFolder(", mean: m.binaryproto, scale: 1") { folder in
      let missing = try Program.run("plan", "p.yaml", in: folder)
      #expect(missing.status == 2 && missing.errors.contains("'m.binaryproto' does not exist"))
      try files.write(mean([100, 20, 60]), to: folder.appending("m.binaryproto"))
      #expect(try Program.run("run", "p.yaml", in: folder).status == 0)
      // The same file elsewhere is the same mean.
      try files.write(mean([100, 20, 60]), to: folder.appending("n.binaryproto"))
      try files.write(
        pipeline(", mean: n.binaryproto, scale: 1"), to: folder.appending("p.yaml"))
      #expect(try Program.run("plan", "p.yaml", "--exit-code", in: folder).status == 0)
      let export = try Program.run("export", "p.yaml", "base", "-o", "out", in: folder)
      #expect(export.status == 0)
      let description = try Value(
        json: String(
          decoding: try files.read(folder.appending("out/base.json")), as: UTF8.self))
      // Red, green, blue.
      let numbers = description["normalization"]?["mean"]?.asList?.compactMap(\.double) ?? []
      #expect(
        zip(numbers, [60.0, 20, 100]).allSatisfy { abs($0 * 255 - $1) < 1e-4 }
          && numbers.count == 3, "\(numbers)")
      try files.write(mean([100, 20, 61]), to: folder.appending("n.binaryproto"))
      #expect(try Program.run("plan", "p.yaml", "--exit-code", in: folder).status == 3)
      // Without it, what depends on it is still known.
      try files.write(mean([100, 20, 60]), to: folder.appending("n.binaryproto"))
      #expect(try Program.run("plan", "p.yaml", "--exit-code", in: folder).status == 0)
      try files.remove(folder.appending("n.binaryproto"))
      let gone = try Program.run("plan", "p.yaml", "--exit-code", in: folder)
      #expect(gone.status == 0 && gone.errors.contains("n.binaryproto' does not exist"))
      for (bytes, problem) in [
        (mean([1, 2, 3], side: 9), "is 3×9×9, but images of dataset 'd' are 8×8"),
        (mean([1]), "is 1×8×8, but images of dataset 'd' have 3 channels"),
        (Array(mean([1, 2, 3]).dropLast()), "is damaged, cut off, or not a mean image of Caffe's"),
      ] {
        try files.write(bytes, to: folder.appending("n.binaryproto"))
        let plan = try Program.run("plan", "p.yaml", in: folder)
        #expect(plan.status == 2 && plan.errors.contains(problem), "\(plan.errors)")
      }
    }
  }

  @Test func changedFilesAreNamed() throws {
    try inFolder { folder in
      #expect(try Program.run("run", "p.yaml", in: folder).status == 0)
      let image = folder.pushing("data/train/ant/0.png")
      try files.write(TinyPNG.image(color: [1, 2, 3]), to: image)
      let plan = try Program.run("plan", "p.yaml", in: folder)
      #expect(
        plan.output.contains("its data has changed: 'train/ant/0.png' changed\n"), "\(plan.output)")
      try files.write(
        TinyPNG.image(color: [9, 2, 3]), to: folder.pushing("data/train/bee/9.png"))
      try files.remove(folder.pushing("data/train/ant/1.png"))
      let why = try Program.run("why", "p.yaml", "prepare-d", in: folder)
      #expect(
        why.output.contains(
          "\n  changed 'train/ant/0.png'\n  added 'train/bee/9.png'\n  removed 'train/ant/1.png'\n"),
        "\(why.output)")
      let base = try Program.run("why", "p.yaml", "base", "--json", in: folder)
      #expect(
        try Value(json: base.output)["causes"]?.asList?.first?["root"]?["why"] == "data-changed")
      #expect(try Program.run("run", "p.yaml", in: folder).status == 0)
      #expect(try Program.run("plan", "p.yaml", "--exit-code", in: folder).status == 0)
    }
  }

  /// The same images as an archive in another order, in another pipeline of the same store, with options without effect,
  /// and under other names.
  @Test func theSameImagesInAnotherWrappingRerunNothingElse() throws {
    try inFolder { folder in
      #expect(try Program.run("run", "p.yaml", in: folder).status == 0)
      let data = folder.appending("data")
      var members: [ArchiveMember] = []
      for subset in ["train", "test"] {
        for name in ["bee", "ant"] {
          for file in try files.names(in: data.appending(subset).appending(name)).sorted()
            .reversed()
          {
            let path = "\(subset)/\(name)/\(file)"
            members.append(.file(path, try files.read(data.pushing(FilePath(path)))))
          }
        }
      }
      try writeArchive(members, to: folder.appending("data.tar.gz"), kind: .compressedTar)
      let text = pipeline("")
      try files.write(
        text.replacing("source: data", with: "source: data.tar.gz")
          .replacing("name: story", with: "name: wrapped"), to: folder.appending("archive.yaml"))
      try files.write(
        text.replacing("source: data", with: "source: data, unreadable: skip, size: 8, fit: crop"),
        to: folder.appending("options.yaml"))
      for file in ["archive.yaml", "options.yaml"] {
        let plan = try Program.run("plan", file, in: folder)
        #expect(plan.output.contains("\n3 stages: 0 cached, 1 to run, 2 waiting\n"), "\(plan)")
        #expect(plan.output.contains("reruns only if the images differ"), "\(plan)")
        let dry = try Program.run("run", file, "--dry-run", in: folder)
        #expect(dry.output == plan.output)
        let json = try Value(json: Program.run("plan", file, "--json", in: folder).output)
        let stages = try #require(json["stages"]?.asList)
        #expect(stages.map { $0["status"] } == ["run", "waiting", "waiting"])
        #expect(
          stages.map { $0["reason"]?["why"] }.dropFirst() == [
            "images-may-differ", "images-may-differ",
          ])
        let status = try Program.run("status", file, in: folder)
        #expect(status.output.contains("stages: 1 to run, 2 waiting\n"), "\(status)")
        let why = try Program.run("why", file, "measure", in: folder)
        #expect(why.output.contains("runs only if the images differ"), "\(why)")
        let run = try Program.run("run", file, in: folder)
        #expect(run.status == 0)
        #expect(run.errors.contains("1 of 3 stages to run, 2 waiting"), "\(run)")
        #expect(run.errors.contains("the images are the same: nothing else to run"), "\(run)")
        #expect(run.errors.contains("1 run, 2 cached"), "\(run)")
        #expect(try Program.run("plan", file, "--exit-code", in: folder).status == 0)
      }
      try files.move(
        folder.pushing("data/train/ant/0.png"), to: folder.pushing("data/train/ant/00.png"))
      let renamed = try Program.run("run", "p.yaml", "--json", in: folder)
      let events = try renamed.output.split(separator: "\n").map { try Value(json: String($0)) }
      #expect(events.first?["to-run"] == 1 && events.first?["waiting"] == 2)
      let decision = try #require(events.first { $0["event"] == "stages-decided" })
      #expect(decision["to-run"] == 0 && decision["waiting"] == 2)
      #expect(events.last?["counts"]?["produced"] == 1 && events.last?["counts"]?["reused"] == 2)
      let verify = try Program.run("store", "verify", in: folder)
      #expect(verify.status == 0, "\(verify)")
    }
  }

  @Test func imagesTooSmallAreFoundByThePlan() throws {
    try inFolder { folder in
      let large = pipeline("").replacing("input: [3, 8, 8]", with: "input: [3, 16, 16]")
      try files.write(large, to: folder.appending("large.yaml"))
      let plan = try Program.run("plan", "large.yaml", in: folder)
      #expect(plan.status == 2)
      #expect(
        plan.errors.contains("the network reads 3×16×16, but images of dataset 'd' are 8×8"),
        "\(plan.errors)")
    }
  }

  @Test func skippedImagesAreCountedWhereverOneLooks() throws {
    try inFolder(", unreadable: skip", adding: bad) { folder in
      let text = "3 of 9 images skipped (2 for training, 1 for testing)"
      let run = try Program.run("run", "p.yaml", in: folder)
      #expect(run.status == 0)
      #expect(run.errors.split(separator: "\n").last?.hasSuffix("; d: \(text)") == true)
      let again = try Program.run("run", "p.yaml", in: folder)
      #expect(again.errors.contains("nothing to run") && again.errors.contains("; d: \(text)"))
      let show = try Program.run("show", "p.yaml", "prepare-d", in: folder)
      #expect(show.output.contains("note         \(text): 'train/ant/x.png': it is empty; "))
      let report = try Program.run("report", "p.yaml", "-o", "report", in: folder)
      #expect(report.status == 0)
      let page = String(
        decoding: try files.read(folder.pushing("report/report.html")), as: UTF8.self)
      #expect(page.contains(text))
    }
  }

  @Test func ownValidationImagesAreMeasured() throws {
    var more: [String: [UInt8]] = [:]
    for name in ["ant", "bee"] {
      more["val/\(name)/0.png"] = TinyPNG.image(color: [name == "ant" ? 1 : 99, 50, 100])
    }
    try inFolder(", subsets: {validation: val}", adding: more) { folder in
      let validated = try String(decoding: files.read(folder.appending("p.yaml")), as: UTF8.self)
        .replacing("solver: sgd}}", with: "solver: sgd, validate: {every: 1 epoch}}}")
        .replacing("{network: base}", with: "{network: base, subset: validation}")
      try files.write(validated, to: folder.appending("p.yaml"))
      #expect(try Program.run("run", "p.yaml", in: folder).status == 0)
      let show = try Program.run("show", "p.yaml", "measure", in: folder)
      #expect(show.output.contains("2 validation images"), "\(show.output)")
      let again = try Program.run("run", "p.yaml", in: folder)
      #expect(again.errors.contains("nothing to run"))
      // An image that becomes one to train on changes what is trained, though all packed images stay.
      try files.makeFolder(folder.pushing("data/train/ant"))
      try files.move(
        folder.pushing("data/val/ant/0.png"), to: folder.pushing("data/train/ant/9.png"))
      let lacking = try Program.run("plan", "p.yaml", in: folder)
      #expect(lacking.output.contains("0 cached") || lacking.status == 2, "\(lacking)")
      // The others are not dropped silently.
      try files.write([1, 2, 3], to: folder.pushing("data/val/bee/0.png"))
      let skipping = validated.replacing("{source: data,", with: "{source: data, unreadable: skip,")
      try files.write(skipping, to: folder.appending("p.yaml"))
      let broken = try Program.run("run", "p.yaml", in: folder)
      #expect(broken.status == 1 && broken.errors.contains("'val/bee/0.png'"), "\(broken.errors)")
    }
  }

  /// Pipelines over public sets plan with small ones of the same form, and choosing other labels reruns.
  @Test func publicSetsArePlannedAsTheyAreDistributed() throws {
    let root = FilePath(#filePath).removingLastComponent().removingLastComponent()
      .removingLastComponent()
    let fixtures = root.pushing("Tests/DatasetsTests/Fixtures/formats")
    let sets = [
      ("cifar100", "cifar-100-binary.tar.gz", 200), ("mnist", "mnist", 50),
      ("medmnist", "bloodmnist.npz", 44), ("folder", "folder", 15), ("caffe", "flat", 12),
    ]
    try withTemporaryFolder { folder in
      for (name, source, images) in sets {
        let plan = try Program.run(
          "plan", root.pushing(FilePath("pipelines/data/\(name).yaml")).string, "--json", "--set",
          "data=\(fixtures.pushing(FilePath(source)))", "--store", folder.appending("store").string,
          in: folder)
        #expect(plan.status == 0, "\(name): \(plan.errors)")
        let stages = try #require(try Value(json: plan.output)["stages"]?.asList)
        let disk = stages.first { $0["name"] == "prepare-photos" }?["cost"]?["disk"]?.asInteger
        #expect(disk == images * 32 * 32 * 3, "\(name)")
      }
      func plan(_ labels: String) throws -> String {
        try files.write(
          """
          cambium: 1
          datasets: {d: {source: \(fixtures)/cifar-100-binary.tar.gz, labels: \(labels)}}
          networks: {net: {input: [3, 32, 32], layers: {fc: [dense: classes]}}}
          solvers: {sgd: {batch: 50, epochs: 1, rate: 0.01}}
          stages: {base: {train: {network: net, on: d, solver: sgd}}}
          """, to: folder.appending("p.yaml"))
        return try Program.run("plan", "p.yaml", in: folder).output
      }
      _ = try plan("fine")
      #expect(try Program.run("run", "p.yaml", in: folder).status == 0)
      #expect(try plan("fine").contains("2 cached"))
      #expect(try plan("coarse").contains("0 cached"))
      #expect(try plan("fine").contains("2 cached"))
    }
  }

  @Test func notesAndSystemFilesArePassedOver() throws {
    let more = Dictionary(
      uniqueKeysWithValues: [
        "train/ant/Thumbs.db", "train/ant/README.txt", "train/bee/desktop.ini",
      ]
      .map { ($0, Array("not an image".utf8)) })
    try inFolder(", images: {train: {per-class: 2}}", adding: more) { folder in
      let run = try Program.run("run", "p.yaml", in: folder)
      #expect(run.status == 0)
      #expect(run.errors.contains("note: 3 files ignored (system files and notes): "))
    }
    try inFolder(", images: {train: {per-class: 3}}", adding: more) { folder in
      let plan = try Program.run("plan", "p.yaml", in: folder)
      #expect(plan.status == 2)
      #expect(
        plan.errors.contains(
          "declares 3 of each class as its number of training images, but class 'ant' has 2, and class "
            + "'bee' has 2"))
    }
  }

  @Test func packedImagesHaveAPriceWithoutASize() throws {
    try inFolder { folder in
      let plan = try Program.run("plan", "p.yaml", "--json", in: folder)
      let stages = try #require(try Value(json: plan.output)["stages"]?.asList)
      let cost = stages.first { $0["name"] == "prepare-d" }?["cost"]
      #expect(cost?["disk"] == .integer(6 * 3 * 8 * 8))
      #expect((cost?["memory"]?.asInteger ?? 0) > 0)
    }
  }

  @Test func imagesThatTakeMoreMemoryThanAllowedAreNamed() throws {
    let large = TinyPNG.image(color: [1, 2, 3], side: 3000)
    try inFolder(", size: 8", adding: ["train/ant/large.png": large]) { folder in
      let run = try Program.run(
        "run", "p.yaml", "--memory", "40M", "--only", "prepare-d", in: folder)
      #expect(run.status == 1)
      #expect(run.errors.contains("decoding 'train/ant/large.png' (3000×3000 pixels) takes 25 MiB"))
      let enough = try Program.run(
        "run", "p.yaml", "--memory", "400M", "--only", "prepare-d", in: folder)
      #expect(enough.status == 0)
    }
  }

  @Test func remarksAreMadeOnWhatBecomesOfPixels() throws {
    // What an image of one colour says of its gamma, behind its header of 33 bytes: checked by the decoder.
    let image = TinyPNG.image(color: [100, 100, 100])
    let gamma: [UInt8] =
      [0, 0, 0, 4] + Array("gAMA".utf8) + [0, 1, 0x86, 0xa0, 0x31, 0xe8, 0x96, 0x5f]
    try inFolder(adding: ["train/ant/g.png": image[..<33] + gamma + image[33...]]) { folder in
      let run = try Program.run("run", "p.yaml", in: folder)
      #expect(run.status == 0)
      #expect(run.errors.contains("note: 1 image with a gamma of its own, converted to sRGB"))
    }
  }

  /// A network that tells grey 60 from grey 20 by comparing with the mean that published weights expect, about 40.
  @Test func publishedWeightsGetTheInputsThatTheyExpect() throws {
    let third = Float(1) / 3
    let tensors: [(name: String, shape: [Int], values: [Float])] = [
      ("conv1.bias", [2], [1.2918749, -1.2918749]),
      ("conv1.weight", [2, 3, 1, 1], [third, third, third, -third, -third, -third]),
      ("fc2.bias", [2], [0, 0]), ("fc2.weight", [2, 2], [20, -20, -20, 20]),
    ]
    var header: [String: Value] = [:]
    var data: [UInt8] = []
    for tensor in tensors {
      let start = data.count
      for value in tensor.values {
        withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
      }
      header[tensor.name] = [
        "dtype": "F32", "shape": .list(tensor.shape.map(Value.integer)),
        "data_offsets": [.integer(start), .integer(data.count)],
      ]
    }
    let text = Array(Value.map(header).json().utf8)
    let length = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) }
    func pipeline(_ inputs: String) -> String {
      """
      cambium: 1
      datasets: {d: {source: data, size: 8, \(inputs)}}
      networks:
        net: {input: [3, 8, 8], layers: {conv1: [conv: {filters: 2, kernel: 1}, relu, average-pool: {kernel: 8}], fc2: [dense: classes]}}
      solvers: {sgd: {batch: 2, iterations: 1, rate: 0.01}}
      stages:
        t: {transfer: {from: w.safetensors, network: net, layers: {rest: freeze}, on: d, solver: sgd}}
        measure: {evaluate: {network: t}}
      """
    }
    try withTemporaryFolder { folder in
      for (name, grey) in [("dark", UInt8(60)), ("darker", 20)] {
        for (subset, number) in [("train", 0), ("train", 1), ("test", 2)] {
          let path = folder.pushing(FilePath("data/\(subset)/\(name)/\(number).png"))
          try files.makeFolder(path.removingLastComponent())
          try files.write(
            TinyPNG.image(color: [grey, grey, grey + UInt8(number)]), to: path)
        }
      }
      try files.write(length + text + data, to: folder.appending("w.safetensors"))
      try files.write(pipeline("normalize: imagenet"), to: folder.appending("p.yaml"))
      let run = try Program.run("run", "p.yaml", in: folder)
      #expect(run.status == 0 && run.errors.contains("done   measure"), "\(run)")
      #expect(
        run.errors.contains("top-1 100.0 %") && !run.errors.contains("does not record"), "\(run)")
      // The file of weights is an input like a stage.
      let show = try Program.run("show", "p.yaml", "t", in: folder)
      #expect(show.output.contains("\ninput        weights: w.safetensors (content "), "\(show)")
      try files.write(pipeline("mean: none"), to: folder.appending("p.yaml"))
      let told = try Program.run("plan", "p.yaml", in: folder)
      #expect(
        told.errors.contains("'w.safetensors' does not record which inputs its weights expect"))
    }
  }
}
