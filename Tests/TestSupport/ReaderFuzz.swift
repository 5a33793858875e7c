import Basics
import Glibc
import SystemPackage

/// Gives changed files to a reader, which has to take each or refuse it with a diagnostic, within seconds.
package struct ReaderFuzz: Sendable {
  /// For the names of files that are left behind.
  private let name: String
  private let mutator: ByteMutator

  /// An input that takes longer is reported.
  private static let patience = Duration.seconds(5)

  package init(_ name: String, _ mutator: ByteMutator) {
    self.name = name
    self.mutator = mutator
  }

  /// How long the long form takes; `nil` where it is not asked for.
  package static let seconds = environment("CAMBIUM_FUZZ_SECONDS").flatMap(Double.init)

  /// What was wrong with how the inputs of some seeds were taken.
  package func complaints(_ seeds: Range<Int>, read: ([UInt8]) throws -> Void) -> [String] {
    seeds.compactMap { seed in
      complaint(mutator.input(seed: seed), read).map { "\(name), seed \(seed): \($0)" }
    }
  }

  /// The same for as long as `CAMBIUM_FUZZ_SECONDS` says, from the seed `CAMBIUM_FUZZ_FROM` on.
  ///
  /// Each input is written to a file before it is read: after a crash, or in an endless loop, `current-NAME` in
  /// `CAMBIUM_FUZZ_FOLDER` is one of the suspects. What is refused wrongly is kept there by seed.
  package func complaintsOverTime(read: ([UInt8]) throws -> Void) throws -> [String] {
    let folder = FilePath(ReaderFuzz.environment("CAMBIUM_FUZZ_FOLDER") ?? "/tmp/cambium-fuzz")
    try LocalFileSystem().makeFolder(folder)
    let current = try FileDescriptor.open(
      folder.appending("current-\(name)"), .writeOnly, options: [.create, .truncate, .closeOnExec],
      permissions: .ownerReadWrite)
    defer { try? current.close() }
    let clock = ContinuousClock()
    let end = clock.now + .seconds(ReaderFuzz.seconds ?? 0)
    let first = ReaderFuzz.environment("CAMBIUM_FUZZ_FROM").flatMap(Int.init) ?? 0
    var seed = first
    var complaints: [String] = []
    var slowest = (duration: Duration.zero, seed: seed)
    while clock.now < end, complaints.count < 50 {
      let bytes = mutator.input(seed: seed)
      try current.resize(to: 0)
      try current.writeAll(toAbsoluteOffset: 0, bytes)
      let start = clock.now
      if let complaint = complaint(bytes, read) {
        try LocalFileSystem().write(bytes, to: folder.appending("\(name)-\(seed)"))
        complaints.append("\(name), seed \(seed): \(complaint)")
      }
      slowest = max(slowest, (clock.now - start, seed)) { $0.duration < $1.duration }
      seed += 1
    }
    print(
      "fuzz: \(name): \(seed - first) cases, \(complaints.count) complaints, next seed \(seed), slowest "
        + "\(slowest.duration) (seed \(slowest.seed)), memory so far \(peakMemory() >> 20) MB")
    fflush(nil)
    return complaints
  }

  private func complaint(_ bytes: [UInt8], _ read: ([UInt8]) throws -> Void) -> String? {
    let start = ContinuousClock().now
    do {
      try read(bytes)
    } catch let error as DiagnosticError {
      let text = error.description
      if error.diagnostics.contains(where: \.message.isEmpty) || error.diagnostics.isEmpty {
        return "refused without a reason"
      }
      if text.utf8.count > 20_000 { return "a message of \(text.utf8.count) bytes" }
      if text.unicodeScalars.contains(where: {
        $0.properties.generalCategory == .control && $0 != "\n" && $0 != "\t"
      }) {
        return "a control character is shown: \(text.debugDescription)"
      }
    } catch {
      return "not a diagnostic: \(error)"
    }
    let duration = ContinuousClock().now - start
    return duration > ReaderFuzz.patience ? "it took \(duration)" : nil
  }

  private func max<Element>(
    _ left: Element, _ right: Element, by isLess: (Element, Element) -> Bool
  ) -> Element {
    isLess(left, right) ? right : left
  }

  /// The most bytes that the process has held.
  private func peakMemory() -> Int {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    return usage.ru_maxrss * 1024
  }

  private static func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }
}
