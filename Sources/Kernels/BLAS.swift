import COpenBLAS
import Glibc

/// The one door to OpenBLAS, which is loaded when it is first needed: planning and reporting never do.
package enum BLAS {
  /// The functions called, and what the library says of itself.
  struct Library {
    let sgemm: CambiumSgemm
    let configuration: String
    let coreName: String
    /// How buffers are taken and given back, where the library tells.
    let takeBuffer: CambiumTakeBuffer?
    let giveBuffer: CambiumGiveBuffer?
  }

  /// Why OpenBLAS cannot be used.
  struct Unavailable: Error, CustomStringConvertible {
    let reason: String
    var description: String {
      "OpenBLAS cannot be used (Debian: apt-get install libopenblas-dev): \(reason)"
    }
  }

  private static let loaded = Result { () throws(Unavailable) in try Library() }

  /// Where the library is not there, the program ends with a message, as it would if linked with it.
  static let library: Library = {
    do throws(Unavailable) {
      return try loaded.get()
    } catch {
      let message = "cambium: \(error)\n"
      _ = message.withCString { write(STDERR_FILENO, $0, strlen($0)) }
      exit(1)
    }
  }()

  /// Why no network can be trained or measured here; `nil` where OpenBLAS is there.
  package static var problem: String? {
    do throws(Unavailable) {
      _ = try loaded.get()
      return nil
    } catch {
      return "\(error)"
    }
  }

  /// Version and build options, such as `OpenBLAS 0.3.21 DYNAMIC_ARCH …`.
  package static var configuration: String { library.configuration }

  /// The processor family whose kernels OpenBLAS picked, such as `SkylakeX`.
  package static var coreName: String { library.coreName }
}

extension BLAS.Library {
  /// Loads the library, which stays until the program ends.
  fileprivate init() throws(BLAS.Unavailable) {
    // Where the system has no thread left, OpenBLAS sends its own process a signal; told so, it starts none.
    setenv("OPENBLAS_NUM_THREADS", "1", 1)
    guard let handle = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL) else { throw .last }
    func function<Function>(
      _ name: String, as type: Function.Type
    ) throws(BLAS.Unavailable) -> Function {
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
