import Basics
import Definitions

/// Collects what the headers of a source's files say, before it is known which of them are images of the dataset.
struct HeaderCollector: Sendable {
  private let orientation: DatasetDefinition.Orientation
  /// The reasons why files cannot be decoded, by path.
  private var problems: [String: String] = [:]
  private var turned: Set<String> = []
  /// One image of each size; an archive of photographs has a few.
  private var firstOfSize: [DatasetDefinition.Size: String] = [:]
  private var sizes: [DatasetDefinition.Size] = []

  /// More sizes are not needed to find two.
  private static let mostSizes = 16

  init(_ orientation: DatasetDefinition.Orientation) { self.orientation = orientation }

  /// What the header of a file says, or why the file cannot be decoded.
  typealias Look = Result<ImageHeader, UnreadableImage>

  /// - Parameter bytes: the file, or enough of it (`ImageHeader.isComplete`).
  func look(at bytes: [UInt8]) -> Look {
    bytes.withUnsafeBytes { bytes in
      Result { () throws(UnreadableImage) in try ImageHeader(bytes, orientation: orientation) }
    }
  }

  /// Notes a file.
  mutating func note(_ path: String, _ look: Look) {
    switch look {
    case .success(let header):
      if header.traits.contains(.turned) { turned.insert(path) }
      guard let size = header.size, firstOfSize[size] == nil,
        sizes.count < HeaderCollector.mostSizes
      else { return }
      firstOfSize[size] = path
      sizes.append(size)
    case .failure(let problem):
      problems[path] = problem.reason
    }
  }

  /// Notes a file that cannot be read at all.
  mutating func note(_ path: String, unreadable reason: String) { problems[path] = reason }

  /// What the headers of a dataset's images say.
  ///
  /// - Parameter target: maps a path of the index to the file that has its content.
  func survey(of index: DatasetIndex, target: (String) -> String = { $0 }) -> HeaderSurvey {
    var survey = HeaderSurvey()
    let sized = Set(firstOfSize.values)
    var found: Set<String> = []
    for path in index.paths {
      let file = target(path)
      if let reason = problems[path] ?? problems[file] {
        survey.addUnreadable(path, because: reason)
      }
      if turned.contains(file) { survey.turned += 1 }
      if sized.contains(file) { found.insert(file) }
    }
    // In the order of the source.
    for size in sizes {
      guard let path = firstOfSize[size], found.contains(path) else { continue }
      survey.addSize(.init(name: path, size: size))
    }
    return survey
  }
}
