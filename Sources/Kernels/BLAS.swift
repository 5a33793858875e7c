import COpenBLAS
import Glibc

/// OpenBLAS, the one door to it: whoever has this value can multiply. It is loaded when it is first asked for:
/// planning and reporting never do.
package struct BLAS: Sendable {
  let sgemm: CambiumSgemm
  /// Version and build options, such as `OpenBLAS 0.3.21 DYNAMIC_ARCH …`.
  package let configuration: String
  /// The processor family whose kernels OpenBLAS picked, such as `SkylakeX`.
  package let coreName: String
  /// How buffers are taken and given back, where the library exports it.
  let takeBuffer: CambiumTakeBuffer?
  let giveBuffer: CambiumGiveBuffer?

  /// Why OpenBLAS cannot be used.
  package struct Unavailable: Error, CustomStringConvertible {
    let reason: String
    package var description: String {
      "OpenBLAS cannot be used (Debian: apt-get install libopenblas-dev): \(reason)"
    }
  }

  private static let loaded = Result { () throws(Unavailable) in try BLAS() }

  /// The library, which is loaded once for all and stays until the program ends.
  package static func load() throws(Unavailable) -> BLAS { try loaded.get() }

  private init() throws(Unavailable) {
    // Where the system has no thread left, OpenBLAS sends its own process a signal; told so, it starts none.
    setenv("OPENBLAS_NUM_THREADS", "1", 1)
    guard let handle = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL) else { throw .last }
    func function<Function>(
      _ name: String, as type: Function.Type
    ) throws(Unavailable) -> Function {
      guard let address = dlsym(handle, name) else { throw .last }
      // The address of a function that OpenBLAS's own header declares with this type.
      return unsafeBitCast(address, to: type)
    }
    // Work is divided above OpenBLAS, in a way that does not depend on the number of threads.
    try function("openblas_set_num_threads", as: CambiumSetNumThreads.self)(1)
    sgemm = try function("cblas_sgemm", as: CambiumSgemm.self)
    configuration = text(try function("openblas_get_config", as: CambiumGetText.self)())
    coreName = text(try function("openblas_get_corename", as: CambiumGetText.self)())
    takeBuffer = try? function("blas_memory_alloc", as: CambiumTakeBuffer.self)
    giveBuffer = try? function("blas_memory_free", as: CambiumGiveBuffer.self)
  }
}

extension BLAS.Unavailable {
  /// What the dynamic loader complained of last.
  fileprivate static var last: BLAS.Unavailable {
    BLAS.Unavailable(reason: text(dlerror()))
  }
}

/// Text that a C function gives.
private func text(_ start: UnsafePointer<CChar>?) -> String {
  start.map { String(cString: $0) } ?? "unknown"
}
