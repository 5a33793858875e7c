import Basics
import Definitions
import SystemPackage
import Testing

/// What torchvision's transforms make of the same images with the same parameters:
/// Fixtures/torchvision_augmentation.py wrote it.
struct TorchvisionCase: Sendable, CustomTestStringConvertible {
  var operation: String
  var parameters: [Value]
  var shape: Shape
  var salt: Int
  var output: [UInt8]

  var isMixed: Bool { ["mixup", "cutmix"].contains(operation) }

  var testDescription: String { "\(operation) \(Value.list(parameters).json()) of \(shape)" }

  private static func file(_ name: String) -> [UInt8] {
    let folder = FilePath(#filePath).removingLastComponent().removingLastComponent()
    return (try? LocalFileSystem().read(folder.appending("Fixtures/\(name)"))) ?? []
  }

  static let fixture = (try? Value(json: file("torchvision_augmentation.json"))) ?? .null

  /// Empty if the files cannot be read.
  static let all: [TorchvisionCase] = {
    var rest = file("torchvision_augmentation.bin")[...]
    return (fixture["cases"]?.asList ?? []).map { entry in
      func integer(_ key: String) -> Int { entry[key]!.asInteger! }
      let output = rest.prefix(integer("bytes"))
      rest = rest.dropFirst(integer("bytes"))
      return TorchvisionCase(
        operation: entry["operation"]!.asString!, parameters: entry["parameters"]!.asList!,
        shape: Shape(
          channels: integer("channels"), height: integer("height"), width: integer("width")),
        salt: integer("salt"), output: Array(output))
    }
  }()

  // MARK: - What the script makes

  func hash(_ position: Int) -> UInt32 {
    var x = UInt32(truncatingIfNeeded: position)
    x &+= UInt32(truncatingIfNeeded: salt) &* 0x9E37_79B9
    x ^= x >> 16
    x &*= 0x85EB_CA6B
    x ^= x >> 13
    x &*= 0xC2B2_AE35
    x ^= x >> 16
    return x
  }

  var image: [UInt8] {
    (0..<shape.count).map { index in
      func value(_ channel: Int) -> Int {
        let pixel = index / shape.channels
        let noise = Int(hash(pixel * shape.channels + channel) >> 24)
        guard pixel % 4 != 3 else { return noise }
        let (row, column) = pixel.quotientAndRemainder(dividingBy: shape.width)
        let ramp = row * 160 / shape.height + column * 50 / shape.width + channel * 15
        return 20 + ramp % 200 + noise / 16
      }
      let isGrey = index / shape.channels % 9 == 8
      return UInt8(value(isGrey ? 0 : index % shape.channels))
    }
  }

  var batch: [Float] { (0..<3 * shape.count).map { Float(hash($0) >> 8) / 0x1p23 - 1 } }

  var expectedFloats: [Float] {
    stride(from: 0, to: output.count, by: 4).map { start in
      Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(output[start + $1]) << (8 * $1) })
    }
  }
}

@Suite struct TorchvisionAugmentationTests {
  @Test func noCaseIsMissing() {
    #expect(TorchvisionCase.all.count == 80)
    #expect(TorchvisionCase.all.allSatisfy { !$0.output.isEmpty })
  }

  private func numbers(_ test: TorchvisionCase) -> [Double] { test.parameters.compactMap(\.double) }

  /// What the steps make of a case's image.
  private func result(of test: TorchvisionCase) throws -> [UInt8] {
    var pixels = test.image
    let numbers = numbers(test)
    let channels = test.shape.channels
    func augmented(_ change: (AugmentedImage) -> Void) -> [UInt8] {
      let image = AugmentedImage(
        input: test.shape, stored: test.shape, border: 0, paddingColor: [0, 0, 0])
      return pixels.withUnsafeBufferPointer {
        image.begin($0)
        change(image)
        return Array(image.finish())
      }
    }
    switch test.operation {
    case "jitter":
      for (word, factor) in zip(test.parameters.compactMap(\.asString), numbers) {
        let change: ColorJitter.Change =
          switch word {
          case "brightness": .brightness(factor)
          case "contrast": .contrast(factor)
          case "saturation": .saturation(factor)
          default: .hue(factor)
          }
        pixels.withUnsafeMutableBufferPointer { change.apply(to: $0, channels: channels) }
      }
      return pixels
    case "grayscale":
      pixels.withUnsafeMutableBufferPointer { makeGrey($0, channels: channels) }
      return pixels
    case "rotate":
      return augmented { $0.apply(.rotation(degrees: numbers[0])) }
    case "resized-crop":
      let region = PixelRectangle(
        top: Int(numbers[0]), left: Int(numbers[1]), height: Int(numbers[2]),
        width: Int(numbers[3]))
      var target = [UInt8](repeating: 0, count: 20 * 16 * channels)
      target.withUnsafeMutableBufferPointer { target in
        pixels.withUnsafeBufferPointer {
          resize(
            $0, width: test.shape.width, channels: channels, region, to: target, height: 20,
            width: 16)
        }
      }
      return target
    case "rand-augment":
      let step = RandAugment(magnitude: Int(numbers[0]))
      let change = try #require(RandAugment.Change(rawValue: Int(numbers[1])))
      return augmented { step.apply(change, test.parameters[2] == true, to: $0) }
    default:
      Issue.record("there is no operation \(test.operation)")
      return []
    }
  }

  @Test(arguments: TorchvisionCase.all.filter { !$0.isMixed })
  func pixelsAreWithinOneLevel(test: TorchvisionCase) throws {
    let result = try result(of: test)
    #expect(result.count == test.output.count)
    let worst = zip(result, test.output).map { abs(Int($0) - Int($1)) }.max()
    // A difference in one change of several can grow in the next.
    #expect(
      try #require(worst) <= (test.parameters.count > 3 && test.operation == "jitter" ? 2 : 1))
    // torchvision rounds between the two directions of resizing.
    let differing = zip(result, test.output).count { $0 != $1 }
    let share = test.operation == "resized-crop" ? 5 : 50
    #expect(differing * share <= result.count, "\(differing) of \(result.count) values differ")
  }

  @Test(arguments: TorchvisionCase.all.filter(\.isMixed))
  func mixedBatchesAreTorchvisions(test: TorchvisionCase) throws {
    var batch = test.batch
    let numbers = numbers(test)
    batch.withUnsafeMutableBufferPointer { images in
      if test.operation == "mixup" {
        Mixup().mix(images, count: 3, of: test.shape, share: Float(numbers[0]))
      } else {
        let rectangle = Cutmix.rectangle(
          of: test.shape, share: numbers[0], row: Int(numbers[2]), column: Int(numbers[1]))
        let share = Cutmix().mix(images, count: 3, of: test.shape, rectangle)
        #expect(abs(Double(share) - numbers[3]) < 1e-6)
      }
    }
    let worst = zip(batch, test.expectedFloats).map { abs($0 - $1) }.max()
    #expect(try #require(worst) <= 1e-6)
  }
}
