import Basics
import Glibc

/// The processor of this machine.
package struct Processor: Hashable, Sendable {
  /// The manufacturer's name; `unknown` if the system does not provide it.
  package var model: String
  /// Cores that this process may use, counting hardware threads.
  package var cores: Int

  package init(model: String, cores: Int) {
    self.model = model
    self.cores = cores
  }

  package static let current = Processor(
    model: modelName() ?? "unknown", cores: ProcessLimits.current.processors)

  private static func modelName() -> String? {
    guard let file = fopen("/proc/cpuinfo", "r") else { return nil }
    defer { fclose(file) }
    // The first processor's entry is sufficient, and is at the beginning of the file.
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = fread(&bytes, 1, bytes.count, file)
    for line in String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n") {
      guard line.hasPrefix("model name"), let colon = line.firstIndex(of: ":") else { continue }
      let name = line[line.index(after: colon)...].drop { $0 == " " }
      return name.isEmpty ? nil : String(name)
    }
    return nil
  }
}
