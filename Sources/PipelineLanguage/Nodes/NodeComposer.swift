import Basics

/// Builds the nodes of a document from events: resolves aliases, applies merge keys, and rejects what the language
/// does not support.
struct NodeComposer: ~Copyable {
  /// The maximum number of nodes of a document, counting an aliased node each time it is used.
  static let mostNodes = 1_000_000
  /// The maximum nesting depth of collections.
  static let deepest = 64

  private enum Anchor {
    /// A finished node and the number of nodes in it.
    case finished(Node, count: Int)
    /// A collection whose end has not been reached.
    case open
  }

  private var parser: EventParser
  private let diagnostics: DiagnosticCollector
  private var anchors: [String: Anchor] = [:]
  private var count = 0
  private var depth = 0

  private init(_ source: SourceText, _ diagnostics: DiagnosticCollector) {
    parser = EventParser(source)
    self.diagnostics = diagnostics
  }

  /// The only document of a text; `nil` if errors prevent building it.
  static func document(of source: SourceText, diagnostics: DiagnosticCollector) -> Node? {
    var composer = NodeComposer(source, diagnostics)
    do {
      return try composer.document(source)
    } catch {
      for diagnostic in error.diagnostics { diagnostics.report(diagnostic) }
      return nil
    }
  }

  private mutating func document(_ source: SourceText) throws(DiagnosticError) -> Node? {
    let start = SourcePosition(line: 1, column: 1)
    let empty = DiagnosticError(
      "the file is empty: a pipeline begins with 'cambium: 1'",
      at: SourceSpan(source: source, start: start, end: start))
    if let directive = source.tagDirective {
      throw DiagnosticError("tags are not supported: remove this directive", at: directive)
    }
    guard case .documentStart = try parser.next().content else { throw empty }
    let root = try node(try parser.next())
    _ = try parser.next()
    let following = try parser.next()
    if case .documentStart = following.content {
      throw DiagnosticError(
        "a second document starts here: a pipeline file has only one", at: following.span)
    }
    if case .scalar(let scalar)? = root, scalar.isEmpty { throw empty }
    return root
  }

  /// The node that an event starts; `nil` if it was reported as an error.
  private mutating func node(_ event: YAMLEvent) throws(DiagnosticError) -> Node? {
    if let tag = event.tag {
      let standard = "tag:yaml.org,2002:"
      let written = tag.hasPrefix(standard) ? "!!\(tag.dropFirst(standard.count))" : tag
      diagnostics.report(
        "tags are not supported: remove '\(written)'", at: event.span,
        notes: [Diagnostic.Note("the field determines the type of a value")])
    }
    if case .alias(let name) = event.content { return try alias(name, at: event.span) }
    let before = count
    try add(1, at: event.span)
    if let anchor = event.anchor { anchors[anchor] = .open }
    let result: Node
    switch event.content {
    case .scalar(let text, let style):
      result = .scalar(ScalarNode(text: text, style: style, span: event.span))
    case .sequenceStart:
      result = .sequence(try sequence(event))
    case .mappingStart:
      result = .mapping(try mapping(event))
    default:
      preconditionFailure("a node starts with a scalar, a collection or an alias")
    }
    if let anchor = event.anchor { anchors[anchor] = .finished(result, count: count - before) }
    return result
  }

  private mutating func add(_ nodes: Int, at span: SourceSpan) throws(DiagnosticError) {
    count += nodes
    guard count <= NodeComposer.mostNodes else {
      throw DiagnosticError(
        "the file has more than \(NodeComposer.mostNodes) values, counting what aliases repeat",
        at: span)
    }
  }

  private mutating func alias(_ name: String, at span: SourceSpan) throws(DiagnosticError) -> Node?
  {
    switch anchors[name] {
    case .finished(let node, let nodes)?:
      try add(nodes, at: span)
      return node
    case .open?:
      throw DiagnosticError("alias '*\(name)' refers to a value that contains it", at: span)
    case nil:
      diagnostics.report(
        "there is no anchor '&\(name)' above", at: span,
        notes: nearestName(to: name, among: anchors.keys).map {
          [Diagnostic.Note("did you mean '*\($0)'?")]
        } ?? [])
      return nil
    }
  }

  private mutating func enter(_ event: YAMLEvent) throws(DiagnosticError) {
    depth += 1
    guard depth <= NodeComposer.deepest else {
      throw DiagnosticError(
        "collections are nested more than \(NodeComposer.deepest) levels deep", at: event.span)
    }
  }

  private mutating func sequence(_ start: YAMLEvent) throws(DiagnosticError) -> SequenceNode {
    try enter(start)
    var elements: [Node] = []
    while true {
      let event = try parser.next()
      if case .sequenceEnd = event.content {
        depth -= 1
        return SequenceNode(
          elements: elements, span: collectionSpan(start, event, last: elements.last))
      }
      if let element = try node(event) { elements.append(element) }
    }
  }

  private mutating func mapping(_ start: YAMLEvent) throws(DiagnosticError) -> MappingNode {
    try enter(start)
    var builder = MappingBuilder()
    var last: Node?
    while true {
      let event = try parser.next()
      if case .mappingEnd = event.content {
        depth -= 1
        return MappingNode(
          entries: builder.entries, span: collectionSpan(start, event, last: last))
      }
      let key = try node(event)
      let value = try node(try parser.next())
      last = value ?? key ?? last
      if let key, let value { builder.add(key: key, value: value, diagnostics: diagnostics) }
    }
  }

  /// A block collection ends with its last node; libyaml ends it where the next item starts.
  private func collectionSpan(_ start: YAMLEvent, _ end: YAMLEvent, last: Node?) -> SourceSpan {
    var span = start.span
    let end = start.isBlock ? last?.span.end ?? end.span.start : end.span.end
    // A node from an alias ends elsewhere.
    span.end = max(span.end, end)
    return span
  }
}

/// A mapping under construction: rejects duplicate keys and applies merge keys.
///
/// Merged entries take the position of the merge key. If the mapping has the same key itself, its own value is used,
/// at the position of whichever came first. Of several merged mappings, the first one with the key is used.
private struct MappingBuilder {
  private(set) var entries: [MappingNode.Entry] = []
  private var positions: [String: Int] = [:]
  private var merged: Set<Int> = []
  private var mergeKey: ScalarNode?

  mutating func add(key: Node, value: Node, diagnostics: DiagnosticCollector) {
    guard case .scalar(let key) = key else {
      diagnostics.report("\(key.kind) cannot be a key: keys are text", at: key.span)
      return
    }
    guard !key.isEmpty else {
      diagnostics.report("the key is missing", at: key.span)
      return
    }
    if key.style == .plain, key.text == "<<" {
      merge(value, key: key, diagnostics: diagnostics)
    } else if let position = positions[key.text] {
      if merged.remove(position) != nil {
        entries[position] = MappingNode.Entry(key: key, value: value)
      } else {
        reportDuplicate(key, first: entries[position].key, diagnostics: diagnostics)
      }
    } else {
      append(MappingNode.Entry(key: key, value: value))
    }
  }

  private mutating func append(_ entry: MappingNode.Entry) {
    positions[entry.key.text] = entries.count
    entries.append(entry)
  }

  private mutating func merge(_ value: Node, key: ScalarNode, diagnostics: DiagnosticCollector) {
    if let mergeKey {
      reportDuplicate(key, first: mergeKey, diagnostics: diagnostics)
      return
    }
    mergeKey = key
    let sources: [Node] =
      if case .sequence(let sequence) = value { sequence.elements } else { [value] }
    for source in sources {
      guard case .mapping(let mapping) = source else {
        diagnostics.report(
          "a merge key '<<' takes a mapping or a list of mappings, not \(source.kind)",
          at: source.span)
        continue
      }
      for entry in mapping.entries where positions[entry.key.text] == nil {
        merged.insert(entries.count)
        append(entry)
      }
    }
  }

  private func reportDuplicate(
    _ key: ScalarNode, first: ScalarNode, diagnostics: DiagnosticCollector
  ) {
    diagnostics.report(
      "key '\(key.text)' is given twice", at: key.span,
      notes: [Diagnostic.Note("it is first given here", at: first.span)])
  }
}
