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

  package var altered: Files
  package var added: Files
  package var removed: Files

  /// Compares two listings of paths, each with what tells contents apart.
  package init(from old: [String: String], to new: [String: String]) {
    altered = Files(new.keys.filter { old[$0] != nil && old[$0] != new[$0] })
    added = Files(new.keys.filter { old[$0] == nil })
    removed = Files(old.keys.filter { new[$0] == nil })
  }

  /// The kinds of changes that there are, with a verb each.
  private var kinds: [(verb: String, files: Files)] {
    [("changed", altered), ("added", added), ("removed", removed)].filter { $0.1.count > 0 }
  }
}

extension DataChange: CustomStringConvertible {
  /// `'train/ant/000.png' changed; 2 files added ('test/ant/7.png', …)`
  package var description: String {
    kinds.map { verb, files in
      let first = printable("'\(files.first[0])'")
      return files.count == 1
        ? "\(first) \(verb)" : "\(grouped(files.count)) files \(verb) (\(first), …)"
    }.joined(separator: "; ")
  }

  /// A line for each file, and for how many more there are.
  var lines: [String] {
    kinds.flatMap { verb, files in
      files.first.map { printable("\(verb) '\($0)'") }
        + (files.count > files.first.count
          ? ["\(verb) \(grouped(files.count - files.first.count)) more"] : [])
    }
  }
}

extension DataChange: ValueConvertible {
  /// `altered`, `added` and `removed`, each `{"count", "first": […]}`, of which the first has 20 names at most.
  package var value: Value {
    func value(_ files: Files) -> Value {
      ["count": .integer(files.count), "first": .list(files.first.map(Value.string))]
    }
    return ["altered": value(altered), "added": value(added), "removed": value(removed)]
  }
}
