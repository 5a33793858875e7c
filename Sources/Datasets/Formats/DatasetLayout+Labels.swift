import Basics
import Definitions

// Classes that are stated file by file: in lists, or next to the images.

extension DatasetLayout {
  /// The class of each image by path, for each place; `nil` for class folders.
  ///
  /// - Parameters:
  ///   - places: with the components of their folders.
  ///   - labels: the class of each file, by path, in sources that say so.
  /// - Throws: `DiagnosticError` for listed images that do not exist or are listed twice, and for numbers out of range.
  static func classes(
    of places: [(place: DatasetSubsets.Place, folder: [Substring])], _ listing: SourceListing,
    _ rules: LayoutRules, _ labels: [String: FileLabel]?, unless stop: StopCheck
  ) throws -> [[String: String]?] {
    var problems = Problems()
    var seen: [String: String] = [:]
    var found: [[(path: String, label: FileLabel)]?] = []
    for (place, folder) in places {
      if case .list(let list, _) = place, let list = rules.lists[list.key] {
        found.append(
          try labelled(list, below: folder, listing, &seen, &problems, unless: stop))
      } else if let labels {
        let inside = labels.filter { $0.key.split(separator: "/").starts(with: folder) }
        found.append(inside.map { ($0.key, $0.value) })
      } else {
        found.append(nil)
      }
    }
    if let error = problems.error("problems in lists of images") { throw error }
    guard found.contains(where: { $0 != nil }) else { return found.map { _ in nil } }
    let names = try LabelNames(
      found.joinedLabels, rules.declared, hasFolders: found.contains { $0 == nil })
    let classes = found.map { labels -> [String: String]? in
      guard let labels else { return nil }
      var classes: [String: String] = [:]
      classes.reserveCapacity(labels.count)
      for (path, label) in labels {
        do throws(DiagnosticError) {
          classes[path] = try names.name(of: label)
        } catch {
          problems.add(error)
        }
      }
      return classes
    }
    if let error = problems.error("classes are out of range") { throw error }
    return classes
  }

  /// The listed images that exist, with their paths in the source.
  private static func labelled(
    _ list: ListedImages, below folder: [Substring], _ listing: SourceListing,
    _ seen: inout [String: String], _ problems: inout Problems, unless stop: StopCheck
  ) throws -> [(path: String, label: FileLabel)] {
    let prefix = folder.isEmpty ? "" : folder.joined(separator: "/") + "/"
    let known = (listing.files + listing.brokenLinks.map(\.path)).filter { $0.hasPrefix(prefix) }
    func label(_ entry: ListedImages.Entry) -> FileLabel {
      FileLabel(text: entry.label, first: list.first, place: list.place(of: entry))
    }
    if list.entries.allSatisfy({ $0.path == nil }) {
      let images = try naturalOrder(
        known.filter { path in
          PassedOver.isImageName(path)
            && !path.split(separator: "/").contains(where: PassedOver.isHidden)
        }, unless: stop)
      guard images.count == list.entries.count else {
        problems.add(
          DiagnosticError(
            "list '\(list.file)' has \(list.entries.count) labels, but there are \(images.count) images in "
              + "'\(prefix.isEmpty ? listing.source : String(prefix.dropLast()))'"))
        return []
      }
      return zip(images, list.entries).map { ($0, label($1)) }
    }
    // By composed characters, also without the ending, which tables of identifiers leave out.
    var paths: [String: String] = [:]
    var stems: [String: String] = [:]
    var ambiguous: Set<String> = []
    for path in known {
      let own = String(path.dropFirst(prefix.count)).composed
      paths[own] = path
      if PassedOver.isImageName(own), let dot = own.lastIndex(of: ".") {
        let stem = String(own[..<dot])
        if stems.updateValue(path, forKey: stem) != nil { ambiguous.insert(stem) }
      }
    }
    return list.entries.compactMap { entry in
      let name = (entry.path ?? "").composed
      guard let path = paths[name] ?? (ambiguous.contains(name) ? nil : stems[name]) else {
        problems.add(
          DiagnosticError(
            "\(list.place(of: entry)) names '\(name)', which does not exist in "
              + "'\(prefix.isEmpty ? listing.source : String(prefix.dropLast()))'"))
        return nil
      }
      if let earlier = seen.updateValue(list.place(of: entry), forKey: path) {
        problems.add(
          DiagnosticError("\(list.place(of: entry)) names '\(name)', which is also in \(earlier)"))
        return nil
      }
      return (path, label(entry))
    }
  }
}

extension [[(path: String, label: FileLabel)]?] {
  /// All labels, one after another.
  fileprivate var joinedLabels: some Sequence<FileLabel> {
    self.lazy.flatMap { ($0 ?? []).lazy.map(\.label) }
  }
}

/// The names of classes that are stated as texts or as numbers.
struct LabelNames {
  /// `nil` if labels are names.
  private let numbered: NumberedClasses?

  /// Labels are numbers if all of them are, unless these are the names of declared classes.
  ///
  /// - Parameter hasFolders: whether other subsets have class folders.
  /// - Throws: `DiagnosticError` if numbers cannot be matched with names.
  init(
    _ labels: some Sequence<FileLabel>, _ declared: DeclaredClasses, hasFolders: Bool
  ) throws(DiagnosticError) {
    let known: Set<String> = if case .names(let names) = declared { Set(names) } else { [] }
    var isNamed = true
    var largest = 0
    var example: FileLabel?
    for label in labels {
      example = label
      isNamed = isNamed && known.contains(label.text)
      guard let number = LabelNames.number(label) else {
        numbered = nil
        return
      }
      largest = max(largest, number)
    }
    guard !isNamed, let example else {
      numbered = nil
      return
    }
    if hasFolders, known.isEmpty {
      throw DiagnosticError(
        "'\(example.text)' in \(example.place) is the number of a class, but others have names",
        notes: [
          .init("'classes' must list their names in this order, for example {file: synsets.txt}")
        ])
    }
    numbered = NumberedClasses(declared, largest: largest)
  }

  private static func number(_ label: FileLabel) -> Int? {
    guard label.text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), label.text.utf8.count < 16,
      let number = Int(label.text)
    else { return nil }
    return number - label.first
  }

  /// - Throws: `DiagnosticError` for a number out of range.
  func name(of label: FileLabel) throws(DiagnosticError) -> String {
    guard let numbered else { return label.text }
    guard let number = LabelNames.number(label), let name = numbered.name(of: number) else {
      throw DiagnosticError(
        "the class in \(label.place) is \(label.text), but \(numbered.limits(first: label.first))")
    }
    return name
  }
}
