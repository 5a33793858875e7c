import CKernels
import Synchronization

/// An instruction set that the convolution kernels are compiled for.
///
/// AVX-512 and AVX2 produce the same bits. The plain level has no fused multiply-add, and produces others.
package enum KernelLevel: String, CaseIterable, Sendable {
  case plain, avx2, avx512

  private var number: Int32 { Int32(KernelLevel.allCases.firstIndex(of: self) ?? 0) }

  /// The kernels of the level, if the processor supports it.
  var kernels: ck_winograd_kernels? { ck_winograd_level(number)?.pointee }

  package var isSupported: Bool { kernels != nil }

  /// The levels supported by this processor, the fastest last.
  package static var supported: [KernelLevel] { allCases.filter(\.isSupported) }

  private static let chosen = Atomic<Int>(-1)

  /// The level of algorithms set up from now on: the fastest one, unless another was chosen for a test or a
  /// measurement.
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
