/// The candidate most similar to `name`, if it is similar enough to be a likely correction.
///
/// At most a third of the characters may differ, counting an insertion, a deletion, a replacement and a swap of
/// adjacent characters as one change each (optimal string alignment); one change is allowed in a name of two
/// characters. Case is ignored. Names longer than any valid one have no match. Of very many candidates, the first
/// ones of similar length are compared.
package func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
  guard name.utf8.count <= longestName else { return nil }
  let letters = name.lowercased().unicodeScalars.map(\.value)
  // A name of one character is equally similar to any other.
  let limit = letters.count < 2 ? 0 : max(1, letters.count / 3)
  var best: (distance: Int, name: String)?
  var compared = 0
  for candidate in candidates {
    guard candidate.utf8.count <= longestName,
      abs(candidate.unicodeScalars.count - letters.count) <= limit
    else { continue }
    compared += 1
    guard compared <= mostCompared else { break }
    let distance = editDistance(letters, candidate.lowercased().unicodeScalars.map(\.value))
    guard distance <= limit else { continue }
    if best.map({ (distance, candidate) < ($0.distance, $0.name) }) ?? true {
      best = (distance, candidate)
    }
  }
  return best?.name
}

extension Diagnostic.Note {
  /// `did you mean 'baseB'?` if a candidate is similar enough; otherwise no note.
  package static func nearest(
    to name: String, among candidates: some Sequence<String>
  ) -> [Diagnostic.Note] {
    nearestName(to: name, among: candidates).map { [Diagnostic.Note("did you mean '\($0)'?")] }
      ?? []
  }

  /// The same, or all names, the first ones if there are many.
  package static func nearestOrAll(to name: String, among known: [String]) -> [Diagnostic.Note] {
    let near = nearest(to: name, among: known)
    guard near.isEmpty else { return near }
    return [Diagnostic.Note("there are: \(listed(known, atMost: 20))")]
  }

  /// Some names, as many whole ones as a note has room for: `a, b, c and 12 more`.
  package static func listed(_ names: [String], atMost limit: Int) -> String {
    var shown = 0
    var length = 0
    for name in names.prefix(limit) {
      length += name.unicodeScalars.count + 2
      // A single name of any length is cut by the note.
      if length > longestList, shown > 0 { break }
      shown += 1
    }
    let more = names.count - shown
    return names.prefix(shown).joined(separator: ", ")
      + (more > 0 ? " and \(grouped(more)) more" : "")
  }

  /// In characters; notes have room for 600.
  private static let longestList = 400
}

/// In bytes: the time of a comparison is quadratic in the length.
private let longestName = 200
private let mostCompared = 10_000

private func editDistance(_ left: [UInt32], _ right: [UInt32]) -> Int {
  guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
  var beforePrevious = [Int](repeating: 0, count: right.count + 1)
  var previous = Array(0...right.count)
  var current = beforePrevious
  for row in 1...left.count {
    current[0] = row
    for column in 1...right.count {
      let replaced = previous[column - 1] + (left[row - 1] == right[column - 1] ? 0 : 1)
      current[column] = min(previous[column] + 1, current[column - 1] + 1, replaced)
      if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1]
      {
        current[column] = min(current[column], beforePrevious[column - 2] + 1)
      }
    }
    swap(&beforePrevious, &previous)
    swap(&previous, &current)
  }
  return previous[right.count]
}
