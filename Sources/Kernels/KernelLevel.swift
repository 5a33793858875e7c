import CKernels
import Synchronization

/// An instruction set that the kernels of convolution are compiled for.
///
/// AVX-512 and AVX2 give the same bits; the plain level, which cannot round a multiplication and an
/// addition at once, gives others.
package enum KernelLevel: String, CaseIterable, Sendable {
  case plain, avx2, avx512

  private var number: Int32 { Int32(KernelLevel.allCases.firstIndex(of: self) ?? 0) }

  /// The level's kernels, where the processor has the instructions.
  var kernels: ck_winograd_kernels? { ck_winograd_level(number)?.pointee }

  package var isSupported: Bool { kernels != nil }

  /// The levels that this processor has, the fastest last.
  package static var supported: [KernelLevel] { allCases.filter(\.isSupported) }

  private static let chosen = Atomic<Int>(-1)

  /// The level of algorithms that are set up from now on: the fastest there is, unless another was
  /// chosen for a test or a measurement.
  package static var current: KernelLevel {
    let index = chosen.load(ordering: .relaxed)
    return index < 0 ? supported.last ?? .plain : allCases[index]
  }

  /// Chooses the level for the process.
  ///
  /// - Precondition: the level is supported.
  package static func choose(_ level: KernelLevel) {
    precondition(level.isSupported, "the processor lacks \(level.rawValue)")
    chosen.store(Int(level.number), ordering: .relaxed)
  }
}
