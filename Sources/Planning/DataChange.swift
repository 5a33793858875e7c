import Basics

/// How the files of a dataset differ from those that were packed before.
package struct DataChange: Hashable, Sendable {
  /// Some files: the first of them by name, and how many there are.
  package struct Files: Hashable, Sendable {
    package var first: [String]
    package var count: Int

    fileprivate init(_ names: [String]) {
      first = Array(names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.prefix(20))
      count = names.count
    }
  }

  /// An image that is in another class.
  package struct Label: Hashable, Sendable {
    package var file: String
    package var old: String
    package var new: String
  }

  package var altered: Files
  package var added: Files
  package var removed: Files
  /// Images whose content is the same: the first of them by name, and how many there are.
  package private(set) var firstLabels: [Label]
  package private(set) var labelCount: Int

  /// Compares two listings: for each path the beginning of its content's digest, followed by a space and the class where
  /// that is known.
  package init(from old: [String: String], to new: [String: String]) {
    var altered: [String] = []
    var labels: [Label] = []
    for (path, after) in new {
      guard let before = old[path], before != after else { continue }
      let (was, now) = (DataChange.parts(before), DataChange.parts(after))
      if was.content != now.content {
        altered.append(path)
      } else if let old = was.label, let new = now.label {
        labels.append(Label(file: path, old: old, new: new))
      }
    }
    self.altered = Files(altered)
    labels.sort { $0.file.utf8.lexicographicallyPrecedes($1.file.utf8) }
    firstLabels = Array(labels.prefix(20))
    labelCount = labels.count
    added = Files(new.keys.filter { old[$0] == nil })
    removed = Files(old.keys.filter { new[$0] == nil })
  }

  private static func parts(_ text: String) -> (content: Substring, label: String?) {
    let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
    return (parts[0], parts.count > 1 ? String(parts[1]) : nil)
  }

  /// Nothing about any file: an order has changed, or something that was not kept.
  var isEmpty: Bool { kinds.isEmpty && labelCount == 0 }

  /// The kinds of changes that there are, with a verb each.
  private var kinds: [(verb: String, files: Files)] {
    [("changed", altered), ("added", added), ("removed", removed)].filter { $0.1.count > 0 }
  }
}

extension DataChange: CustomStringConvertible {
  /// `'train/ant/000.png' changed; 2 files added ('test/ant/7.png', …); 1 label changed ('7.png' truck → ship)`
  package var description: String {
    var parts = kinds.map { verb, files in
      let first = printable("'\(files.first[0])'")
      return files.count == 1
        ? "\(first) \(verb)" : "\(grouped(files.count)) files \(verb) (\(first), …)"
    }
    if let first = firstLabels.first {
      parts.append(
        "\(counted(labelCount, "label")) changed (\(first)\(labelCount > 1 ? ", …" : ""))")
    }
    return parts.joined(separator: "; ")
  }

  /// A line for each file, and for how many more there are.
  var lines: [String] {
    kinds.flatMap { verb, files in
      files.first.map { printable("\(verb) '\($0)'") }
        + (files.count > files.first.count
          ? ["\(verb) \(grouped(files.count - files.first.count)) more"] : [])
    }
      + firstLabels.map { "label of \($0)" }
      + (labelCount > firstLabels.count
        ? ["labels of \(grouped(labelCount - firstLabels.count)) more"] : [])
  }
}

extension DataChange.Label: CustomStringConvertible {
  package var description: String { printable("'\(file)' \(old) → \(new)") }
}

extension DataChange: ValueConvertible {
  /// `altered`, `added`, `removed` and `relabelled`, each `{"count", "first": […]}`, of which the first has 20 names at most;
  /// `relabelled` has `{"file", "old", "new"}`.
  package var value: Value {
    func value(_ files: Files) -> Value {
      ["count": .integer(files.count), "first": .list(files.first.map(Value.string))]
    }
    return [
      "altered": value(altered), "added": value(added), "removed": value(removed),
      "relabelled": [
        "count": .integer(labelCount),
        "first": .list(
          firstLabels.map {
            ["file": .string($0.file), "old": .string($0.old), "new": .string($0.new)]
          }),
      ],
    ]
  }
}
