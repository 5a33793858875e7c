import Basics
import SystemPackage

/// Checks whether artifacts exist, for thousands of stages in a row, since planning asks about every stage.
///
/// It compares records with their digests, but parses only their headers, and reads only the sizes of outputs. Paths are
/// assembled in reused buffers.
package struct ArtifactProbe {
  private let fileSystem: any FileSystem
  private var records: ShardedPath
  private var objects: ShardedPath
  /// Room for most records.
  private static let usualRecord = 16_384

  package init(_ store: Store) {
    fileSystem = store.fileSystem
    records = ShardedPath(in: store.recordsFolder, ending: ".json")
    objects = ShardedPath(in: store.objectsFolder)
  }

  /// The outputs of a finished stage if all of them exist with the recorded size.
  ///
  /// - Throws: `DiagnosticError` if the store cannot be read.
  package mutating func outputs(
    for fingerprint: Fingerprint
  ) throws(DiagnosticError) -> Lookup<[NamedObject]> {
    let fileSystem = fileSystem
    let found: [UInt8]?
    do throws(DiagnosticError) {
      found = try records.with(fingerprint) { path throws(DiagnosticError) in
        try fileSystem.contents(at: path)
      }
    } catch {
      guard error.indicatesDamage else { throw error }
      return .unusable(.recordUnreadable(error))
    }
    guard let bytes = found else { return .absent }
    let header: StageRecord.Header
    do throws(ArtifactDamage) {
      header = try StageRecord.Header(json: bytes)
      guard header.fingerprint == fingerprint else { throw .recordOfAnotherStage }
    } catch {
      return .unusable(error)
    }
    if let damage = try damage(of: header.outputs) { return .unusable(damage) }
    return .found(header.outputs)
  }

  /// What a quick look finds of the artifact of a stage.
  package enum Sight: Sendable {
    /// All outputs exist with the recorded size.
    case complete
    /// There is no record.
    case absent
    /// It takes `outputs(for:)` to find out, and to say why.
    case unclear
  }

  /// Whether the artifact of a finished stage exists: most stages of a plan have an intact record in the usual form, and
  /// outputs of the right size.
  package mutating func sight(of fingerprint: Fingerprint) -> Sight {
    withUnsafeTemporaryAllocation(byteCount: ArtifactProbe.usualRecord, alignment: 16) { buffer in
      let fileSystem = fileSystem
      do throws(DiagnosticError) {
        let read = try records.with(fingerprint) { path throws(DiagnosticError) in
          try fileSystem.start(at: path, into: buffer)
        }
        guard let read else { return .absent }
        // There may be more of it.
        guard read < buffer.count else { return .unclear }
        let record = UnsafeBufferPointer(
          rebasing: buffer.assumingMemoryBound(to: UInt8.self)[..<read])
        guard StageRecord.isIntact(record) else { return .unclear }
        let isComplete = HeaderScanner.isHeader(record, of: fingerprint) { digits, size in
          let status = try? objects.with(digits: digits) { path throws(DiagnosticError) in
            try fileSystem.status(at: path)
          }
          return status?.kind == .file && status?.size == size
        }
        return isComplete ? .complete : .unclear
      } catch {
        return .unclear
      }
    }
  }

  /// The first damage that is visible without reading contents.
  mutating func damage(of outputs: [NamedObject]) throws(DiagnosticError) -> ArtifactDamage? {
    let fileSystem = fileSystem
    for output in outputs {
      let found: FileStatus?
      do throws(DiagnosticError) {
        found = try objects.with(output.object.digest) { path throws(DiagnosticError) in
          try fileSystem.status(at: path)
        }
      } catch {
        return .outputUnreadable(output.name, try error.reasonOfDamage)
      }
      guard let status = found else { return .outputMissing(output.name) }
      guard status.kind == .file else {
        return .outputUnreadable(output.name, "it is not a file")
      }
      guard status.size == output.object.size else {
        return .outputResized(output.name, expected: output.object.size, found: status.size)
      }
    }
    return nil
  }
}

/// A path such as `objects/3f/3f86…`, reused for different digests.
private struct ShardedPath {
  private var bytes: [CChar]
  /// The positions of the folder's two digits, and of all digits.
  private let shard: Int
  private let digits: Int

  init(in folder: FilePath, ending: String = "") {
    let digits = String(repeating: "0", count: 64)
    let path = "\(folder.string)/00/\(digits)\(ending)"
    bytes = path.utf8CString.map { $0 }
    shard = folder.string.utf8.count + 1
    self.digits = shard + 3
  }

  /// Calls `body` with the path of a digest as a C string.
  mutating func with<Result>(
    _ digest: Fingerprint, _ body: (UnsafePointer<CChar>) throws(DiagnosticError) -> Result
  ) throws(DiagnosticError) -> Result {
    set { digest.writeHexadecimal(to: $0) }
    return try call(body)
  }

  /// The same for a digest that is written out.
  mutating func with<Result>(
    digits: UnsafeBufferPointer<UInt8>,
    _ body: (UnsafePointer<CChar>) throws(DiagnosticError) -> Result
  ) throws(DiagnosticError) -> Result {
    set { _ = $0.update(fromContentsOf: digits) }
    return try call(body)
  }

  /// - Parameter write: writes 64 digits.
  private mutating func set(_ write: (UnsafeMutableBufferPointer<UInt8>) -> Void) {
    bytes.withUnsafeMutableBytes { buffer in
      let text = buffer.bindMemory(to: UInt8.self)
      write(UnsafeMutableBufferPointer(rebasing: text[digits..<digits + 64]))
      text[shard] = text[digits]
      text[shard + 1] = text[digits + 1]
    }
  }

  private func call<Result>(
    _ body: (UnsafePointer<CChar>) throws(DiagnosticError) -> Result
  ) throws(DiagnosticError) -> Result {
    try bytes.withUnsafeBufferPointer { buffer throws(DiagnosticError) in
      guard let start = buffer.baseAddress else { preconditionFailure("a path is not empty") }
      return try body(start)
    }
  }
}

extension Dictionary where Key == String, Value == StoredObject {
  /// The entries by ascending UTF-8 bytes of their names.
  var namedObjects: [NamedObject] {
    map { NamedObject(name: $0.key, object: $0.value) }
      .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }
}
