import COpenBLAS
import Glibc

/// Access to OpenBLAS: only code that has this value can multiply matrices. It is loaded on first use; planning and
/// reporting never load it.
package struct BLAS: Sendable {
  let sgemm: CambiumSgemm
  let dgemm: CambiumDgemm
  /// `nil` if the library was built without LAPACK.
  let lapack: LAPACK?
  /// Version and build options, such as `OpenBLAS 0.3.21 DYNAMIC_ARCH …`.
  package let configuration: String
  /// The processor family whose kernels OpenBLAS selected, such as `SkylakeX`.
  package let coreName: String
  /// How buffers are allocated and freed, if the library exports it.
  let takeBuffer: CambiumTakeBuffer?
  let giveBuffer: CambiumGiveBuffer?

  struct LAPACK: Sendable {
    let dsyevd: CambiumDsyevd
    let dpotrf: CambiumDpotrf
  }

  /// Where the library is in memory.
  package var address: UInt {
    UInt(bitPattern: unsafeBitCast(sgemm, to: UnsafeRawPointer.self))
  }

  /// Why OpenBLAS cannot be used.
  package struct Unavailable: Error, CustomStringConvertible {
    let reason: String
    package var description: String {
      "OpenBLAS cannot be used (Debian: apt-get install libopenblas0): \(reason)"
    }
  }

  private static let loaded = Result { () throws(Unavailable) in try BLAS() }

  /// The library, which is loaded once and stays loaded until the program ends.
  package static func load() throws(Unavailable) -> BLAS { try loaded.get() }

  private init() throws(Unavailable) {
    // If a thread cannot be started, OpenBLAS sends a signal to its own process; with this setting, it starts none.
    setenv("OPENBLAS_NUM_THREADS", "1", 1)
    let handle = try BLAS.opened()
    func function<Function>(
      _ name: String, as type: Function.Type
    ) throws(Unavailable) -> Function {
      guard let address = dlsym(handle, name) else { throw .last }
      // The address of a function declared with this type in OpenBLAS's own header.
      return unsafeBitCast(address, to: type)
    }
    // Work is divided at a higher level, in a way that does not depend on the number of threads.
    try function("openblas_set_num_threads", as: CambiumSetNumThreads.self)(1)
    sgemm = try function("cblas_sgemm", as: CambiumSgemm.self)
    dgemm = try function("cblas_dgemm", as: CambiumDgemm.self)
    if let dsyevd = try? function("dsyevd_", as: CambiumDsyevd.self),
      let dpotrf = try? function("dpotrf_", as: CambiumDpotrf.self)
    {
      lapack = LAPACK(dsyevd: dsyevd, dpotrf: dpotrf)
    } else {
      lapack = nil
    }
    configuration = text(try function("openblas_get_config", as: CambiumGetText.self)())
    coreName = text(try function("openblas_get_corename", as: CambiumGetText.self)())
    takeBuffer = try? function("blas_memory_alloc", as: CambiumTakeBuffer.self)
    giveBuffer = try? function("blas_memory_free", as: CambiumGiveBuffer.self)
  }

  /// Opens the library with kernels that suit the processor.
  ///
  /// For a processor that is newer than itself, OpenBLAS selects its slowest kernels, those without AVX (version 0.3.21 on
  /// Emerald Rapids: 33 GFLOP/s on one thread; with AVX-512 157). It selects them when it is loaded, hence twice here.
  private static func opened() throws(Unavailable) -> UnsafeMutableRawPointer {
    guard let handle = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL) else { throw .last }
    guard let suitable = KernelLevel.current.openBLASCore, getenv(coreSetting) == nil,
      let address = dlsym(handle, "openblas_get_corename"),
      text(unsafeBitCast(address, to: CambiumGetText.self)()) == fallbackCore
    else { return handle }
    dlclose(handle)
    setenv(coreSetting, suitable, 1)
    guard let handle = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL) else { throw .last }
    return handle
  }

  /// The environment variable that selects OpenBLAS's kernels.
  private static let coreSetting = "OPENBLAS_CORETYPE"
  /// What OpenBLAS selects on x86-64 if it does not know the processor.
  private static let fallbackCore = "Prescott"
}

extension KernelLevel {
  /// OpenBLAS's name of the oldest processor family with this instruction set, if it is faster than the fallback.
  fileprivate var openBLASCore: String? {
    switch self {
    case .plain: nil
    case .avx2: "Haswell"
    case .avx512: "SkylakeX"
    }
  }
}

extension BLAS.Unavailable {
  /// The last error of the dynamic loader.
  fileprivate static var last: BLAS.Unavailable {
    BLAS.Unavailable(reason: text(dlerror()))
  }
}

/// The text returned by a C function.
private func text(_ start: UnsafePointer<CChar>?) -> String {
  start.map { String(cString: $0) } ?? "unknown"
}
