/// A file that lists some of a dataset's classes.
package struct ClassFile: Hashable, Sendable {
  /// The content of its lines.
  package enum Content: String, Hashable, Sendable, CaseIterable {
    case names
    /// Positions in the dataset's class list, counting from 0.
    case indices
  }

  /// Relative paths start at the pipeline file's folder.
  package var path: String
  package var lists: Content

  package init(path: String, lists: Content) {
    self.path = path
    self.lists = lists
  }
}
