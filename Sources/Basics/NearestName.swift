/// The candidate most like `name`, where one is near enough to be what was meant.
///
/// Near enough is at most a third of the letters changed, counting an insertion, a deletion, a
/// replacement and a swap of neighbours as one change each (optimal string alignment), or one change in
/// a name of two letters. Capitals count as small letters.
package func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
  // A name of one letter is as near to any other.
  let limit = name.count < 2 ? 0 : max(1, name.count / 3)
  var best: (distance: Int, name: String)?
  for candidate in candidates where abs(candidate.count - name.count) <= limit {
    let distance = editDistance(name.lowercased(), candidate.lowercased())
    guard distance <= limit else { continue }
    if best.map({ (distance, candidate) < ($0.distance, $0.name) }) ?? true {
      best = (distance, candidate)
    }
  }
  return best?.name
}

private func editDistance(_ left: String, _ right: String) -> Int {
  let left = Array(left), right = Array(right)
  guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
  var beforePrevious = [Int](repeating: 0, count: right.count + 1)
  var previous = Array(0...right.count)
  for row in 1...left.count {
    var current = [row] + [Int](repeating: 0, count: right.count)
    for column in 1...right.count {
      let replaced = previous[column - 1] + (left[row - 1] == right[column - 1] ? 0 : 1)
      current[column] = min(previous[column] + 1, current[column - 1] + 1, replaced)
      if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1]
      {
        current[column] = min(current[column], beforePrevious[column - 2] + 1)
      }
    }
    (beforePrevious, previous) = (previous, current)
  }
  return previous[right.count]
}
