import Archives
import ArtifactStore
import Basics
import Datasets
import Engine
import Glibc
import Kernels
import PipelineLanguage
import Planning
import Stages
import SystemPackage

/// The findings of `cambium doctor`.
struct Findings {
  /// Facts in groups, in printing order.
  private(set) var program: [(name: String, fact: Value)] = []
  private(set) var machine: [(name: String, fact: Value)] = []
  private(set) var libraries: [(name: String, fact: Value)] = []
  private(set) var storage: [(name: String, fact: Value)] = []
  /// Problems, each with what can be done about it.
  private(set) var problems: [String] = []

  /// With less space than this, training runs of large networks do not fit.
  private static let littleSpace = 1_000_000_000

  init(store path: FilePath) {
    examineProgram()
    examineMachine()
    examineLibraries()
    examineStore(path)
  }

  private mutating func examineProgram() {
    do throws(DiagnosticError) {
      program = [("file", .string(try runningProgram().string))]
      let networks = try SuppliedNetworks.find()
      program += [
        ("networks", .list(networks.names.map(Value.string))),
        ("networks in", .string(networks.folder.string)),
      ]
    } catch {
      problems += error.diagnostics.map { problem in
        ([problem.message] + problem.notes.map(\.message)).joined(separator: "; ")
      }
    }
  }

  private mutating func examineMachine() {
    let processor = Processor.current
    let kernels = KernelLevel.current.rawValue
    let supported = KernelLevel.supported.map(\.rawValue)
    machine = [
      ("processor", .string(processor.model)), ("cores", .integer(processor.cores)),
      ("memory", .integer(ProcessLimits.current.memory)),
      ("kernels", .string(kernels)),
      ("bf16 products", .string(BFloat16Level.current.rawValue)),
    ]
    if supported.count == 1 {
      problems.append(
        "the processor has neither AVX2 nor AVX-512: training will be many times slower")
    }
  }

  private mutating func examineLibraries() {
    libraries = [("cambium", .string(cambiumVersion))]
    do throws(BLAS.Unavailable) { examine(try BLAS.load()) } catch { problems.append("\(error)") }
    libraries.append(("libyaml", .string(YAMLLibrary.version)))
    libraries += ImageLibraries.versions.map { ($0.name, .string($0.version)) }
    if let problem = ArchiveLibrary.loadingProblem { problems.append(problem) }
    examineFile("libarchive", at: ArchiveLibrary.address)
  }

  /// The file of a library that is loaded at run time.
  private mutating func examineFile(_ library: String, at address: UInt?) {
    guard let address else { return }
    do throws(DiagnosticError) {
      if let file = try mappedFile(at: address) {
        libraries.append(("\(library) file", .string(file.string)))
      }
    } catch {
      problems += error.diagnostics.map(\.message)
    }
  }

  private mutating func examine(_ blas: BLAS) {
    let core = blas.coreName
    libraries += [
      ("blas", .string(blas.configuration)), ("blas core", .string(core)),
    ]
    examineFile("blas", at: blas.address)
    if ["Prescott", "generic", "Generic", "Core2"].contains(core), KernelLevel.supported.count > 1 {
      problems.append(
        "OpenBLAS uses its slow '\(core)' kernels on a processor that has better ones: is the variable "
          + "OPENBLAS_CORETYPE set, or the library old?")
    }
  }

  private mutating func examineStore(_ path: FilePath) {
    let store = Store(at: path)
    storage = [("store", .string(path.string))]
    do throws(DiagnosticError) {
      let exists = try LocalFileSystem().exists(path)
      storage.append(("exists", .bool(exists)))
      if exists {
        problems += store.folderProblems
        try examineContents(of: store)
      }
    } catch {
      problems += error.diagnostics.map(\.message)
    }
    // If there is no store yet, it will be created in the folder above.
    var folder = path
    while access(folder.string, F_OK) != 0 {
      let parent = folder.removingLastComponent()
      folder = parent.isEmpty || parent == folder ? "." : parent
      if folder == "." { break }
    }
    if access(folder.string, W_OK) != 0 {
      problems.append("'\(folder)' cannot be written: runs will fail")
    }
    if let free = DiskSpace(of: folder)?.free {
      storage.append(("free", .integer(free)))
      if free < Findings.littleSpace {
        problems.append("little disk space is left for the store: \(megabytes(free))")
      }
    }
  }

  private mutating func examineContents(of store: Store) throws(DiagnosticError) {
    let records = try store.recordedStages()
    var objects: Set<StoredObject> = []
    var damaged = 0
    for fingerprint in records {
      switch try store.outputs(for: fingerprint) {
      case .found(let outputs): objects.formUnion(outputs.map(\.object))
      case .unusable: damaged += 1
      case .absent: break
      }
    }
    storage += [
      ("stages", .integer(records.count)), ("damaged", .integer(damaged)),
      ("size", .integer(objects.reduce(0) { $0 + $1.size })),
    ]
    let notes = try store.auditNotes().findings
    let damagedNotes = notes.count { $0.state != .denied }
    if damagedNotes > 0 {
      problems.append(
        "\(counted(damagedNotes, "note")) of the store \(damagedNotes == 1 ? "is" : "are") damaged and ignored: "
          + "'cambium store verify --repair' sets \(damagedNotes == 1 ? "it" : "them") aside")
    }
    for note in notes where note.state == .denied {
      // The folder is a problem already.
      if problems.contains(where: { note.damage.hasPrefix($0) }) { continue }
      problems.append("\(note.what) of the store: \(note.damage)")
    }
    if damaged > 0 {
      problems.append(
        "\(counted(damaged, "finished stage")) \(damaged == 1 ? "is" : "are") no longer usable: the next run "
          + "recomputes \(damaged == 1 ? "it" : "them")")
    }
  }
}

// MARK: - Output

extension Findings {
  var text: String {
    var lines: [String] = []
    for (title, facts) in [
      ("program", program), ("machine", machine), ("libraries", libraries), ("store", storage),
    ] {
      lines.append(title)
      for (name, fact) in facts {
        let isBytes = ["memory", "size", "free"].contains(name)
        let list = fact.asList?.compactMap(\.asString).joined(separator: ", ")
        let shown =
          isBytes ? megabytes(fact.asInteger ?? 0) : list ?? fact.asString ?? fact.json()
        lines.append(
          "  \(name)\(String(repeating: " ", count: max(1, 16 - name.count)))\(printable(shown))")
      }
    }
    lines.append("")
    lines += problems.isEmpty ? ["no problems found"] : problems.map { "problem: \(printable($0))" }
    return lines.joined(separator: "\n") + "\n"
  }

  private func megabytes(_ bytes: Int) -> String { "\(grouped(bytes / 1_000_000)) MB" }
}

extension Findings: ValueConvertible {
  /// `{"format": 1, "program": {…}, "machine": {…}, "libraries": {…}, "store": {…}, "problems": […]}`, sizes in bytes.
  var value: Value {
    func map(_ facts: [(name: String, fact: Value)]) -> Value {
      .map(
        Dictionary(
          uniqueKeysWithValues: facts.map { ($0.name.replacing(" ", with: "-"), $0.fact) }))
    }
    return [
      "format": 1, "program": map(program), "machine": map(machine), "libraries": map(libraries),
      "store": map(storage),
      "problems": .list(problems.map(Value.string)),
    ]
  }
}
