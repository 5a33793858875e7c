import Basics
import Datasets
import Definitions
import SystemPackage
import TestSupport
import Testing

/// Sources that are damaged or incomplete are refused with the name of the file and what is wrong with it.
@Suite struct FormatErrorsTests {
  private func complaint(
    _ files: [String: [UInt8]], _ subsets: DatasetSubsets? = nil,
    classes: DatasetDeclaration.Classes? = nil, labels: DatasetDefinition.Labels = .fine,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> String {
    try withTemporaryFolder { folder in
      try writeFiles(files, to: folder)
      var definition = dataset(at: folder)
      var subsets = subsets
      subsets?.changeLists { folder.appending($0).string }
      definition.subsets = subsets
      definition.labels = labels
      definition.declaration.classes = classes
      return try message(sourceLocation: sourceLocation) {
        _ = try definition.inspect(known: nil)
      }
    }
  }

  private func expect(
    _ message: String, _ parts: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for part in parts {
      #expect(message.contains(part), "\(message)", sourceLocation: sourceLocation)
    }
  }

  // MARK: - IDX

  private let labels = idx([6], of: [0, 1, 2, 0, 1, 2])

  private func digits(
    _ changed: [String: [UInt8]], without removed: String? = nil
  ) -> [String: [UInt8]] {
    var files = [
      "train-images-idx3-ubyte": idx([6, 4, 4]), "train-labels-idx1-ubyte": labels,
      "t10k-images-idx3-ubyte": idx([6, 4, 4]), "t10k-labels-idx1-ubyte": labels,
    ]
    for (name, bytes) in changed { files[name] = bytes }
    if let removed { files[removed] = nil }
    return files
  }

  @Test func damagedIDXFilesAreNamed() throws {
    expect(
      try complaint(digits(["train-images-idx3-ubyte": Array(idx([6, 4, 4]).dropLast(20))])),
      "'train-images-idx3-ubyte' is cut off: it claims 6 images, but has 4")
    expect(
      try complaint(digits(["train-images-idx3-ubyte": idx([6, 4, 4]) + [1]])),
      "'train-images-idx3-ubyte' has more bytes than the 6 images that it claims")
    expect(
      try complaint(digits(["t10k-labels-idx1-ubyte": Array(labels.dropLast(2))])),
      "'t10k-labels-idx1-ubyte' is cut off: it claims 6 labels, but has 4")
    expect(
      try complaint(digits(["t10k-labels-idx1-ubyte": idx([5], of: [0, 1, 2, 0, 1])])),
      "'t10k-images-idx3-ubyte' has 6 images, but 't10k-labels-idx1-ubyte' has 5 labels")
    expect(
      try complaint(digits(["train-images-idx3-ubyte": idx([6, 4, 4], type: 13)])),
      "the pixels in 'train-images-idx3-ubyte' are not bytes (type 13 of IDX)")
    expect(
      try complaint(digits(["train-images-idx3-ubyte": [0, 0, 8, 3, 0, 0]])),
      "its header of 16 bytes is incomplete")
    expect(
      try complaint(
        digits(["train-images-idx3-ubyte": [0, 0, 8, 3] + .init(repeating: 0xff, count: 12)])),
      "'train-images-idx3-ubyte' claims")
    expect(
      try complaint(digits([:], without: "train-labels-idx1-ubyte")),
      "'train-images-idx3-ubyte'", "has no file of labels next to it")
    expect(
      try complaint(digits([:], without: "t10k-images-idx3-ubyte")),
      "has no images of the subset 'test'", "its files of images are named 'train'")
    expect(
      try complaint(digits(["train-images-idx3-ubyte": [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 99]])),
      "train-images-idx3-ubyte", "damaged")
  }

  @Test func numbersOfClassesAreChecked() throws {
    expect(
      try complaint(digits([:]), classes: .count(2)),
      "image 'train-images-idx3-ubyte/2' has the label 2, but there are 2 classes, 0 to 1")
    expect(
      try complaint(digits([:]), classes: .listed(["a", "b", "c", "d"])),
      "class 'd' of dataset", "has no images in 'train'", "has no images in 'test'")
    expect(
      try complaint(digits(["t10k-labels-idx1-ubyte": idx([6], of: [0, 1, 1, 0, 1, 1])])),
      "class '2' of dataset", "has no images in 'test'")
  }

  // MARK: - CIFAR

  @Test func damagedCIFARFilesAreNamed() throws {
    let good = smallCIFAR()
    expect(
      try complaint(["train.bin": Array(good.dropLast(5)), "test.bin": good]),
      "'train.bin' is cut off in the middle of image 5")
    expect(
      try complaint(["train.bin": good, "test.bin": good], labels: .coarse),
      "has one label for each image: 'labels: coarse' is for CIFAR-100")
    // Far behind what a format is recognized by.
    var wrong = (0..<5).flatMap { _ in good }
    wrong[25 * 3073] = 77
    expect(
      try complaint(
        [
          "train.bin": wrong, "test.bin": good,
          "batches.meta.txt": Array("a\nb\nc\n".utf8),
        ]),
      "image 'train.bin/25' has the label 77, but there are 3 classes, 0 to 2")
    expect(
      try complaint([
        "train.bin": good, "data_batch_1.bin": good, "test.bin": good,
      ]), "has several sets of images for 'train'")
  }

  @Test func picklesAreNeverRead() throws {
    let pickle: [UInt8] = [0x80, 2, 0x7d, 0x71, 1] + .init(repeating: 0x55, count: 5000)
    expect(
      try complaint(["cifar-10-batches-py/data_batch_1": pickle]),
      "'cifar-10-batches-py/data_batch_1'", "is a Python pickle", "could execute code",
      "cifar-10-binary.tar.gz")
    expect(
      try complaint([
        "a/train.mat": Array("MATLAB 5.0 MAT-file".utf8) + .init(repeating: 1, count: 600)
      ]),
      "is a MATLAB file")
    // The source itself.
    try withTemporaryFolder { folder in
      let file = folder.appending("data_batch_1")
      try writeFiles(["data_batch_1": pickle], to: folder)
      let text = try message { _ = try dataset(at: file).inspect(known: nil) }
      expect(text, "data_batch_1' is a Python pickle", "could execute code", "cifar-10-binary")
    }
  }

  @Test func noImageIsInAListAndInTheFolderOfAnotherSubset() throws {
    let image = try png([1, 2, 3], height: 1, width: 1)
    let lists = ["train.txt": Array("a/1.png x\nb/2.png y\n".utf8)]
    let images = ["a/1.png": image, "b/2.png": image, "b/x/3.png": image, "b/y/4.png": image]
    expect(
      try complaint(
        lists.merging(images) { first, _ in first },
        .init(train: .list(ImageList(file: "train.txt"), below: "."), test: .path("b"))),
      "1 image of dataset",
      "is in 'train', by its list, and in 'test', which is the folder 'b': 'b/2.png'")
  }

  // MARK: - NumPy

  @Test func arraysOfOtherKindsAreRefused() throws {
    func arrays(_ images: [UInt8], _ numbers: [UInt8]) -> [String: [UInt8]] {
      ["x_train.npy": images, "y_train.npy": numbers, "x_test.npy": images, "y_test.npy": numbers]
    }
    let pixels = [UInt8](repeating: 1, count: 24)
    let images = numPy("|u1", [6, 2, 2], pixels)
    let numbers = numPy("|u1", [6], [0, 1, 2, 0, 1, 2])
    expect(
      try complaint(arrays(numPy("|O", [6, 2, 2], pixels), numbers)),
      "is an array of objects, which contains Python pickles and is not read")
    expect(
      try complaint(arrays(numPy("<f4", [6, 2, 2], pixels), numbers)),
      "the pixels in 'x_train.npy' have the type '<f4', not uint8")
    expect(
      try complaint(arrays(numPy("|u1", [6, 2, 2], pixels, fortran: true), numbers)),
      "is in Fortran order")
    expect(
      try complaint(arrays(numPy("|u1", [3, 2, 2, 2], pixels), numbers)),
      "has the shape (3, 2, 2, 2), which is not one of images")
    expect(
      try complaint(arrays(images, numPy("|u1", [6, 4], pixels))),
      "has 4 labels for each image, but an image has one class")
    expect(
      try complaint(arrays(images, numPy("<f8", [3], pixels))),
      "have the type '<f8', not whole numbers")
    expect(
      try complaint(arrays(images, numPy("|i1", [6], [0, 1, 2, 0, 0xff, 2]))),
      "label 4 of 'y_test.npy' is not the number of a class")
    expect(
      try complaint(arrays(Array(images.dropLast(3)), numbers)),
      "'x_test.npy' is cut off: it claims 6 images, but has 5")
    expect(try complaint(arrays(Array(images.prefix(40)), numbers)), "its header cannot be read")
  }

  // MARK: - Lists

  private func images() throws -> [String: [UInt8]] {
    let image = try png([1, 2, 3], height: 1, width: 1)
    return ["a/1.png": image, "a/2.png": image, "b/1.png": image, "b/2.png": image]
  }

  private func listComplaint(
    _ train: String, _ test: String = "b/1.png 0\nb/2.png 1\n", columns: ImageList.Columns? = nil,
    classes: DatasetDeclaration.Classes? = nil
  ) throws -> String {
    var files = try images()
    files["train.txt"] = Array(train.utf8)
    files["test.txt"] = Array(test.utf8)
    return try complaint(
      files,
      .init(
        train: .list(ImageList(file: "train.txt", columns: columns), below: "."),
        test: .list(ImageList(file: "test.txt"), below: ".")), classes: classes)
  }

  @Test func problemsOfListsHaveTheirLines() throws {
    expect(
      try listComplaint("a/1.png 0\na/3.png 1\n"), "line 2 of list '",
      "names 'a/3.png', which does not exist")
    expect(
      try listComplaint("a/1.png 0\n\na/1.png 1\n"), "line 3 of list '",
      "names 'a/1.png', which is also in line 1 of list '")
    expect(
      try listComplaint("a/1.png 0\nb/1.png 1\n"),
      "test.txt' names 'b/1.png', which is also in line 2")
    expect(try listComplaint("a/1.png 0\n../x.png 1\n"), "leads out of the dataset: '../x.png'")
    expect(try listComplaint("a/1.png 0\n/x.png 1\n"), "leads out of the dataset: '/x.png'")
    expect(try listComplaint("a/1.png 0\na/2.png\n"), "line 2 of list '", "has no label")
    expect(try listComplaint("\n"), "names no image")
    expect(
      try listComplaint("a/1.png 0\na/2.png 1\n", "0\n"), "has 1 labels, but there are 4 images")
    expect(
      try listComplaint("a/1.png 0\na/2.png 2\n", classes: .listed(["x", "y"])),
      "the class in line 2 of list '", "is 2, but there are 2 classes, 0 to 1")
    expect(
      try listComplaint("a/1.png 0\na/2.png 0\n"),
      "class '1' of dataset", "none in '", "train.txt'")
    expect(
      try listComplaint("id,label\na/1,x\n", columns: .init(image: "id", label: "labels")),
      "has no column 'labels'", "label")
    expect(
      try listComplaint("id,label\na/1,x,y\n", columns: .init(image: "id", label: "label")),
      "line 2 of list '", "has 3 columns, the heading has 2")
    expect(
      try listComplaint("id,label\n\"a/1,x\n", columns: .init(image: "id", label: "label")),
      "ends within quotes")
    expect(
      try complaint(
        try images(), .init(train: .list(ImageList(file: "no.txt"), below: "."), test: .path("b"))),
      "there is no list '")
  }

  @Test func numbersNeedNamesNextToFolders() throws {
    var files = try images()
    files["set/train/x/1.png"] = files["a/1.png"]
    files["list.txt"] = Array("b/1.png 0\n".utf8)
    expect(
      try complaint(
        files,
        .init(train: .path("set/train"), test: .list(ImageList(file: "list.txt"), below: "."))),
      "is the number of a class, but others have names", "'classes' must list their names")
  }

  // MARK: - Archives

  @Test func problemsOfShardsAreNamed() throws {
    let image = try png([1, 2, 3], height: 1, width: 1)
    func shard(_ members: [ArchiveMember]) throws -> [UInt8] {
      try withTemporaryFolder { folder in
        try writeArchive(members, to: folder.appending("s"), kind: .tar)
        return try LocalFileSystem().read(folder.appending("s"))
      }
    }
    let good = try shard([.file("0.png", image), .file("0.cls", [0x30])])
    func complaint(_ second: [UInt8]?, pattern: String = "t-{0..1}.tar") throws -> String {
      var files = ["t-0.tar": good, "v.tar": good]
      files["t-1.tar"] = second
      return try self.complaint(files, .init(train: .path(pattern), test: .path("v.tar")))
    }
    expect(try complaint(nil), "1 of 2 archives do not exist", "'t-1.tar'")
    expect(
      try complaint(shard([.file("7.png", image)])),
      "image 't-{0..1}.tar/t-1/7.png' has no class: there is no 't-{0..1}.tar/t-1/7.cls'")
    expect(
      try complaint(shard([.file("7.png", image), .file("7.cls", [])])), "7.cls' contains no class")
    expect(
      try complaint(
        shard([.file("7.png", image), .file("7.cls", .init(repeating: 65, count: 999))])),
      "does not contain the name or number of a class")
    expect(
      try self.complaint(
        ["t-0.tar": good, "t-1.tar": good],
        .init(train: .path("t-{0..1}.tar"), test: .path("t-1.tar"))),
      "an archive is in 'train' and 'test': 't-1.tar'")
    expect(try complaint(good, pattern: "t-{0...1}.tar"), "is not a pattern of archives")
    expect(try complaint(good, pattern: "t-{1..0}.tar"), "is not a pattern of archives")
    expect(try complaint(Array(good.prefix(700))), "t-1.tar' is damaged")
    expect(
      try complaint([UInt8](repeating: 65, count: 2000)), "t-1.tar' is text, not a readable archive"
    )
  }
}
