import Engine

/// The results of every step of a training run so far.
struct StepLog: Equatable {
  struct Step: Equatable {
    /// The mean loss per image, before the step.
    var loss: Double
    /// Images whose label had the highest score.
    var correct: Int
    var images: Int
  }

  private(set) var steps: [Step] = []

  var count: Int { steps.count }

  mutating func add(_ result: StepResult, images: Int) {
    steps.append(Step(loss: result.loss, correct: result.correct, images: images))
  }
}

// MARK: - As a file

extension StepLog {
  private static let bytesPerStep = 16

  /// 16 bytes per step, little-endian: the loss as a 64-bit float, then two 32-bit counts, correct predictions and
  /// images.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(steps.count * StepLog.bytesPerStep)
    func append(_ number: some FixedWidthInteger) {
      withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
    for step in steps {
      append(step.loss.bitPattern)
      append(UInt32(step.correct))
      append(UInt32(step.images))
    }
    return bytes
  }

  /// Reads the output of `bytes`; `nil` for anything else, such as steps that no training run makes.
  init?(_ bytes: [UInt8]) {
    guard bytes.count % StepLog.bytesPerStep == 0 else { return nil }
    bytes.withUnsafeBytes { bytes in
      for offset in stride(from: 0, to: bytes.count, by: StepLog.bytesPerStep) {
        func number<Number: FixedWidthInteger>(_ offset: Int) -> Number {
          Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
        }
        steps.append(
          Step(
            loss: Double(bitPattern: number(offset)),
            correct: Int(number(offset + 8) as UInt32),
            images: Int(number(offset + 12) as UInt32)))
      }
    }
    let isPossible = steps.allSatisfy {
      $0.loss.isFinite && $0.images > 0 && $0.correct <= $0.images
    }
    guard isPossible else { return nil }
  }
}
